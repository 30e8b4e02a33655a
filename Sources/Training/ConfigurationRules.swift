// Which keys of network and method exclude each other.
//
// Read       Configuration.swift, DistillationSettings.swift ← this file
// Tests      Tests/TrainingTests/DistillationConfigurationTests.swift

import Formats
import Networks

extension Configuration {
  /// Rules between keys of the network and of the method.
  func checkMethod(_ fail: (String, String) -> FormatError) throws {
    guard let network = NamedNetwork(named: backbone.rawValue) else { return }
    if network.forImages(of: imageSize) == nil {
      throw fail(
        "encoder.backbone is \(backbone.rawValue), which cannot cut images of \(imageSize) pixels "
          + "into whole patches",
        "make dataset.size a multiple of its patch, the number after ViT-B- or ViT-L-")
    }
    if !network.isResNet && (smallKernel || recomputes) {
      throw fail(
        "encoder.\(smallKernel ? "small_kernel" : "recompute") is for ResNets, encoder.backbone is "
          + backbone.rawValue, "write false, or leave it out")
    }
    if method != .mvmr && gradientCache != nil {
      throw fail(
        "encoder.chunk is for mv-mr, whose loss needs the whole batch; method is \(method.rawValue)",
        "leave encoder.chunk out and make batch_size smaller")
    }
    if method != .mvmr && viewStatistics == .together {
      throw fail(
        "encoder.batch_norm: together is for mv-mr; method is \(method.rawValue)",
        "leave encoder.batch_norm out")
    }
    if !method.takesTeacher && hasTeacher {
      throw fail(
        "method \(method.rawValue) has no teacher, and one is named",
        "leave teacher and clip out, or choose mv-mr, seed or simreg")
    }
    if method == .seed && distillation.queue < batchSize {
      throw fail(
        "distill.queue is \(distillation.queue), smaller than a batch of \(batchSize)",
        "make distill.queue at least batch_size")
    }
    if method != .seed && distillation.patches > 0 {
      throw fail("distill.patches is for seed", "leave it out, or write method: seed")
    }
  }
}
