// An operation as the oracle knows it: a value that says everything about itself.
//
// Idea       Name, source, attributes, tensors and tolerance are data; listing, emitting, checking, the
//            kit and the documentation are written once, over that data. To add an operation is to
//            write one such value and to list it in `OracleOperation.all`.
// Read       TensorSlot.swift, Tolerance.swift ← this file → Problem.swift, Operations/
// Tests      Tests/OracleTests/RoundTripTests.swift

import Formats
import Kernels

/// One case of the conformance kit: what differs from the defaults.
public struct KitVariant: Sendable {
  /// Joined to the operation's name by a dash; empty for the plain case.
  public let name: String
  /// Attributes that differ.
  public let attributes: [(key: String, text: String)]
  /// Shapes that differ, by tensor.
  let shapes: [(tensor: String, shape: [Int])]
  /// Numbers are rounded to multiples of this, so that a sample meets kinks and ties.
  let quantum: Double?
  /// Where the inputs are drawn instead of in the sample's range.
  let range: ClosedRange<Double>?

  /// A variant.
  static func variant(
    _ name: String, _ attributes: KeyValuePairs<String, String> = [:],
    shapes: KeyValuePairs<String, [Int]> = [:], multiplesOf quantum: Double? = nil,
    in range: ClosedRange<Double>? = nil
  ) -> KitVariant {
    KitVariant(
      name: name, attributes: attributes.map { ($0.key, $0.value) },
      shapes: shapes.map { ($0.key, $0.value) }, quantum: quantum, range: range)
  }

  static let plain = variant("")
}

/// An operation that golden cases can be written for and checked against.
public struct OracleOperation: Sendable {
  /// The name in files and on the command line.
  public let name: String
  /// One line on what it computes.
  public let summary: String
  /// The Swift symbol that computes it.
  public let symbol: String
  /// The equation, or the section of a paper, it implements.
  public let source: String
  /// Its attributes.
  public let attributes: [OracleAttribute]
  /// The outputs in words, with shapes.
  public let outputs: String
  /// How far two right implementations may be apart.
  public let tolerances: Tolerances
  /// The cases the kit holds.
  public let kit: [KitVariant]

  let tensors: @Sendable (OracleAttributes) throws -> [TensorSlot]
  /// Replaces attributes that a sample draws, such as the steps of an augmentation.
  let draw: @Sendable (OracleAttributes, UInt64) throws -> OracleAttributes
  /// What must hold between shapes and attributes, beyond equal names.
  let verify: @Sendable (OracleAttributes, NamedExtents) throws -> Void
  /// A stricter tolerance where attributes allow one.
  let refine: @Sendable (OracleAttributes) -> Tolerances?
  let double: @Sendable (Problem<Double>) throws -> [Output<Double>]
  let float: @Sendable (Problem<Float>) throws -> [Output<Float>]

  /// An operation; its computation is one generic function, given once for each number type.
  init(
    _ name: String, _ summary: String, symbol: String, source: String,
    attributes: [OracleAttribute] = [], outputs: String, tolerances: Tolerances,
    kit: [KitVariant] = [.plain],
    tensors: @escaping @Sendable (OracleAttributes) throws -> [TensorSlot],
    draw: @escaping @Sendable (OracleAttributes, UInt64) throws -> OracleAttributes = { a, _ in a },
    verify: @escaping @Sendable (OracleAttributes, NamedExtents) throws -> Void = { _, _ in },
    refine: @escaping @Sendable (OracleAttributes) -> Tolerances? = { _ in nil },
    _ double: @escaping @Sendable (Problem<Double>) throws -> [Output<Double>],
    _ float: @escaping @Sendable (Problem<Float>) throws -> [Output<Float>]
  ) {
    self.name = name
    self.summary = summary
    self.symbol = symbol
    self.source = source
    self.attributes = attributes
    self.outputs = outputs
    self.tolerances = tolerances
    self.kit = kit
    self.tensors = tensors
    self.draw = draw
    self.verify = verify
    self.refine = refine
    self.double = double
    self.float = float
  }

  /// The tolerance of a case.
  func tolerance(_ attributes: OracleAttributes, _ scalar: OracleScalar) -> Tolerance {
    (refine(attributes) ?? tolerances)[scalar]
  }

  /// The computation for one number type.
  func compute<S: KernelScalar>(_ problem: Problem<S>) throws -> [Output<S>] {
    if let problem = problem as? Problem<Double> {
      return try double(problem).compactMap { $0 as? Output<S> }
    }
    if let problem = problem as? Problem<Float> {
      return try float(problem).compactMap { $0 as? Output<S> }
    }
    fatalError("the oracle computes in float64 and float32, not in \(S.name)")
  }

  /// Every operation, in the order of the documentation.
  public static let all: [OracleOperation] =
    arithmetic + functions + reductions + indexing + products + normalizations + attentions + layers
    + transformers + bricks + networks + smallNetworks + representations + augmentations
    + objectives + distillations + baselines + optimizers + schedules

  /// The operation of a name.
  ///
  /// - Throws: `OracleError`, naming the nearest.
  public static func named(_ name: String) throws(OracleError) -> OracleOperation {
    if let operation = all.first(where: { $0.name == name }) { return operation }
    let near = nearestName(to: name, among: all.map(\.name))
    throw OracleError(
      "there is no operation \(FormatError.quoted(name))",
      mend: near.map { "did you mean '\($0)'?" } ?? "`mvmr oracle list` shows all of them")
  }
}

extension OracleError {
  /// Throws unless a condition holds.
  static func check(
    _ condition: Bool, tensor: String? = nil, _ problem: @autoclosure () -> String,
    mend remedy: @autoclosure () -> String
  ) throws(OracleError) {
    if !condition { throw OracleError(tensor: tensor, problem(), mend: remedy()) }
  }

  /// Throws when a result would be too large to be computed.
  static func bound(_ shape: [Int], of output: String) throws(OracleError) {
    if let count = TensorRecord.elementCount(of: shape), count <= TensorSlot.largestCount { return }
    throw OracleError(
      tensor: output, "the result would have the shape \(shape)",
      mend: "at most \(TensorSlot.largestCount) elements; use smaller tensors")
  }
}
