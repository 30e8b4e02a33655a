// Computing a case: from proved inputs to outputs, and from cotangents back to gradients.
//
// Formula    L = Σ ⟨output, cotangent⟩;  gradient.x = ∂L/∂x  for every tracked input and parameter
// Idea       Emitting and checking are one computation. They differ in where the tensors come from: a
//            sample draws them, a check reads them.
// Read       GoldenCase.swift, Problem.swift ← this file → TensorComparison.swift
// Tests      Tests/OracleTests/RoundTripTests.swift

import Autodiff
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
  /// - Throws: `OracleError` for attributes and shapes that do not fit.
  /// - Returns: The whole case.
  public static func sample(
    _ operation: OracleOperation, set pairs: [(key: String, text: String)] = [], seed: UInt64 = 0,
    scalar: OracleScalar = .float64, shapes: [(tensor: String, shape: [Int])] = [],
    multiplesOf quantum: Double? = nil
  ) throws -> GoldenCase {
    let attributes = try operation.draw(
      try OracleAttributes(pairs, of: operation.attributes), seed)
    var sample = GoldenCase(
      operation: operation, attributes: attributes, scalar: scalar,
      tolerance: operation.tolerances[scalar], writer: GoldenCase.writer, tensors: [:])
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
        try slot.sample(shape, scalar, key: key.child(slot.name), quantum), for: slot.name)
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

  /// Outputs and gradients, computed from the inputs, parameters and cotangents of this case.
  ///
  /// - Throws: `OracleError` when the case does not hold what its operation takes.
  public func recomputed() throws -> OrderedMap<TensorRecord> {
    var used: Set<String> = []
    let results = try results { name, shape in
      used.insert(name)
      guard let record = tensors[name] else {
        throw OracleError(
          tensor: name, "it is missing", mend: "write the upstream gradient, of shape \(shape)")
      }
      guard record.shape == shape else {
        throw OracleError(
          tensor: name, "the shape is \(record.shape)", mend: "write it as its output: \(shape)")
      }
      return record
    }
    for name in names("cotangent") where !used.contains(name) {
      throw OracleError(
        tensor: name, "no output takes this cotangent",
        mend: OracleError.nearest(name, among: used.sorted()))
    }
    return results
  }

  /// Computes with the cotangents that `cotangent` answers with.
  private func results(
    cotangent: (String, [Int]) throws -> TensorRecord
  ) throws -> OrderedMap<TensorRecord> {
    switch scalar {
    case .float64: try results(Double.self, cotangent: cotangent)
    case .float32: try results(Float.self, cotangent: cotangent)
    }
  }

  private func results<S: KernelScalar>(
    _: S.Type, cotangent: (String, [Int]) throws -> TensorRecord
  ) throws -> OrderedMap<TensorRecord> {
    let problem: Problem<S> = try proved()
    let outputs = try operation.compute(problem)
    var results = OrderedMap<TensorRecord>()
    var loss: Variable<S>?
    var isDifferentiable = false
    var tracked: [(variable: Variable<S>, cotangent: Tensor<S>)] = []
    for output in outputs {
      switch output.content {
      case .record(let record): results.insert(record, for: "output.\(output.name)")
      case .numbers(let y):
        results.insert(TensorRecord(y.value), for: "output.\(output.name)")
        guard output.takesCotangent else { continue }
        isDifferentiable = true
        let name = "cotangent.\(output.name)"
        let c: Tensor<S> = try numbers(try cotangent(name, y.shape), name, TensorSlot.anyNumber)
        guard y.isTracked else { continue }
        tracked.append((y, c))
        let term = (y * Variable(c)).sum()
        loss = loss.map { $0 + term } ?? term
      }
    }
    // A single output is pulled back as it is, without the product above.
    if tracked.count == 1 {
      tracked[0].variable.backward(tracked[0].cotangent)
    } else {
      loss?.backward()
    }
    for slot in problem.slots where slot.isTracked && isDifferentiable {
      guard let x = problem.variables[slot.name] else { continue }
      let gradient = x.gradient ?? .zeros(x.shape)
      let isLarge = slot.generated != nil && x.value.count > ParameterPattern.summaryCount
      let written =
        isLarge
        ? Tensor<Double>(
          [ParameterPattern.summaryCount],
          ParameterPattern.summary(gradient.converted(to: Double.self).scalars)
        ).converted(to: S.self) : gradient
      results.insert(TensorRecord(written), for: "gradient.\(slot.name)")
    }
    return results
  }
}

