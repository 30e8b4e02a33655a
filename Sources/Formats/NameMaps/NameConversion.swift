// From one project's names to another's, strictly.
//
// Idea       theirs → hub → others. In the hub the tensors are compared with what the network must
//            have; if a name is missing, unexpected or of the wrong shape, nothing is converted and the
//            report lists all of it. What a file holds besides (optimiser, queues, heads) is not lost
//            silently either: the report lists it as left behind.
// Exception  `num_batches_tracked` did not exist before PyTorch 0.4.1 and no result depends on it:
//            where it is missing, 0 is added, and the report says so.
// Read       NameMap.swift, ExpectedNames.swift ← this file
// Tests      Tests/FormatsTests/NameMapTests.swift

/// What became of each name.
public struct NameReport: Sendable, CustomStringConvertible {
  /// Names carried over.
  public var matched: [(theirs: String, ours: String)] = []
  /// Names the network needs and the file has not.
  public var missing: [String] = []
  /// Names of the file that belong to nothing.
  public var unexpected: [String] = []
  /// Names whose shape does not fit, with both shapes.
  public var misshaped: [(name: String, expected: [Int], found: [Int])] = []
  /// Names of the file that are no part of the network, or that the other side has no name for.
  public var leftBehind: [String] = []
  /// Counters that were added as 0.
  public var added: [String] = []

  /// Whether nothing is missing, unexpected or of the wrong shape.
  public var isStrict: Bool { missing.isEmpty && unexpected.isEmpty && misshaped.isEmpty }

  public var description: String {
    func list(_ title: String, _ names: [String]) -> [String] {
      if names.isEmpty { return [] }
      let shown = names.prefix(12).map { String(FormatError.quoted($0).dropFirst().dropLast()) }
      return [
        "  \(title) (\(names.count)): \(shown.joined(separator: ", "))\(names.count > 12 ? ", …" : "")"
      ]
    }
    var lines = ["  matched: \(matched.count)"]
    lines += list("missing", missing) + list("unexpected", unexpected)
    lines += list(
      "wrong shape", misshaped.map { "\($0.name) \($0.found) instead of \($0.expected)" })
    lines += list("left behind", leftBehind) + list("added as 0", added)
    return lines.joined(separator: "\n")
  }
}

/// Names that do not fit; nothing was converted.
public struct NameMismatch: Error, CustomStringConvertible, Sendable {
  public let path: String
  public let map: String
  public let report: NameReport

  public var description: String {
    """
    \(path) does not hold a whole network under the names of \(map); nothing was converted.
    \(report)
      To mend: name the right project with --from, or take a complete file.
    """
  }
}

/// Tensors under the hub's names.
public struct NamedWeights: Sendable {
  public private(set) var tensors = OrderedMap<TensorRecord>()
  public private(set) var report = NameReport()
  /// Whose names the file had.
  public let source: NameMap
  /// What the backbone must have, where somebody else knows; nil to tell a ResNet's plan from the file.
  private let backbone: ExpectedNames?

  /// Reads a file under the hub's names.
  ///
  /// - Parameters:
  ///   - file: Weights of any project in `NameMap.all`.
  ///   - path: The file's name, for messages.
  ///   - map: Whose names they are; nil to tell from the names.
  ///   - backbone: Names and shapes of the network below `encoder.backbone.`, for networks that are no ResNet
  ///     of torchvision's.
  /// - Throws: `NameMismatch` if the names do not fit, `FormatError` if the file cannot be read.
  public init(
    _ file: WeightFile, path: String, from map: NameMap? = nil, backbone: ExpectedNames? = nil
  ) throws {
    self.backbone = backbone
    let (kept, rest) = NameMap.unwrapped(file.tensors.map(\.name))
    guard let map = map ?? NameMap.recognised(Set(kept.map(\.inner))) else {
      throw FormatError(
        .unsupported, format: "names", path: path, "nobody's names are recognised in it",
        remedy: "say whose they are with --from, one of "
          + NameMap.all.map(\.name).joined(separator: ", "))
    }
    source = map
    report.leftBehind = rest
    var fulls = OrderedMap<String>()
    for name in kept where !fulls.insert(name.full, for: name.inner) {
      report.unexpected.append(name.full)
    }
    var used = Set<String>()
    for (full, inner) in kept where !used.contains(inner) {
      if map.leftBehind.contains(where: { $0.match(inner) != nil }) {
        report.leftBehind.append(full)
        continue
      }
      guard let (rule, caught) = NamedWeights.rule(for: inner, in: map) else {
        report.unexpected.append(full)
        continue
      }
      let ours = rule.ours.filled(caught)
      let theirs = rule.theirs.map { $0.filled(caught) }
      used.formUnion(theirs)
      var parts: [TensorRecord] = []
      for name in theirs {
        guard let full = fulls[name] else {
          report.missing.append(name)
          continue
        }
        parts.append(try file.tensor(full))
      }
      guard parts.count == theirs.count else { continue }
      let record =
        switch rule.operation {
        case .keep: parts[0]
        case .joinRows: try TensorRecord.joiningRows(parts)
        case .transpose: try parts[0].transposed()
        }
      if tensors.insert(record, for: ours) {
        for name in theirs { report.matched.append((fulls[name] ?? name, ours)) }
      } else {
        report.unexpected.append(full)
      }
    }
    compare()
    guard report.isStrict, !tensors.isEmpty else {
      report.added = []
      throw NameMismatch(path: path, map: map.name, report: report)
    }
  }

