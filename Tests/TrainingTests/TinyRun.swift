import Foundation
import TestSupport
import Training

/// A run small enough for a test: 6 batches of 16 images of 16 pixels, two epochs.
enum TinyRun {
  static let yaml = """
    batch_size: 16
    epochs: 2
    warmup_epochs: 1
    log_every: 1
    lr: 1e-3
    dataset:
      name: synthetic
      size: 16
      aug_policy: custom
      train_images: 48
      test_images: 32
    encoder:
      backbone: resnet8
      out_dim: 16-8
      small_kernel: true
    scatnet:
      J: 2
      L: 4
    """

  static func configuration(_ overrides: String...) throws -> Configuration {
    try Configuration(yaml: yaml, path: "tiny.yaml", overrides: overrides)
  }

  /// A directory that the closure owns.
  static func withDirectory<T>(_ body: (String) throws -> T) throws -> T {
    let path = FileManager.default.temporaryDirectory
      .appending(path: "mvmr-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try body(path)
  }

  /// Every trained number and statistic of a run, as bits.
  static func bits(_ training: PreTraining) -> [UInt32] {
    training.encoder.stateDictionary().flatMap { bitPatterns($0.tensor.scalars) }
  }
}
