// Activations of transformers and of networks for telephones.
//
// Source     gelu: Hendrycks & Gimpel, 2016, §2; silu: ibid. and Ramachandran et al., 2017; hard-swish:
//            Howard et al., "Searching for MobileNetV3", ICCV 2019, §5.2; relu6: Sandler et al., CVPR 2018
// Formula    gelu:        y = ½x(1 + erf(x/√2)),  dX = dY · (½(1 + erf(x/√2)) + x φ(x)),
//                         φ(x) = e^(−x²/2)/√(2π)
//            quickGELU:   y = x s,  dX = dY · (s + 1.702 x (s − s²)),  s = σ(1.702 x)
//            silu:        y = x s,  dX = dY · (s + x (s − s²)),  s = σ(x)
//            relu6:       y = min(max(0, x), 6),  dX = dY where 0 < x < 6
//            hardSigmoid: y = relu6(x + 3)/6,  dX = dY/6 where −3 < x < 3
//            hardSwish:   y = x hardSigmoid(x),  dX = dY · (0 up to −3, x/3 + ½, 1 from 3)
// Singular   relu6 and hardSigmoid have slope 0 at their kinks, hardSwish has 0 at −3 and 1 at 3.
// Memory     Only x is kept for backward; what the slope needs is computed again there.
// Read       Functions.swift ← this file → Networks/Activation.swift

import Kernels
import Tensors

/// The exact Gaussian error linear unit ½x(1 + erf(x/√2)).
public func gelu<S>(_ x: Variable<S>) -> Variable<S> {
  let v = x.value
  return Variable(
    v.map(.gelu),
    pullbacks: [
      (
        x,
        { dY in
          let Φ = v.scaled(by: S(0.5.squareRoot())).map(.errorFunction).scaled(by: 0.5, plus: 0.5)
          let φ = (v * v).scaled(by: -0.5).map(.exponential)
            .scaled(by: S(1 / (2 * Double.pi).squareRoot()))
          return dY * (Φ + v * φ)
        }
      )
    ])
}

/// The sigmoid approximation x·σ(1.702 x) of gelu, with which OpenAI trained CLIP.
public func quickGELU<S>(_ x: Variable<S>) -> Variable<S> {
  let v = x.value
  return Variable(
    v.map(.quickGELU),
    pullbacks: [
      (
        x,
        { dY in
          let s = v.scaled(by: 1.702).map(.logistic)
          return dY * (s + (v * (s - s * s)).scaled(by: 1.702))
        }
      )
    ])
}

/// The sigmoid-weighted linear unit x·σ(x), also called swish.
public func silu<S>(_ x: Variable<S>) -> Variable<S> {
  let v = x.value
  return Variable(
    v.map(.silu),
    pullbacks: [
      (
        x,
        { dY in
          let s = v.map(.logistic)
          return dY * (s + v * (s - s * s))
        }
      )
    ])
}

/// min(max(0, x), 6), with slope 0 at 0 and at 6.
public func relu6<S>(_ x: Variable<S>) -> Variable<S> {
  let y = x.value.map(.rectifySix)
  return Variable(y, pullbacks: [(x, { dY in dY * y.map(.isBetweenZeroAndSix) })])
}

/// relu6(x + 3)/6: a logistic function of three straight lines.
public func hardSigmoid<S>(_ x: Variable<S>) -> Variable<S> {
  let y = x.value.scaled(by: 1, plus: 3).map(.rectifySix)
  return Variable(
    y / 6, pullbacks: [(x, { dY in dY * y.map(.isBetweenZeroAndSix) / 6 })])
}

/// x·hardSigmoid(x): silu without an exponential.
public func hardSwish<S>(_ x: Variable<S>) -> Variable<S> {
  let v = x.value
  return Variable(
    v.map(.hardSwish), pullbacks: [(x, { dY in dY * v.map(.hardSwishSlope) })])
}

extension GradientCase {
  static let activations = [
    GradientCase("gelu", at: [9], in: -3...3) { gelu($0[0]) },
    GradientCase("quickGELU", at: [9], in: -3...3) { quickGELU($0[0]) },
    GradientCase("silu", at: [9], in: -4...4) { silu($0[0]) },
    GradientCase("relu6", at: [3, 5], in: -4...10) { relu6($0[0]) },
    GradientCase("hardSigmoid", at: [3, 5], in: -5...5) { hardSigmoid($0[0]) },
    GradientCase("hardSwish", at: [3, 5], in: -5...5) { hardSwish($0[0]) },
  ]
}