  private static func rule(
    for name: String, in map: NameMap
  ) -> (rule: NameRule, caught: [Substring])? {
    for rule in map.rules {
      for pattern in rule.theirs {
        if let caught = pattern.match(name) { return (rule, caught) }
      }
    }
    return nil
  }

  /// Compares with what the network must have, and puts the tensors into its order.
  private mutating func compare() {
    let prefix = "encoder.backbone."
    var backbone: [String: [Int]] = [:]
    var others: [String: [Int]] = [:]
    for entry in tensors {
      if entry.key.hasPrefix(prefix) {
        backbone[String(entry.key.dropFirst(prefix.count))] = entry.value.shape
      } else if !entry.key.hasPrefix("encoder.projector."),
        !entry.key.hasPrefix("online_finetuner.")
      {
        others[entry.key] = entry.value.shape
      }
    }
    var expected: ExpectedNames = []
    if let names = self.backbone ?? expectedResNet(backbone) {
      expected = names.map { (prefix + $0.name, $0.shape) }
    } else if !backbone.isEmpty {
      report.missing.append(prefix + "conv1.weight")
    }
    if let names = expectedCLIP(others) { expected += names }
    let isTower = !others.isEmpty
    let known = Set(expected.map(\.name))
    var ordered = OrderedMap<TensorRecord>()
    for (name, shape) in expected {
      if let record = tensors[name] {
        if record.shape != shape { report.misshaped.append((name, shape, record.shape)) }
        ordered.insert(record, for: name)
      } else if name.hasSuffix(".num_batches_tracked") {
        ordered.insert(TensorRecord([0] as [Int64], shape: []), for: name)
        report.added.append(name)
      } else {
        report.missing.append(name)
      }
    }
    for entry in tensors where !known.contains(entry.key) {
      let isBackbone = entry.key.hasPrefix(prefix)
      if isBackbone || (isTower && others[entry.key] != nil && entry.key != "logit_bias") {
        report.unexpected.append(entry.key)
      }
      ordered.insert(entry.value, for: entry.key)
    }
    tensors = ordered
  }

  /// The tensors under another project's names.
  ///
  /// - Parameter map: Whose names to give.
  /// - Returns: The tensors in their order, and the hub's names that the project has no name for.
  /// - Throws: `unsupported` if the project has a name for none of them.
  public func renamed(
    to map: NameMap
  ) throws(FormatError) -> (tensors: OrderedMap<TensorRecord>, leftBehind: [String]) {
    var renamed = OrderedMap<TensorRecord>()
    var leftBehind: [String] = []
    for entry in tensors {
      guard
        let (rule, caught) = map.rules.lazy.compactMap({ rule in
          rule.ours.match(entry.key).map { (rule, $0) }
        }).first
      else {
        leftBehind.append(entry.key)
        continue
      }
      let names = rule.theirs.map { $0.filled(caught) }
      let parts =
        switch rule.operation {
        case .keep: [entry.value]
        case .joinRows: try entry.value.rows(in: names.count)
        case .transpose: [try entry.value.transposed()]
        }
      for (name, part) in zip(names, parts) { renamed.insert(part, for: name) }
    }
    // A projector alone, say, is no encoder of that project.
    let isWhole = backbone != nil && !renamed.isEmpty
    guard isWhole || renamed.keys.contains(where: { map.signature.contains($0) }) else {
      throw FormatError(
        .unsupported, format: "names",
        "\(map.name) has no names for these tensors (\(leftBehind.prefix(3).joined(separator: ", ")) …)",
        remedy: "choose the names of a project with the same kind of network")
    }
    return (renamed, leftBehind)
  }
}
