// What a layer is: a function with parameters that have names.
//
// Idea       A layer is a struct that describes its part of the network; its parameters are shared
//            cells, so that an optimiser and a checkpoint reach them by name and a forward pass in
//            training can update running statistics.
// Names      Parameter names are checkpoint keys and equal torchvision's: `layer1.0.conv1.weight`.
// Read       Autodiff/Variable.swift ← this file → StateDictionary.swift, ResNet.swift

import Autodiff
import Kernels
import Randomness
import Tensors

/// How a forward pass treats statistics and gradients.
public struct Mode: Sendable, Hashable {
  /// Batch norm uses the batch's own statistics and updates the running ones.
  public var usesBatchStatistics: Bool
  /// Gradients reach the parameters.
  public var tracksGradients: Bool
  /// Batch statistics are added to the running ones; not when a part is computed a second time.
  public var updatesStatistics: Bool
  /// Draws what dropout and stochastic depth leave out; without a key nothing is.
  ///
  /// Each forward pass needs a key of its own.
  public var randomness: RandomKey?

  /// All choices.
  public init(
    usesBatchStatistics: Bool, tracksGradients: Bool, updatesStatistics: Bool = true,
    randomness: RandomKey? = nil
  ) {
    self.usesBatchStatistics = usesBatchStatistics
    self.tracksGradients = tracksGradients
    self.updatesStatistics = updatesStatistics
    self.randomness = randomness
  }

  /// The same mode with a key for what is left out at random.
  public func drawing(from key: RandomKey) -> Mode {
    var mode = self
    mode.randomness = key
    return mode
  }

  /// Batch statistics, gradients.
  public static let training = Mode(usesBatchStatistics: true, tracksGradients: true)
  /// Running statistics, no gradients.
  public static let evaluation = Mode(usesBatchStatistics: false, tracksGradients: false)
  /// Running statistics, gradients: fine-tuning with frozen statistics, and the oracle.
  public static let frozenStatistics = Mode(usesBatchStatistics: false, tracksGradients: true)
}

/// A named tensor of a network: trained, or kept by the network itself.
public final class Parameter<Scalar: KernelScalar> {
  /// What kind of tensor this is.
  public enum Role: Sendable, Hashable {
    /// Moved by the optimiser.
    case trained
    /// A convolution filter, moved by the optimiser; files hold it as [out, in, height, width].
    case filter
    /// Kept by the network: a running mean or variance.
    case statistic
    /// A count, stored in files as a 64-bit integer.
    case counter
  }

  /// The current value, in this project's layout.
  public var value: Tensor<Scalar>
  /// The gradient accumulated since it was last cleared.
  public var gradient: Tensor<Scalar>?
  /// What kind of tensor this is.
  public let role: Role
  private var substitution: Variable<Scalar>?

  /// A parameter with its initial value.
  public init(_ value: Tensor<Scalar>, role: Role = .trained) {
    self.value = value
    self.role = role
  }

  /// Whether the optimiser moves it.
  public var isTrained: Bool { role == .trained || role == .filter }

  /// The value as an input of a computation; in a tracking mode its gradient is added to `gradient`.
  public func variable(_ mode: Mode) -> Variable<Scalar> {
    if let substitution { return substitution }
    guard mode.tracksGradients, isTrained else { return Variable(value) }
    return Variable(tracking: value) { [self] dθ in
      guard var sum = gradient else {
        gradient = dθ
        return
      }
      gradient = nil  // so that the sum is written in place
      sum.add(dθ)
      gradient = sum
    }
  }

  /// Makes every later computation use a given variable in this parameter's place, so that the
  /// gradient of a whole layer with respect to its parameters can be checked.
  public func substitute(_ variable: Variable<Scalar>) { substitution = variable }
}

/// A function from one variable to another, with named parameters.
public protocol Layer<Scalar> {
  associatedtype Scalar: KernelScalar

  /// The layer's output.
  ///
  /// - Parameters:
  ///   - x: The input.
  ///   - mode: How statistics and gradients are treated.
  /// - Returns: The output.
  func callAsFunction(_ x: Variable<Scalar>, mode: Mode) -> Variable<Scalar>

  /// Visits every parameter with its name, in the order of PyTorch's state dictionary.
  func forEachParameter(_ body: (String, Parameter<Scalar>) -> Void)
}

extension Layer {
  /// Visits the parameters of a part of this layer under the part's name.
  func visit(
    _ name: String, _ part: any Layer<Scalar>, _ body: (String, Parameter<Scalar>) -> Void
  ) {
    part.forEachParameter { body("\(name).\($0)", $1) }
  }

  /// All parameters with their names.
  public var parameters: [(name: String, parameter: Parameter<Scalar>)] {
    var all: [(String, Parameter<Scalar>)] = []
    forEachParameter { all.append(($0, $1)) }
    return all
  }

  /// Number of trained scalars.
  public var parameterCount: Int {
    parameters.reduce(0) { $0 + ($1.parameter.isTrained ? $1.parameter.value.count : 0) }
  }

  /// Forgets all gradients.
  public func clearGradients() { forEachParameter { $1.gradient = nil } }
}
