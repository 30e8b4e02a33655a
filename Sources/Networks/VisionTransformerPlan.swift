// The sizes of a vision transformer, and those CLIP is published in, by open_clip's names.
//
// Source     Dosovitskiy et al., ICLR 2021, table 1; Radford et al., ICML 2021, table 20;
//            open_clip's model configurations
// Gelu       OpenAI trained with quickGELU. open_clip's names mean the exact gelu, and `-quickgelu` at
//            the end the other: the weights `laion400m_e32` of ViT-B-16 have the exact one.
// Read       this file → VisionTransformer.swift

/// The sizes of a vision transformer.
public struct VisionTransformerPlan: Hashable, Sendable {
  /// Height and width of an image, in pixels; a multiple of `patch`.
  public var imageSize: Int
  /// Side of a patch, in pixels.
  public var patch: Int
  /// Length of a token.
  public var width: Int
  /// Number of blocks.
  public var layers: Int
  /// Heads of each attention.
  public var heads: Int
  /// Hidden width of each perceptron.
  public var hidden: Int
  /// Length of the embedding.
  public var outputs: Int
  /// Between the two layers of each perceptron.
  public var activation: Activation

  /// All sizes; the perceptrons are four tokens wide, as in every CLIP.
  public init(
    imageSize: Int, patch: Int, width: Int, layers: Int, heads: Int, hidden: Int? = nil,
    outputs: Int, activation: Activation = .gelu
  ) {
    self.imageSize = imageSize
    self.patch = patch
    self.width = width
    self.layers = layers
    self.heads = heads
    self.hidden = hidden ?? 4 * width
    self.outputs = outputs
    self.activation = activation
  }

  /// Patches along each side of an image.
  public var grid: Int { imageSize / patch }
  /// Tokens: the class, then the patches.
  public var tokens: Int { grid * grid + 1 }

  /// The names `init(named:)` knows; each also with `-quickgelu` at its end.
  public static let names = ["ViT-B-32", "ViT-B-16", "ViT-L-14", "ViT-L-14-336", "ViT-H-14"]

  /// The image tower that open_clip builds under a name; nil for a name it does not know.
  public init?(named name: String) {
    let suffix = "-quickgelu"
    let isQuick = name.hasSuffix(suffix)
    func base(_ patch: Int) -> VisionTransformerPlan {
      .init(imageSize: 224, patch: patch, width: 768, layers: 12, heads: 12, outputs: 512)
    }
    func large(_ size: Int) -> VisionTransformerPlan {
      .init(imageSize: size, patch: 14, width: 1024, layers: 24, heads: 16, outputs: 768)
    }
    switch isQuick ? String(name.dropLast(suffix.count)) : name {
    case "ViT-B-32": self = base(32)
    case "ViT-B-16": self = base(16)
    case "ViT-L-14": self = large(224)
    case "ViT-L-14-336": self = large(336)
    case "ViT-H-14":
      self = .init(imageSize: 224, patch: 14, width: 1280, layers: 32, heads: 16, outputs: 1024)
    default: return nil
    }
    if isQuick { activation = .quickGELU }
  }
}
