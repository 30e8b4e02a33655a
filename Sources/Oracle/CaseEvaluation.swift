// Computing a case: from proved inputs to outputs, and from cotangents back to gradients.
//
// Formula    L = Σ ⟨output, cotangent⟩;  gradient.x = ∂L/∂x  for every tracked input and parameter
// Idea       Emitting and checking are one computation. They differ in where the tensors come from: a
//            sample draws them, a check reads them.
// Read       GoldenCase.swift, Problem.swift ← this file → CaseSample.swift, TensorComparison.swift
// Tests      Tests/OracleTests/RoundTripTests.swift

import Autodiff
import Formats
import Kernels
import Randomness
import Tensors

extension GoldenCase {
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
  func results(
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
          ? "write finite numbers below 3e38"
          : "write numbers in \(range.lowerBound)…\(range.upperBound)")
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
