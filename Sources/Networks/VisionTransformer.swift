// The vision transformer: CLIP's image tower, teacher of MV-MR's distillation.
//
// Source     Dosovitskiy et al., ICLR 2021, eq. (1) to (4); Radford et al., ICML 2021, §2.4;
//            MV-MR §5.2 (ViT-B/16, `laion400m_e32`)
// Idea       An image is cut into patches; each becomes a token by one linear map, a class token is put
//            before them, and a learned vector is added for each place. Blocks mix the tokens; the class
//            token, normalised and projected, is the embedding.
// Shape      [batch, height, width, 3] → tokens [batch, 1 + patches, D] → [batch, outputs], not of
//            length 1
// Names      open_clip's `visual.…` without that prefix: class_embedding, positional_embedding, proj,
//            conv1, ln_pre, transformer.resblocks.…, ln_post
// Patches    A convolution whose stride is its kernel shares no pixel between windows: it is one matrix
//            product of rows of pixels, and so it is computed.
// Read       VisionTransformerPlan.swift, TransformerBlock.swift ← this file → PositionEmbedding.swift
// Tests      Tests/NetworksTests/VisionTransformerTests.swift

import Autodiff
import Kernels
import Randomness
import Tensors

/// CLIP's image tower.
public struct VisionTransformer<Scalar: KernelScalar>: Layer {
  /// Its sizes.
  public let plan: VisionTransformerPlan
  private let classEmbedding: Parameter<Scalar>
  private let positionalEmbedding: Parameter<Scalar>
  private let projection: Parameter<Scalar>
  private let patches: Convolution2D<Scalar>
  private let firstNorm: LayerNorm<Scalar>
  private let blocks: [TransformerBlock<Scalar>]
  private let lastNorm: LayerNorm<Scalar>

  /// Draws a network: embeddings and projection normal with deviation 1/√D, as open_clip does.
  public init(_ plan: VisionTransformerPlan, key: RandomKey) {
    require(
      plan.patch >= 1 && plan.imageSize >= plan.patch && plan.imageSize % plan.patch == 0,
      """
      VisionTransformer: images of \(plan.imageSize) pixels, patches of \(plan.patch).
        To mend: an image size that is a multiple of the patch.
      """)
    self.plan = plan
    let width = plan.width
    let deviation = 1 / Scalar(width).squareRoot()
    func drawn(_ name: String, _ shape: [Int]) -> Parameter<Scalar> {
      Parameter(.normal(shape, deviation: deviation, key: key.child(name)))
    }
    classEmbedding = drawn("class_embedding", [width])
    positionalEmbedding = drawn("positional_embedding", [plan.tokens, width])
    projection = drawn("proj", [width, plan.outputs])
    patches = Convolution2D(
      inputs: 3, outputs: width, kernel: plan.patch, stride: plan.patch,
      initializer: .uniformFanIn, key: key.child("conv1"))
    firstNorm = LayerNorm(channels: width)
    blocks = (0..<plan.layers).map { i in
      TransformerBlock(
        width: width, heads: plan.heads, hidden: plan.hidden, activation: plan.activation,
        key: key.child("resblocks").child(i))
    }
    lastNorm = LayerNorm(channels: width)
  }

  /// Embeddings of images.
  ///
  /// - Parameters:
  ///   - x: `[batch, imageSize, imageSize, 3]`, normalised.
  ///   - mode: How gradients are treated.
  /// - Returns: `[batch, outputs]`.
  public func callAsFunction(_ x: Variable<Scalar>, mode: Mode) -> Variable<Scalar> {
    require(
      x.shape.count == 4 && Array(x.shape.dropFirst()) == [plan.imageSize, plan.imageSize, 3],
      """
      VisionTransformer: input \(x.shape) for images of \(plan.imageSize) pixels.
        To mend: [batch, \(plan.imageSize), \(plan.imageSize), 3]; for another size, build the \
      network for it and load `resizingPositions(of:to:)`.
      """)
    let (batch, width) = (x.shape[0], plan.width)
    let start =
      Variable(Tensor<Scalar>.zeros([batch, 1, width]))
      + classEmbedding.variable(mode).reshaped([1, 1, width])
    let tokens =
      Variable.concatenated([start, embedPatches(x, mode)], axis: 1)
      + positionalEmbedding.variable(mode)
    var y = firstNorm(tokens, mode: mode)
    for block in blocks { y = block(y, mode: mode) }
    let summary = lastNorm(y.slice(0..<1, axis: 1).reshaped([batch, width]), mode: mode)
    return matmul(summary, projection.variable(mode))
  }

  /// Each patch times the filter: [batch, patches, D].
  private func embedPatches(_ x: Variable<Scalar>, _ mode: Mode) -> Variable<Scalar> {
    let (batch, grid, side, width) = (x.shape[0], plan.grid, plan.patch, plan.width)
    let pixels = side * side * 3
    let rows = x.reshaped([batch, grid, side, grid, side * 3]).permuted(axes: 0, 1, 3, 2, 4)
      .reshaped([batch * grid * grid, pixels])
    let filter = patches.weight.variable(mode).reshaped([pixels, width])
    return matmul(rows, filter).reshaped([batch, grid * grid, width])
  }

  public func forEachParameter(_ body: (String, Parameter<Scalar>) -> Void) {
    body("class_embedding", classEmbedding)
    body("positional_embedding", positionalEmbedding)
    body("proj", projection)
    visit("conv1", patches, body)
    visit("ln_pre", firstNorm, body)
    for (i, block) in blocks.enumerated() { visit("transformer.resblocks.\(i)", block, body) }
    visit("ln_post", lastNorm, body)
  }
}
