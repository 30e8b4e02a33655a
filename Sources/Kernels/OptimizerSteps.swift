// One optimiser step over one parameter, fused into a single pass.
//
// Source     Adam: Kingma & Ba, ICLR 2015; AdamW: Loshchilov & Hutter, ICLR 2019; SGD with momentum
//            as PyTorch defines it
// Formula    Adam    g ← g + λθ;  m ← β₁m + (1 − β₁)g;  v ← β₂v + (1 − β₂)g²
//                    θ ← θ − η/(1 − β₁ᵗ) · m / (√v/√(1 − β₂ᵗ) + ε)
//            AdamW   θ ← θ(1 − ηλ) first, then as Adam with λ = 0
//            SGD     g ← g + λθ;  m ← μm + g;  θ ← θ − ηm
// Read       this file → Training/Optimizer.swift

/// The numbers of one Adam or AdamW step.
public struct AdamStep: Sendable {
  public var learningRate: Double
  public var beta1: Double
  public var beta2: Double
  public var epsilon: Double
  public var weightDecay: Double
  /// Whether decay shrinks θ directly (AdamW) instead of joining the gradient (Adam).
  public var decoupled: Bool
  /// Steps taken including this one: t, from 1.
  public var step: Int

  /// All numbers of a step.
  public init(
    learningRate: Double, beta1: Double, beta2: Double, epsilon: Double, weightDecay: Double,
    decoupled: Bool, step: Int
  ) {
    self.learningRate = learningRate
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    self.weightDecay = weightDecay
    self.decoupled = decoupled
    self.step = step
  }

  var corrections: (first: Double, second: Double) {
    var first = 1.0
    var second = 1.0
    // Powers by repeated squaring: the library's pow differs between machines.
    var (b1, b2, n) = (beta1, beta2, step)
    while n > 0 {
      if n & 1 == 1 { (first, second) = (first * b1, second * b2) }
      (b1, b2, n) = (b1 * b1, b2 * b2, n >> 1)
    }
    return (1 - first, 1 - second)
  }
}

/// One Adam or AdamW step in place.
@specialized(where S == Float)
@specialized(where S == Double)
public func adamStep<S: KernelScalar>(
  _ s: AdamStep, parameter: Buffer<S>, gradient: Buffer<S>, first: Buffer<S>, second: Buffer<S>
) {
  let n = parameter.count
  require(
    gradient.count == n && first.count == n && second.count == n, "adamStep: lengths differ.")
  let (c1, c2) = s.corrections
  let rate = S(s.learningRate / c1)
  let root = S(c2.squareRoot())
  let epsilon = S(s.epsilon)
  let (b1, b2) = (S(s.beta1), S(s.beta2))
  let (a1, a2) = (S(1 - s.beta1), S(1 - s.beta2))
  let coupled = s.decoupled ? 0 : S(s.weightDecay)
  let keep = s.decoupled ? S(1 - s.learningRate * s.weightDecay) : 1
  let θ = parameter.pointer
  let g = UnsafePointer(gradient.pointer)
  let m = first.pointer
  let v = second.pointer
  parallelRuns(n, grain: elementGrain) { run in
    for i in run {
      let gradient = g[i] + coupled * θ[i]
      m[i] = b1 * m[i] + a1 * gradient
      v[i] = b2 * v[i] + a2 * gradient * gradient
      θ[i] = keep * θ[i] - rate * m[i] / (v[i].squareRoot() / root + epsilon)
    }
  }
}

/// One step of SGD with momentum in place; a fresh momentum buffer holds zeros.
@specialized(where S == Float)
@specialized(where S == Double)
public func momentumStep<S: KernelScalar>(
  learningRate: Double, momentum: Double, weightDecay: Double, parameter: Buffer<S>,
  gradient: Buffer<S>, velocity: Buffer<S>
) {
  let n = parameter.count
  require(gradient.count == n && velocity.count == n, "momentumStep: lengths differ.")
  let (rate, keep, decay) = (S(learningRate), S(momentum), S(weightDecay))
  let θ = parameter.pointer
  let g = UnsafePointer(gradient.pointer)
  let m = velocity.pointer
  parallelRuns(n, grain: elementGrain) { run in
    for i in run {
      m[i] = keep * m[i] + (g[i] + decay * θ[i])
      θ[i] -= rate * m[i]
    }
  }
}
