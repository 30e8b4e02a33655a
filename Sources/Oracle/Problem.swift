// A problem: an operation's tensors, proved and turned into variables; and the outputs it answers with.
//
// Read       OracleOperation.swift ← this file → CaseEvaluation.swift

import Autodiff
import Formats
import Kernels
import Tensors

/// What an operation computes from.
struct Problem<Scalar: KernelScalar> {
  /// The operation's name: families share one function.
  let operation: String
  let attributes: OracleAttributes
  /// Extents by the names the operation's shapes use.
  let extents: NamedExtents
  let slots: [TensorSlot]
  /// Tensors of numbers, tracked where a gradient is wanted.
  let variables: [String: Variable<Scalar>]
  /// Bytes and whole numbers.
  let records: [String: TensorRecord]

  /// A tensor of numbers; the operation declared it.
  subscript(_ name: String) -> Variable<Scalar> {
    guard let variable = variables[name] else { fatalError("\(operation) declares no \(name)") }
    return variable
  }

  /// Its value alone.
  func value(_ name: String) -> Tensor<Scalar> { self[name].value }

  /// Whole numbers.
  func integers(_ name: String) throws -> [Int] {
    guard let record = records[name] else { fatalError("\(operation) declares no \(name)") }
    return try record.int64s().map { Int($0) }
  }

  /// An 8-bit tensor.
  func bytes(_ name: String) -> TensorRecord {
    guard let record = records[name] else { fatalError("\(operation) declares no \(name)") }
    return record
  }
}

/// One output of an operation.
struct Output<Scalar: KernelScalar> {
  enum Content {
    /// Numbers of the case's type.
    case numbers(Variable<Scalar>)
    /// Bytes.
    case record(TensorRecord)
  }

  let name: String
  let content: Content
  /// Whether a case holds a cotangent for it.
  let takesCotangent: Bool

  /// Numbers; tracked ones take a cotangent, constants only where that is asked for.
  init(_ name: String, _ variable: Variable<Scalar>, takesCotangent: Bool = false) {
    self.name = name
    content = .numbers(variable)
    self.takesCotangent = takesCotangent || variable.isTracked
  }

  init(_ name: String, _ tensor: Tensor<Scalar>) { self.init(name, Variable(tensor)) }

  init(_ name: String, _ record: TensorRecord) {
    self.name = name
    content = .record(record)
    takesCotangent = false
  }
}

extension TensorRecord {
  /// A tensor of either number type, as it lies in a file.
  init<S: KernelScalar>(_ tensor: Tensor<S>) {
    if S.self == Float.self {
      self.init(tensor.converted(to: Float.self).scalars, shape: tensor.shape)
    } else {
      self.init(tensor.converted(to: Double.self).scalars, shape: tensor.shape)
    }
  }
}
