// The optimiser: moves every trained parameter along its gradient.
//
// Source     MV-MR §5: Adam with weight decay 1e-6 on all parameters, batch norm and biases included
// Errata     D44: the decay is coupled (added to the gradient), as Adam's `weight_decay` in PyTorch
// Read       Kernels/OptimizerSteps.swift ← this file → Checkpoint.swift
// Tests      Tests/TrainingTests/TrainingStepTests.swift, Tests/KernelsTests/GoldenKernelTests.swift

import Kernels
import Networks
import Tensors

/// Which rule moves the parameters.
public enum OptimizerRule: String, CaseIterable, Sendable {
  case adam, adamw, sgd
}

/// An optimiser with its state: moments for each parameter, and the number of steps taken.
public final class Optimizer<Scalar: KernelScalar> {
  /// The rule.
  public let rule: OptimizerRule
  /// λ.
  public let weightDecay: Double
  /// Steps taken.
  public internal(set) var steps = 0
  let parameters: [(name: String, parameter: Parameter<Scalar>)]
  /// Of each parameter: first and second moment (Adam), or velocity (SGD).
  var moments: [[Tensor<Scalar>]]

  /// An optimiser of a layer's trained parameters, with all moments zero.
  ///
  /// - Parameters:
  ///   - rule: Adam (β 0.9, 0.999, ε 1e-8), AdamW (the same), or SGD (momentum 0.9).
  ///   - layer: What it moves.
  ///   - weightDecay: λ.
  public init(_ rule: OptimizerRule, of layer: some Layer<Scalar>, weightDecay: Double = 0) {
    self.rule = rule
    self.weightDecay = weightDecay
    parameters = layer.parameters.filter(\.parameter.isTrained)
    moments = parameters.map { _, parameter in
      (0..<(rule == .sgd ? 1 : 2)).map { _ in Tensor.zeros(parameter.value.shape) }
    }
  }

  /// The names of a parameter's moments in a checkpoint.
  var momentNames: [String] { rule == .sgd ? ["velocity"] : ["first", "second"] }

  /// The length of all gradients as one vector.
  public func gradientNorm() -> Double {
    parameters.reduce(0) { sum, one in
      guard let gradient = one.parameter.gradient else { return sum }
      return sum + Double(dotProduct(gradient.buffer, gradient.buffer))
    }.squareRoot()
  }

  /// Shrinks all gradients so that their common length is at most `limit`.
  ///
  /// By min(1, limit/(‖g‖ + 1e-6)), as PyTorch's `clip_grad_norm_`, which the released code calls.
  public func clipGradients(to limit: Double) {
    let factor = limit / (gradientNorm() + 1e-6)
    guard factor < 1 else { return }
    for (_, parameter) in parameters {
      parameter.gradient = parameter.gradient?.scaled(by: Scalar(factor))
    }
  }

  /// Takes one step and forgets the gradients; a parameter without a gradient stays.
  public func step(learningRate: Double) {
    steps += 1
    for (i, (_, parameter)) in parameters.enumerated() {
      guard let gradient = parameter.gradient else { continue }
      parameter.gradient = nil
      parameter.value.update { θ in
        switch rule {
        case .adam, .adamw:
          let step = AdamStep(
            learningRate: learningRate, beta1: 0.9, beta2: 0.999, epsilon: 1e-8,
            weightDecay: weightDecay, decoupled: rule == .adamw, step: steps)
          adamStep(
            step, parameter: θ, gradient: gradient.buffer, first: moments[i][0].buffer,
            second: moments[i][1].buffer)
        case .sgd:
          momentumStep(
            learningRate: learningRate, momentum: 0.9, weightDecay: weightDecay, parameter: θ,
            gradient: gradient.buffer, velocity: moments[i][0].buffer)
        }
      }
    }
  }
}
