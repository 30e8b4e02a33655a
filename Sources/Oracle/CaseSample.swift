// Samples: a case of our own, its tensors drawn from a seed.
//
// Idea       Each tensor has a key of its own, named by operation and tensor, so a new tensor or a new
//            operation leaves all other files as they are. Numbers are drawn in double precision and
//            rounded, so the float32 case is the float64 one to rounding.
// Read       CaseEvaluation.swift ← this file → ConformanceKit.swift
// Tests      Tests/OracleTests/RoundTripTests.swift

import Formats
import Kernels
import Randomness
import Tensors

extension GoldenCase {
  /// A sample of an operation: inputs and cotangents drawn from a seed, and what comes out.
  ///
  /// - Parameters:
  ///   - operation: What to compute.
  ///   - pairs: Attributes that differ from the defaults.
  ///   - seed: Equal seeds give equal files.
  ///   - scalar: The number type.
  ///   - shapes: Shapes that differ from the sample's, by tensor.
  ///   - quantum: Numbers are rounded to multiples of this: relu at 0, equal maxima.
  ///   - range: Where inputs are drawn instead of in the operation's own range.
  /// - Throws: `OracleError` for attributes and shapes that do not fit.
  /// - Returns: The whole case.
  public static func sample(
    _ operation: OracleOperation, set pairs: [(key: String, text: String)] = [], seed: UInt64 = 0,
    scalar: OracleScalar = .float64, shapes: [(tensor: String, shape: [Int])] = [],
    multiplesOf quantum: Double? = nil, in range: ClosedRange<Double>? = nil
  ) throws -> GoldenCase {
    let attributes = try operation.draw(
      try OracleAttributes(pairs, of: operation.attributes), seed)
    var sample = GoldenCase(
      operation: operation, attributes: attributes, scalar: scalar,
      tolerance: operation.tolerance(attributes, scalar), writer: GoldenCase.writer, tensors: [:])
    let key = RandomKey(seed: seed).child(operation.name)
    let slots = try operation.tensors(attributes).filter { $0.generated == nil }
    let shapeable = slots.filter { if case .scalar = $0.element { true } else { false } }
    for (tensor, shape) in shapes {
      try OracleError.check(
        shapeable.contains { $0.name == tensor },
        "\(operation.name) has no tensor \(FormatError.quoted(tensor)) whose shape is free",
        mend: OracleError.nearest(tensor, among: shapeable.map(\.name)))
      try OracleError.check(
        shape.allSatisfy { $0 >= 1 }, tensor: tensor, "the shape is \(shape)",
        mend: "extents of at least 1")
      try OracleError.bound(shape, of: tensor)
    }
    for slot in slots {
      let shape = shapes.first { $0.tensor == slot.name }?.shape ?? slot.sampleShape
      sample.tensors.insert(
        try slot.sample(
          shape, scalar, key: key.child(slot.name), quantum,
          in: slot.name.hasPrefix("input.") ? range : nil), for: slot.name)
    }
    let results = try sample.results { name, shape in
      // Away from 1, so that a cotangent that is forgotten shows.
      let record = TensorRecord(
        Tensor<Double>.normal(shape, key: key.child(name)), as: scalar)
      sample.tensors.insert(record, for: name)
      return record
    }
    for result in results { sample.tensors.insert(result.value, for: result.key) }
    return sample
  }
}

extension TensorSlot {
  /// A tensor for this slot, drawn from a key.
  fileprivate func sample(
    _ shape: [Int], _ scalar: OracleScalar, key: RandomKey, _ quantum: Double?,
    in range: ClosedRange<Double>?
  ) throws -> TensorRecord {
    switch element {
    case .scalar:
      let x = Tensor<Double>.uniform(shape, in: range ?? sampleRange, key: key)
      guard let quantum else { return TensorRecord(x, as: scalar) }
      // Adding 0 turns −0 into 0.
      let rounded = x.scalars.map { ($0 / quantum).rounded() * quantum + 0 }
      return TensorRecord(Tensor(shape, rounded), as: scalar)
    case .byte:
      var stream = RandomStream(key)
      let bytes = smoothBytes(shape, from: &stream)
      return try TensorRecord(dtype: .u8, shape: shape, bytes: bytes)
    case .integer:
      return TensorRecord(sampleIntegers, shape: shape)
    }
  }
}

/// An image with slopes, colours and some noise: neither flat nor noise alone, so that resampling,
/// blur and hue all have something to change.
private func smoothBytes(_ shape: [Int], from stream: inout RandomStream) -> [UInt8] {
  let (height, width) = (shape[0], shape[1])
  var bytes: [UInt8] = []
  let slopes = (0..<6).map { _ in stream.uniform(in: -1...1) }
  for row in 0..<height {
    for column in 0..<width {
      for channel in 0..<3 {
        let down = slopes[channel] * (Double(row) / Double(height) - 0.5)
        let across = slopes[3 + channel] * (Double(column) / Double(width) - 0.5)
        let value = 128 + 110 * (down + across) + stream.uniform(in: -60...60)
        bytes.append(UInt8(max(0, min(255, value))))
      }
    }
  }
  return bytes
}

extension TensorRecord {
  /// Numbers drawn in double precision, in a case's number type.
  fileprivate init(_ tensor: Tensor<Double>, as scalar: OracleScalar) {
    switch scalar {
    case .float64: self.init(tensor)
    case .float32: self.init(tensor.converted(to: Float.self))
    }
  }
}