extension GoldenCase {
  /// The tensors of this case, each proved to be what the operation takes.
  private func proved<S: KernelScalar>() throws -> Problem<S> {
    let slots = try operation.tensors(attributes)
    let known = slots.filter { $0.generated == nil }.map(\.name)
    for family in ["input", "parameter", "attribute"] {
      for name in names(family) where !known.contains(name) {
        throw OracleError(
          tensor: name, "\(operation.name) takes no such tensor",
          mend: OracleError.nearest(name, among: known))
      }
    }
    var extents = NamedExtents()
    for slot in slots where slot.generated == nil {
      guard let record = tensors[slot.name] else {
        throw OracleError(
          tensor: slot.name, "it is missing",
          mend: "\(operation.name) takes [\(slot.pattern)] under this name")
      }
      try record.require(slot.dtype(scalar), scalar, tensor: slot.name)
      try extents.match(record.shape, to: slot.pattern, of: slot.name)
    }
    try operation.verify(attributes, extents)
    var variables: [String: Variable<S>] = [:]
    var records: [String: TensorRecord] = [:]
    for slot in slots {
      if let generated = slot.generated {
        let value = Tensor<Double>(generated.shape, generated.values).converted(to: S.self)
        variables[slot.name] = slot.isTracked ? Variable(tracking: value) : Variable(value)
        continue
      }
      guard let record = tensors[slot.name] else { continue }
      switch slot.element {
      case .scalar(let range):
        let value: Tensor<S> = try numbers(record, slot.name, range)
        variables[slot.name] = slot.isTracked ? Variable(tracking: value) : Variable(value)
      case .byte:
        records[slot.name] = record
      case .integer(let range):
        for (i, value) in try record.int64s().enumerated() where !range.contains(value) {
          throw OracleError(
            tensor: slot.name, "element \(i) is \(value)",
            mend: "write whole numbers in \(range.lowerBound)…\(range.upperBound)")
        }
        records[slot.name] = record
      }
    }
    return Problem(
      operation: operation.name, attributes: attributes, extents: extents, slots: slots,
      variables: variables, records: records)
  }

  /// A tensor of the case's number type, finite and in range.
  private func numbers<S: KernelScalar>(
    _ record: TensorRecord, _ name: String, _ range: ClosedRange<Double>
  ) throws -> Tensor<S> {
    try record.require(scalar.dtype, scalar, tensor: name)
    let values = try record.doubles()
    for (i, value) in values.enumerated() where !range.contains(value) {
      let place = indexText(i, in: record.shape)
      throw OracleError(
        tensor: name, "\(value.isNaN ? "NaN" : "\(value)") at \(place)",
        mend: range == TensorSlot.anyNumber
          ? "write finite numbers" : "write numbers in \(range.lowerBound)…\(range.upperBound)")
    }
    return Tensor<Double>(record.shape, values).converted(to: S.self)
  }
}

extension OracleScalar {
  fileprivate var dtype: DType { self == .float64 ? .f64 : .f32 }
}

extension TensorRecord {
  fileprivate func require(
    _ wanted: DType, _ scalar: OracleScalar, tensor: String
  ) throws(OracleError) {
    guard dtype == wanted else {
      throw OracleError(
        tensor: tensor, "it holds \(dtype.rawValue), in a case of scalar \(scalar.rawValue)",
        mend: "write it as \(wanted.rawValue)")
    }
  }
}

extension TensorSlot {
  /// The element type a file must hold.
  fileprivate func dtype(_ scalar: OracleScalar) -> DType {
    switch element {
    case .scalar: scalar.dtype
    case .byte: .u8
    case .integer: .i64
    }
  }

  /// A tensor for this slot, drawn from a key.
  fileprivate func sample(
    _ shape: [Int], _ scalar: OracleScalar, key: RandomKey, _ quantum: Double?
  ) throws -> TensorRecord {
    switch element {
    case .scalar:
      let x = Tensor<Double>.uniform(shape, in: sampleRange, key: key)
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

/// The index of element `i` along each axis, as text: `[1, 0, 3]`.
func indexText(_ i: Int, in shape: [Int]) -> String {
  var rest = i
  var index: [Int] = []
  for extent in shape.reversed() {
    index.append(rest % max(1, extent))
    rest /= max(1, extent)
  }
  return "\(Array(index.reversed()))"
}
