// A network that only looks: a published teacher, or the encoder of a finished run.
//
// Formula    features h = f(x), or what a projection head makes of them, z = g(f(x)); running statistics,
//            no gradient
// Content    the network, what it was trained to see (Datasets/ImagePreparation.swift), and a digest of both
// Batches    Rows do not meet in evaluation mode, and every sum is over one row's numbers: an image has the same
//            bits alone and in a batch of any size.
// Read       EncoderFile.swift, PublishedPreparation.swift → this file → Teacher.swift
// Tests      Tests/TrainingTests/FrozenEncoderTests.swift

import Autodiff
import Datasets
import Formats
import Images
import Kernels
import Networks
import Tensors

/// What is taken from an encoder.
public enum EncoderOutput: String, CaseIterable, Sendable {
  /// h, what the backbone computes.
  case features
  /// z, what the file's projection head makes of it.
  case projection
}

/// An encoder in evaluation mode.
public struct FrozenEncoder {
  /// Which network, and what is taken from it.
  public let name: String
  /// f.
  public let network: any Layer<Float>
  /// g; nil where the features are taken.
  public let head: (any Layer<Float>)?
  /// What it was trained to see.
  public let preparation: ImagePreparation
  /// Length of its output.
  public let width: Int
  /// Whether it sees images of any size.
  public let isConvolutional: Bool
  /// Names of the file that are no part of it.
  public let leftBehind: [String]

  /// Images that pass at once; the result does not depend on it.
  private static let pixelsAtOnce = 16 * 224 * 224

  /// Outputs of images.
  ///
  /// - Parameter images: `[N, side, side, 3]`, prepared.
  /// - Returns: `[N, width]`.
  public func callAsFunction(_ images: Tensor<Float>) -> Tensor<Float> {
    let n = images.shape[0]
    let chunk = max(1, FrozenEncoder.pixelsAtOnce / max(1, images.shape[1] * images.shape[2]))
    let parts = stride(from: 0, to: n, by: chunk).map { start in
      let x = Variable(images.slice(start..<min(n, start + chunk), axis: 0))
      // Exact convolutions, also inside a training step: a kept embedding has the bits of a computed one.
      return Winograd.$isAllowed.withValue(false) {
        let h = network(x, mode: .evaluation)
        return (head?(h, mode: .evaluation) ?? h).value
      }
    }
    return parts.count == 1 ? parts[0] : Tensor.concatenated(parts, axis: 0)
  }

  /// Outputs of a data set's images, whole, one view, in its order.
  ///
  /// - Parameters:
  ///   - dataset: The images.
  ///   - workers: Threads that read and prepare images.
  ///   - progress: Called with the number of images done.
  /// - Returns: One row an image, and the labels.
  /// - Throws: When an image cannot be read.
  public func features(
    of dataset: any ImageDataset, workers: Int = 1, progress: (Int) -> Void = { _ in }
  ) throws -> LabelledFeatures {
    let normalization = PixelNormalization(preparation.statistics)
    let side = preparation.side ?? dataset.imageSize
    let chunk = max(1, min(256, FrozenEncoder.pixelsAtOnce / max(1, side * side)))
    let count = dataset.count
    let preparation = preparation
    var done = 0
    let features =
      count == 0
      ? Tensor<Float>.zeros([0, width])
      : try outputs(
        of: count, atOnce: chunk, workers: workers,
        prepare: { indices in
          normalization.tensor(try indices.map { preparation.whole(try dataset.image($0)) })
        },
        network: { images in
          defer {
            done += images.shape[0]
            progress(done)
          }
          return self(images)
        })
    return LabelledFeatures(features: features, labels: (0..<count).map(dataset.label))
  }

  /// SHA-256 of everything that decides an output, as 64 hexadecimal digits.
  ///
  /// The width of a vector is part of it: sums over lanes differ by rounding.
  public func digest() -> String {
    var hash = SHA256()
    hash.update(Array("\(name)\n\(preparation.text)\n\(Float.Vector.scalarCount)\n".utf8))
    for part in [network] + (head.map { [$0] } ?? []) {
      for (name, parameter) in part.parameters where parameter.role != .counter {
        hash.update(Array("\(name) \(parameter.value.shape)\n".utf8))
        hash.update(TensorRecord(parameter.value.scalars, shape: parameter.value.shape).bytes)
      }
    }
    return hash.hex
  }
}
