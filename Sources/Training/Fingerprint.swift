// The fingerprint of training: do two machines, builds or thread counts compute the same bits?
//
// Idea       The main job, shrunken, for a few steps with a fixed seed; then the SHA-256 of every loss,
//            every parameter and every running statistic, bit by bit. One bit off anywhere, from the
//            drawing of the images to the optimiser, and the digest is another one.
// Content    for each step the loss; then each tensor of the encoder, in the order of its names:
//            name, scalars (IEEE 754, little-endian)
// Depends    on the number type and on the width of a vector (sums over lanes), on nothing else
// Read       PreTrainingReplay.swift ← this file → Command/FingerprintCommand.swift
// Tests      Tests/TrainingTests/FingerprintTests.swift

import Autodiff
import Formats
import Kernels
import Networks
import Tensors

/// The digest of a short training run.
public struct TrainingFingerprint: Sendable, Hashable {
  /// SHA-256 in hexadecimal.
  public let digest: String
  /// L of each step.
  public let losses: [Double]
  /// `float32` or `float64`.
  public let scalar: String
  /// Numbers in a vector of this build, on which sums depend.
  public let lanes: Int

  /// One line: number type, lanes, steps, digest.
  public var line: String { "\(scalar), \(lanes) lanes, \(losses.count) steps: \(digest)" }

  /// The main job in little: its own data, views, representations, network and schedule.
  static let overrides = [
    "batch_size=16", "epochs=10", "dataset.train_images=64", "dataset.test_images=8",
    "encoder.backbone=resnet8", "encoder.out_dim=64-64",
  ]

  /// Trains and takes the digest.
  ///
  /// The optimiser, objective and order of batches are those of `PreTraining`; the images and
  /// representations are those of Float, converted exactly, in both types.
  ///
  /// - Parameters:
  ///   - steps: Steps to train, 1…40.
  ///   - type: `Float` or `Double`.
  /// - Throws: When the run diverges, or a step is asked for that does not exist.
  public init<S: KernelScalar>(steps: Int, of type: S.Type) throws {
    let c = try Configuration(
      yaml: Configuration.builtIn, path: "the built-in configuration",
      overrides: TrainingFingerprint.overrides)
    let replay = try PreTrainingReplay<S>(c, data: DataSource(c))
    var hash = SHA256()
    var losses: [Double] = []
    while losses.count < steps {
      guard let step = try replay.step() else {
        throw TrainingError(
          "the fingerprint's run has \(losses.count) steps, \(steps) were asked for",
          remedy: "ask for fewer")
      }
      let loss = step.objective.total.value.scalar
      hash.update(littleEndian([loss]))
      losses.append(Double(loss))
    }
    for (name, parameter) in replay.encoder.parameters {
      hash.update(Array(name.utf8))
      hash.update(littleEndian(parameter.value.scalars))
    }
    digest = hash.hex
    self.losses = losses
    scalar = S.name
    lanes = S.Vector.scalarCount
  }
}

/// The bytes of scalars, lowest first, whatever the machine's own order.
private func littleEndian<S: KernelScalar>(_ scalars: [S]) -> [UInt8] {
  let isFloat = S.self == Float.self
  var bytes: [UInt8] = []
  bytes.reserveCapacity(scalars.count * (isFloat ? 4 : 8))
  for scalar in scalars {
    // Float's bits are read from the Float: a way over Double would keep all but a NaN's.
    var bits = isFloat ? UInt64(Float(scalar).bitPattern) : Double(scalar).bitPattern
    for _ in 0..<(isFloat ? 4 : 8) {
      bytes.append(UInt8(truncatingIfNeeded: bits))
      bits >>= 8
    }
  }
  return bytes
}
