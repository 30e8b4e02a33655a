// Every image network by the name a configuration can give it.
//
// Idea       One list, so that a student or a teacher is chosen by a word; what a network is, its own file
//            says.
// Names      torchvision's function names, CLIP's as open_clip spells them; resnet50w2 multiplies every
//            channel of resnet50 by two, the stem's too (Caron et al., NeurIPS 2020), unlike
//            torchvision's wide_resnet50_2
// Read       ResNet.swift, CIFARResNet.swift, MobileNetV2.swift, MobileNetV3.swift, EfficientNet.swift,
//            VisionTransformer.swift ← this file
// Tests      Tests/NetworksTests/NamedNetworkTests.swift

import Kernels
import Randomness

/// A network from images to feature vectors, without a classifier.
public enum NamedNetwork: Hashable, Sendable {
  case resNet(Backbone, smallKernel: Bool)
  case cifarResNet(CIFARResNetDepth)
  case mobileNetV2
  case mobileNetV3Large
  case efficientNet(EfficientNetVariant)
  case visionTransformer(VisionTransformerPlan)

  /// The names `init(named:)` knows.
  public static var names: [String] {
    Backbone.allCases.map(\.rawValue)
      + CIFARResNetDepth.allCases.map { "cifar_resnet\($0.rawValue)" }
      + ["mobilenet_v2", "mobilenet_v3_large"]
      + EfficientNetVariant.allCases.map { "efficientnet_\($0.rawValue)" }
      + VisionTransformerPlan.names + VisionTransformerPlan.names.map { "\($0)-quickgelu" }
  }

  /// The network of a name; nil for a name that is not in `names`.
  ///
  /// - Parameters:
  ///   - name: One of `names`.
  ///   - smallKernel: The 3×3 stem, for ResNets alone.
  public init?(named name: String, smallKernel: Bool = false) {
    if let backbone = Backbone(rawValue: name) {
      self = .resNet(backbone, smallKernel: smallKernel)
    } else if let plan = VisionTransformerPlan(named: name) {
      self = .visionTransformer(plan)
    } else {
      let deep = CIFARResNetDepth.allCases.first { name == "cifar_resnet\($0.rawValue)" }
      let scaled = EfficientNetVariant.allCases.first { name == "efficientnet_\($0.rawValue)" }
      if let deep {
        self = .cifarResNet(deep)
      } else if let scaled {
        self = .efficientNet(scaled)
      } else if name == "mobilenet_v2" {
        self = .mobileNetV2
      } else if name == "mobilenet_v3_large" {
        self = .mobileNetV3Large
      } else {
        return nil
      }
    }
  }

  /// Length of the vector it computes for an image.
  public var featureCount: Int {
    switch self {
    case .resNet(let backbone, _): backbone.featureCount
    case .cifarResNet: CIFARResNet<Float>.featureCount
    case .mobileNetV2: MobileNetV2<Float>.featureCount
    case .mobileNetV3Large: MobileNetV3Large<Float>.featureCount
    case .efficientNet: EfficientNet<Float>.featureCount
    case .visionTransformer(let plan): plan.outputs
    }
  }

  /// Draws the network.
  ///
  /// - Parameters:
  ///   - type: `Float` or `Double`.
  ///   - recomputes: Keep a part of a ResNet's activations and compute the rest again in backward
  ///     (Recomputation.swift); other networks keep all.
  ///   - key: Draws the weights.
  /// - Returns: The network, with the random weights its paper begins with.
  public func network<S: KernelScalar>(
    _ type: S.Type, recomputes: Bool = false, key: RandomKey
  ) -> any Layer<S> {
    switch self {
    case .resNet(let backbone, let smallKernel):
      var network = ResNet<S>(backbone, smallKernel: smallKernel, key: key)
      network.recomputes = recomputes
      return network
    case .cifarResNet(let depth): return CIFARResNet<S>(depth, classes: nil, key: key)
    case .mobileNetV2: return MobileNetV2<S>(key: key)
    case .mobileNetV3Large: return MobileNetV3Large<S>(key: key)
    case .efficientNet(let variant): return EfficientNet<S>(variant, key: key)
    case .visionTransformer(let plan): return VisionTransformer<S>(plan, key: key)
    }
  }

  /// The same network for images of a given side; nil when it cannot see them.
  ///
  /// Convolutional networks see images of any size; a vision transformer has one position for each patch,
  /// so it is built for one size, a multiple of its patch.
  public func forImages(of side: Int) -> NamedNetwork? {
    guard case .visionTransformer(var plan) = self else { return self }
    guard side >= plan.patch, side % plan.patch == 0 else { return nil }
    plan.imageSize = side
    return .visionTransformer(plan)
  }

  /// Whether it is a ResNet of ResNet.swift: these alone have a small stem and recomputation.
  public var isResNet: Bool {
    if case .resNet = self { return true }
    return false
  }
}

/// One of `NamedNetwork.names`.
public struct NetworkName: RawRepresentable, CaseIterable, Hashable, Sendable {
  public let rawValue: String

  /// nil for a name that is not in `NamedNetwork.names`.
  public init?(rawValue: String) {
    guard NamedNetwork(named: rawValue) != nil else { return nil }
    self.rawValue = rawValue
  }

  /// The name of a ResNet.
  public init(_ backbone: Backbone) { rawValue = backbone.rawValue }

  public static var allCases: [NetworkName] {
    NamedNetwork.names.compactMap(NetworkName.init(rawValue:))
  }
}
