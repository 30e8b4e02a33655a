// A slot: one tensor an operation takes, with the shape it must have and how a sample is drawn.
//
// Grammar    A shape is words: `N H W C`. A number is that extent; a word that begins with a capital
//            names an extent, which must be the same wherever the name occurs; a word that ends in
//            `…` stands for any number of axes. Names let an error say which two tensors disagree.
// Read       OracleAttribute.swift ← this file → OracleOperation.swift
// Tests      Tests/OracleTests/HostileCaseTests.swift

import Formats
import Kernels

/// One tensor that an operation takes.
public struct TensorSlot: Sendable {
  /// What its elements are.
  public enum Element: Hashable, Sendable {
    /// The case's scalar type; finite, in this range.
    case scalar(ClosedRange<Double>)
    /// U8.
    case byte
    /// I64 in this range.
    case integer(ClosedRange<Int64>)
  }

  /// `input.…`, `parameter.…` or `attribute.…`.
  public let name: String
  /// Its shape in words.
  public let pattern: String
  public let element: Element
  /// Whether a case holds the gradient with respect to it.
  public var isTracked: Bool
  /// Whether its values follow from a rule instead of lying in the file.
  public var generated: GeneratedParameter?
  /// The shape a sample has.
  let sampleShape: [Int]
  /// Uniform between these, unless values are given.
  let sampleRange: ClosedRange<Double>
  /// Integers of a sample.
  let sampleIntegers: [Int64]

  /// The largest number of elements a tensor of a case may have.
  static let largestCount = 1 << 26
  /// Any finite number; a `Float` holds its bounds.
  static let anyNumber = -3e38...3e38

  /// A tensor of numbers that the gradient is wanted of.
  static func input(
    _ name: String, _ pattern: String, _ shape: [Int], in range: ClosedRange<Double> = -1...1,
    allowed: ClosedRange<Double> = anyNumber
  ) -> TensorSlot {
    TensorSlot(
      name: "input.\(name)", pattern: pattern, element: .scalar(allowed), isTracked: true,
      sampleShape: shape, sampleRange: range, sampleIntegers: [])
  }

  /// A tensor of numbers without a gradient.
  static func constant(
    _ name: String, _ pattern: String, _ shape: [Int], in range: ClosedRange<Double> = -1...1,
    allowed: ClosedRange<Double> = anyNumber
  ) -> TensorSlot {
    var slot = input(name, pattern, shape, in: range, allowed: allowed)
    slot.isTracked = false
    return slot
  }

  /// A parameter, in PyTorch's layout.
  static func parameter(
    _ name: String, _ pattern: String, _ shape: [Int], in range: ClosedRange<Double> = -1...1,
    allowed: ClosedRange<Double> = anyNumber, tracked: Bool = true
  ) -> TensorSlot {
    TensorSlot(
      name: "parameter.\(name)", pattern: pattern, element: .scalar(allowed), isTracked: tracked,
      sampleShape: shape, sampleRange: range, sampleIntegers: [])
  }

  /// An 8-bit image `[height, width, 3]`.
  static func image(_ name: String, height: Int, width: Int) -> TensorSlot {
    TensorSlot(
      name: "input.\(name)", pattern: "H W 3", element: .byte, isTracked: false,
      sampleShape: [height, width, 3], sampleRange: 0...255, sampleIntegers: [])
  }

  /// Whole numbers that steer the operation.
  static func indices(
    _ name: String, _ pattern: String, _ sample: [Int64], in range: ClosedRange<Int64>
  ) -> TensorSlot {
    TensorSlot(
      name: "attribute.\(name)", pattern: pattern, element: .integer(range), isTracked: false,
      sampleShape: [sample.count], sampleRange: 0...0, sampleIntegers: sample)
  }
}

/// Extents that were given a name by the shapes met so far.
struct NamedExtents {
  private var values: [String: [Int]] = [:]
  private var origins: [String: String] = [:]

  /// The extent of a name the operation's own shapes use.
  subscript(_ name: String) -> Int { values[name]?.first ?? 0 }
  /// The axes of a name that ends in `…`.
  func axes(_ name: String) -> [Int] { values[name] ?? [] }

  /// Matches a shape against words.
  ///
  /// - Throws: `OracleError` that names the tensor and the one it disagrees with.
  mutating func match(_ shape: [Int], to pattern: String, of tensor: String) throws(OracleError) {
    let words = pattern.split(separator: " ").map(String.init)
    let open = words.firstIndex { $0.hasSuffix("…") }
    guard open == nil ? shape.count == words.count : shape.count >= words.count - 1 else {
      throw mismatch(shape, pattern, tensor, "has \(shape.count) axes")
    }
    for extent in shape where extent < 1 {
      throw mismatch(shape, pattern, tensor, "has an extent of \(extent)")
    }
    guard let count = TensorRecord.elementCount(of: shape), count <= TensorSlot.largestCount else {
      throw OracleError(
        tensor: tensor, "the shape \(shape) is too large",
        mend: "at most \(TensorSlot.largestCount) elements a tensor")
    }
    var position = 0
    for (i, word) in words.enumerated() {
      let length = i == open ? shape.count - (words.count - 1) : 1
      let part = Array(shape[position..<(position + length)])
      position += length
      if let extent = Int(word) {
        if part != [extent] { throw mismatch(shape, pattern, tensor, "has \(part[0])") }
      } else if let known = values[word] {
        if known != part {
          let seen = known.map(String.init).joined(separator: ", ")
          let ours = part.map(String.init).joined(separator: ", ")
          throw mismatch(
            shape, pattern, tensor,
            "\(word) is \(ours) here and \(seen) in '\(origins[word] ?? "")'")
        }
      } else {
        values[word] = part
        origins[word] = tensor
      }
    }
  }

  private func mismatch(
    _ shape: [Int], _ pattern: String, _ tensor: String, _ what: String
  ) -> OracleError {
    OracleError(
      tensor: tensor, "the shape is \(shape): \(what)", mend: "write it as [\(pattern)]")
  }
}
