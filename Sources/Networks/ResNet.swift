// ResNet: the encoder f of the paper.
//
// Source     He et al., CVPR 2016; MV-MR §5: a standard ResNet-50 without its classifier
// Shape      stem: conv 7×7/2, bn, relu, max-pool 3×3/2 → four stages, strides 1, 2, 2, 2
//            → mean over the image. [batch, height, width, 3] → [batch, features]
// Small stem conv 3×3/1 instead of 7×7/2; the max-pool stays. Maps of 96 px: 96 → 48 → 48 → 24 → 12 → 6.
// 8×4        ResNet-8x4: conv 3×3 to 32, then one basic block each of 64, 128, 256; no max-pool.
//            8×2 is the same with half the channels, 8 with a quarter.
// Wide       resnet50w2, w4, w5: every channel count of resnet50 times 2, 4, 5, the stem's too (SwAV,
//            Caron et al., NeurIPS 2020); not torchvision's wide_resnet50_2.
// Errata     D18: which configurations use the small stem. The small stem's filter keeps PyTorch's
//            default initialiser, as in the released code.
// Read       ResidualBlock.swift ← this file → Projector.swift
// Tests      Tests/NetworksTests/ResNetTests.swift

import Autodiff
import Kernels
import Randomness
import Tensors

/// The architectures a configuration can name.
public enum Backbone: String, CaseIterable, Sendable {
  case resnet18, resnet34, resnet50, resnet101, resnet152
  case resnet50w2, resnet50w4, resnet50w5
  case resnet8, resnet8x2, resnet8x4

  struct Plan {
    var kind: BlockKind
    var depths: [Int]
    var stem: Int
    var widths: [Int]
    var pools: Bool
    enum BlockKind { case basic, bottleneck }
  }

  var plan: Plan {
    let widths = [64, 128, 256, 512]
    func deep(_ kind: Plan.BlockKind, _ depths: [Int]) -> Plan {
      Plan(kind: kind, depths: depths, stem: 64, widths: widths, pools: true)
    }
    func wide(_ factor: Int) -> Plan {
      Plan(
        kind: .bottleneck, depths: [3, 4, 6, 3], stem: 64 * factor,
        widths: widths.map { $0 * factor }, pools: true)
    }
    func shallow(_ stem: Int) -> Plan {
      Plan(
        kind: .basic, depths: [1, 1, 1], stem: stem, widths: [2 * stem, 4 * stem, 8 * stem],
        pools: false)
    }
    switch self {
    case .resnet18: return deep(.basic, [2, 2, 2, 2])
    case .resnet34: return deep(.basic, [3, 4, 6, 3])
    case .resnet50: return deep(.bottleneck, [3, 4, 6, 3])
    case .resnet101: return deep(.bottleneck, [3, 4, 23, 3])
    case .resnet152: return deep(.bottleneck, [3, 8, 36, 3])
    case .resnet50w2: return wide(2)
    case .resnet50w4: return wide(4)
    case .resnet50w5: return wide(5)
    case .resnet8: return shallow(8)
    case .resnet8x2: return shallow(16)
    case .resnet8x4: return shallow(32)
    }
  }

  /// Length of the vector it computes for an image.
  public var featureCount: Int {
    (plan.widths.last ?? 0) * (plan.kind == .basic ? 1 : 4)
  }
}

/// A residual network from images to feature vectors.
public struct ResNet<Scalar: KernelScalar>: Layer {
  /// Which architecture this is.
  public let backbone: Backbone
  private let stem: Convolution2D<Scalar>
  private let stemNorm: BatchNorm<Scalar>
  private let stages: [[ResidualBlock<Scalar>]]
  /// Keep only each block's input for backward and compute the rest again (Recomputation.swift).
  public var recomputes = false

  /// Draws a network.
  ///
  /// - Parameters:
  ///   - backbone: The architecture.
  ///   - smallKernel: Use the 3×3 stem (`small_kernel` in the official configurations).
  ///   - key: Draws the filters.
  public init(_ backbone: Backbone, smallKernel: Bool = false, key: RandomKey) {
    self.backbone = backbone
    let plan = backbone.plan
    let large = plan.pools && !smallKernel
    stem = Convolution2D(
      inputs: 3, outputs: plan.stem, kernel: large ? 7 : 3, stride: large ? 2 : 1,
      padding: large ? 3 : 1, initializer: smallKernel ? .uniformFanIn : .heFanOut,
      key: key.child("conv1"))
    stemNorm = BatchNorm(channels: plan.stem)
    var channels = plan.stem
    var stages: [[ResidualBlock<Scalar>]] = []
    for (i, (depth, width)) in zip(plan.depths, plan.widths).enumerated() {
      var blocks: [ResidualBlock<Scalar>] = []
      for j in 0..<depth {
        let kind: ResidualBlock<Scalar>.Kind = plan.kind == .basic ? .basic : .bottleneck
        blocks.append(
          ResidualBlock(
            kind, inputs: channels, width: width, stride: j == 0 && i > 0 ? 2 : 1,
            zeroInitialized: plan.pools, key: key.child("layer\(i + 1)").child(j)))
        channels = width * kind.expansion
      }
      stages.append(blocks)
    }
    self.stages = stages
  }

  /// Features of images.
  ///
  /// - Parameters:
  ///   - x: `[batch, height, width, 3]`, normalised.
  ///   - mode: How statistics and gradients are treated.
  /// - Returns: `[batch, features]`.
  public func callAsFunction(_ x: Variable<Scalar>, mode: Mode) -> Variable<Scalar> {
    var y = stemNorm(of: stem, x, mode: mode, rectified: true)
    if backbone.plan.pools { y = maximumPool(y, kernel: 3, stride: 2, padding: 1) }
    for stage in stages {
      for block in stage {
        y = recomputes ? recomputed(y, mode: mode, block) : block(y, mode: mode)
      }
    }
    return y.mean(over: 1, 2)
  }

  public func forEachParameter(_ body: (String, Parameter<Scalar>) -> Void) {
    visit("conv1", stem, body)
    visit("bn1", stemNorm, body)
    for (i, stage) in stages.enumerated() {
      for (j, block) in stage.enumerated() { visit("layer\(i + 1).\(j)", block, body) }
    }
  }
}
