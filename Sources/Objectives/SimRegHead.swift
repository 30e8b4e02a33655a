// The shapes of SimReg's head g, which is trained on top of the student and thrown away.
//
// Source     Navaneet et al., BMVC 2021, and its released code; positions are those of PyTorch's Sequential
// Grammar    four layers   0 linear d → 2d · 1 bn · 2 relu · 3 linear 2d → d ·
//                          4 linear d → 2d · 5 bn · 6 relu · 7 linear 2d → D
//            two layers    0 linear d → 2d · 1 linear 2d → D
//            linear        0 bn d · 1 linear d → D
// Reading    Layers 3 and 4 meet without batch norm or relu: a projection head of two layers under a
//            prediction head of two. Together they are one affine map of rank d, kept apart for the names.
// Errata     R3: the released two layers have neither batch norm nor relu, so they are one linear map.
//            R5: the linear head fails in the released code; this is what it was meant to be.
// Read       SimReg.swift ← this file
// Tests      Tests/ObjectivesTests/SimRegTests.swift

/// Which head.
public enum SimRegHeadShape: String, CaseIterable, Sendable {
  case fourLayers = "four-layers"
  case twoLayers = "two-layers"
  case linear

  /// One layer of a head.
  public enum Layer: Hashable, Sendable {
    /// Weight `[outputs, inputs]` and bias `[outputs]`.
    case linear(inputs: Int, outputs: Int)
    /// Gain and bias `[width]`.
    case batchNorm(width: Int)
    case relu
  }

  /// Its layers, by their positions.
  ///
  /// - Parameters:
  ///   - d: Length of the student's feature.
  ///   - D: Length of the teacher's feature.
  /// - Returns: From the input on; a relu has a position too.
  public func layers(from d: Int, to D: Int) -> [Layer] {
    let hidden: [Layer] = [.linear(inputs: d, outputs: 2 * d), .batchNorm(width: 2 * d), .relu]
    switch self {
    case .fourLayers:
      return hidden + [.linear(inputs: 2 * d, outputs: d)] + hidden
        + [.linear(inputs: 2 * d, outputs: D)]
    case .twoLayers:
      return [.linear(inputs: d, outputs: 2 * d), .linear(inputs: 2 * d, outputs: D)]
    case .linear:
      return [.batchNorm(width: d), .linear(inputs: d, outputs: D)]
    }
  }

  /// Numbers that are learned, running statistics not counted.
  public func parameterCount(from d: Int, to D: Int) -> Int {
    layers(from: d, to: D).reduce(0) { sum, layer in
      switch layer {
      case .linear(let inputs, let outputs): sum + (inputs + 1) * outputs
      case .batchNorm(let width): sum + 2 * width
      case .relu: sum
      }
    }
  }
}
