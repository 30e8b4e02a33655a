// The encoder with its projector: x → h → z.
//
// Formula    h = f(x), z = g(h)      MV-MR §4, figure 1
// Idea       f is any network of NamedNetwork.swift, g the paper's projector or another method's head.
//            BYOL and SimSiam add a predictor behind g; it is trained with the rest and no part of z.
// Names      `backbone.*` and `projector.*`, as in the official checkpoints; `predictor.*`
// Read       NamedNetwork.swift, Projector.swift, SequentialHead.swift ← this file → Training/PreTraining.swift

import Autodiff
import Kernels
import Randomness
import Tensors

/// What stands on a backbone.
public enum EncoderHead: Hashable, Sendable {
  /// The paper's projector, by the widths of its layers; none: the identity.
  case projector(widths: [Int])
  /// Any other head.
  case layers([HeadLayer])

  /// Length of z.
  public func outputCount(inputs: Int) -> Int {
    switch self {
    case .projector(let widths): widths.last ?? inputs
    case .layers(let layers): HeadLayer.outputCount(of: layers, inputs: inputs) ?? inputs
    }
  }
}

/// A backbone and a projector.
public struct Encoder<Scalar: KernelScalar>: Layer {
  /// f, from images to features.
  public let backbone: any Layer<Scalar>
  /// g, from features to embeddings.
  public let projector: any Layer<Scalar>
  /// From embeddings to predictions; nil where the method has none.
  public let predictor: (any Layer<Scalar>)?

  /// Draws all parts.
  ///
  /// - Parameters:
  ///   - network: f.
  ///   - head: g.
  ///   - predictor: Layers behind g, for methods that have them.
  ///   - recomputes: Keep a part of a ResNet's activations and compute the rest again in backward.
  ///   - key: Draws the weights.
  public init(
    _ network: NamedNetwork, head: EncoderHead, predictor: [HeadLayer]? = nil,
    recomputes: Bool = false, key: RandomKey
  ) {
    backbone = network.network(Scalar.self, recomputes: recomputes, key: key.child("backbone"))
    let projectorKey = key.child("projector")
    switch head {
    case .projector(let widths):
      projector = Projector<Scalar>(
        inputs: network.featureCount, widths: widths, key: projectorKey)
    case .layers(let layers): projector = SequentialHead<Scalar>(layers, key: projectorKey)
    }
    self.predictor = predictor.map { SequentialHead<Scalar>($0, key: key.child("predictor")) }
  }

  /// Draws the paper's encoder: a ResNet and a projector.
  public init(backbone: Backbone, smallKernel: Bool, projector widths: [Int], key: RandomKey) {
    self.init(
      .resNet(backbone, smallKernel: smallKernel), head: .projector(widths: widths), key: key)
  }

  /// Features and embedding of a batch.
  ///
  /// - Returns: h `[batch, features]`, z `[batch, d]`.
  public func embed(_ x: Variable<Scalar>, mode: Mode) -> (h: Variable<Scalar>, z: Variable<Scalar>)
  {
    let h = backbone(x, mode: mode)
    return (h, projector(h, mode: mode))
  }

  public func callAsFunction(_ x: Variable<Scalar>, mode: Mode) -> Variable<Scalar> {
    embed(x, mode: mode).z
  }

  public func forEachParameter(_ body: (String, Parameter<Scalar>) -> Void) {
    visit("backbone", backbone, body)
    visit("projector", projector, body)
    if let predictor { visit("predictor", predictor, body) }
  }
}
