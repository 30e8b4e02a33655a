// The encoder with its projector: x → h → z.
//
// Formula    h = f(x), z = g(h)      MV-MR §4, figure 1
// Names      `backbone.*` and `projector.*`, as in the official checkpoints
// Read       ResNet.swift, Projector.swift ← this file → Training/PreTraining.swift

import Autodiff
import Kernels
import Randomness
import Tensors

/// A backbone and a projector.
public struct Encoder<Scalar: KernelScalar>: Layer {
  /// f, from images to features.
  public var backbone: ResNet<Scalar>
  /// g, from features to embeddings.
  public let projector: Projector<Scalar>

  /// Draws both parts.
  public init(backbone: Backbone, smallKernel: Bool, projector widths: [Int], key: RandomKey) {
    self.backbone = ResNet(backbone, smallKernel: smallKernel, key: key.child("backbone"))
    projector = Projector(
      inputs: backbone.featureCount, widths: widths, key: key.child("projector"))
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
  }
}
