// The attributes of an operation: stride, heads, weight decay. Strings in a file, typed here.
//
// Idea       An attribute says its kind, its range, its default and its meaning once; parsing, `oracle
//            list`, the table of docs/oracle.md and every error message follow from that.
// Read       OracleError.swift ← this file → TensorSlot.swift
// Tests      Tests/OracleTests/AttributeTests.swift

import Formats

/// One attribute of an operation.
public struct OracleAttribute: Hashable, Sendable {
  /// What an attribute's text may say.
  public enum Kind: Hashable, Sendable {
    case integer(ClosedRange<Int>)
    case number(ClosedRange<Double>)
    case choice([String])
    /// Whole numbers joined by commas, and how many there may be.
    case integers(ClosedRange<Int>, count: ClosedRange<Int>)
    /// Text with a grammar of its own, which the operation reads; at most 4096 bytes.
    case text
  }

  /// Its key, such as `stride`.
  public let name: String
  public let kind: Kind
  /// Its value, as text, where nothing is said.
  public let standard: String
  /// What it means, with its unit.
  public let meaning: String

  static func integer(
    _ name: String, _ range: ClosedRange<Int>, default standard: Int, _ meaning: String
  ) -> Self {
    Self(name: name, kind: .integer(range), standard: "\(standard)", meaning: meaning)
  }

  static func number(
    _ name: String, _ range: ClosedRange<Double>, default standard: Double, _ meaning: String
  ) -> Self {
    Self(name: name, kind: .number(range), standard: "\(standard)", meaning: meaning)
  }

  static func choice(_ name: String, _ words: [String], _ meaning: String) -> Self {
    Self(name: name, kind: .choice(words), standard: words.first ?? "", meaning: meaning)
  }

  static func flag(_ name: String, default standard: Bool = false, _ meaning: String) -> Self {
    Self(name: name, kind: .choice(["false", "true"]), standard: "\(standard)", meaning: meaning)
  }

  static func integers(
    _ name: String, _ range: ClosedRange<Int>, count: ClosedRange<Int>, default standard: String,
    _ meaning: String
  ) -> Self {
    Self(
      name: name, kind: .integers(range, count: count), standard: standard, meaning: meaning)
  }

  static func text(_ name: String, default standard: String, _ meaning: String) -> Self {
    Self(name: name, kind: .text, standard: standard, meaning: meaning)
  }

  /// The values it may have, in words: `1…16`, `exact | clamped`.
  public var range: String {
    switch kind {
    case .integer(let range): "\(range.lowerBound)…\(range.upperBound)"
    case .number(let range): "\(range.lowerBound)…\(range.upperBound)"
    case .choice(let words): words.joined(separator: " or ")
    case .integers(let range, _): "whole numbers \(range.lowerBound)…\(range.upperBound), commas"
    case .text: "text"
    }
  }

  /// Whether a text is one of its values.
  func accepts(_ text: String) -> Bool {
    switch kind {
    case .integer(let range): Int(text).map(range.contains) ?? false
    case .number(let range): Double(text).map(range.contains) ?? false
    case .choice(let words): words.contains(text)
    case .integers(let range, let count):
      OracleAttribute.integers(text).map {
        count.contains($0.count) && $0.allSatisfy(range.contains)
      }
        ?? false
    case .text: text.utf8.count <= 4096
    }
  }

  static func integers(_ text: String) -> [Int]? {
    if text.isEmpty { return [] }
    var values: [Int] = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      guard values.count < 4096, let value = Int(part) else { return nil }
      values.append(value)
    }
    return values
  }
}

/// The attributes of one case: every key of the operation with an accepted text.
public struct OracleAttributes: Equatable, Sendable {
  /// In the operation's order.
  public private(set) var texts: OrderedMap<String> = [:]

  /// Reads pairs of key and text strictly.
  ///
  /// - Throws: `OracleError` for an unknown key, naming the nearest, and for a text out of range.
  init(_ pairs: [(key: String, text: String)], of known: [OracleAttribute]) throws(OracleError) {
    for attribute in known { texts.insert(attribute.standard, for: attribute.name) }
    for (key, text) in pairs {
      guard let attribute = known.first(where: { $0.name == key }) else {
        throw OracleError(
          "there is no attribute \(FormatError.quoted(key))",
          mend: OracleError.nearest(key, among: known.map(\.name)))
      }
      guard attribute.accepts(text) else {
        throw OracleError(
          "the attribute '\(key)' is \(FormatError.quoted(text))",
          mend: "\(attribute.meaning): \(attribute.range)")
      }
      texts[key] = text
    }
  }

  // What follows asks for attributes the operation itself declared, in the kind it declared them.
  func text(_ name: String) -> String {
    guard let text = texts[name] else { fatalError("the operation declares no '\(name)'") }
    return text
  }
  func integer(_ name: String) -> Int { Int(text(name)) ?? 0 }
  func number(_ name: String) -> Double { Double(text(name)) ?? .nan }
  func flag(_ name: String) -> Bool { text(name) == "true" }
  func integers(_ name: String) -> [Int] { OracleAttribute.integers(text(name)) ?? [] }

  /// The same attributes with one replaced by what was drawn for it.
  func replacing(_ name: String, by text: String) -> OracleAttributes {
    var copy = self
    copy.texts[name] = text
    return copy
  }
}
