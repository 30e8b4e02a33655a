// The registry as text: what `oracle list` prints, and the table of docs/oracle.md.
//
// Read       OracleOperation.swift ← this file → Command/OracleListCommand.swift
// Tests      Tests/DocumentationTests/OracleTableTests.swift

import Formats
import Foundation

extension OracleOperation {
  /// The tensors it takes with default attributes, in words: `input.x [N, H, W, C]`.
  ///
  /// A network's parameters are counted, not listed.
  public var tensorsInWords: String {
    guard let attributes = try? OracleAttributes([], of: attributes),
      let slots = try? tensors(attributes)
    else { return "" }
    let parameters = slots.filter { $0.name.hasPrefix("parameter.") }
    let shown = parameters.count > 8 ? slots.filter { !$0.name.hasPrefix("parameter.") } : slots
    let list = shown.map { slot in
      let shape = slot.pattern.split(separator: " ").joined(separator: ", ")
      return "\(slot.name) [\(shape)]\(slot.isTracked ? "" : " constant")"
    }
    let rest =
      parameters.count > 8 ? ["\(parameters.count) parameters by their state dictionary keys"] : []
    return (list + rest).joined(separator: "; ")
  }

  /// What `oracle list` prints.
  public var description: String {
    var text = "\(name): \(summary)\n  source     \(source)\n  tensors    \(tensorsInWords)\n"
    text += "  outputs    \(outputs)\n"
    for attribute in attributes {
      text += "  attribute  \(attribute.name)=\(attribute.standard)  \(attribute.meaning)"
      text += " (\(attribute.range))\n"
    }
    let (d, f) = (tolerances.float64, tolerances.float32)
    text += "  tolerance  float64 \(d.inWords), float32 \(f.inWords): \(d.reason)\n"
    return text
  }

  /// Its row in docs/oracle.md.
  public var documentationRow: String {
    let keys =
      attributes.isEmpty
      ? "–" : attributes.map { "`\($0.name)=\($0.standard)`" }.joined(separator: " ")
    return "| `\(name)` | \(summary) | \(source) | \(keys) | "
      + "\(tolerances.float64.inWords), \(tolerances.float32.inWords) |"
  }

  /// The same as JSON.
  public var json: JSONValue {
    .object([
      "name": .string(name), "summary": .string(summary), "symbol": .string(symbol),
      "source": .string(source), "tensors": .string(tensorsInWords), "outputs": .string(outputs),
      "attributes": .array(
        attributes.map { one in
          [
            "name": .string(one.name), "default": .string(one.standard),
            "range": .string(one.range), "meaning": .string(one.meaning),
          ]
        }),
      "tolerance": .object(
        OrderedMap(
          dictionaryOf: OracleScalar.allCases.map { scalar in
            let one = tolerances[scalar]
            return (
              scalar.rawValue,
              [
                "relative": .number(one.relative), "absolute": .number(one.absolute),
                "reason": .string(one.reason),
              ]
            )
          })),
    ])
  }
}

extension OrderedMap {
  fileprivate init(dictionaryOf pairs: [(String, Value)]) {
    self.init()
    for (key, value) in pairs { insert(value, for: key) }
  }
}

extension Tolerance {
  /// `1e-12`, `exact`, or `1 level` for bytes.
  public var inWords: String {
    if relative == 0 { return absolute == 0 ? "exact" : "\(Int(absolute)) level" }
    return String(format: "%g", relative)
  }
}
