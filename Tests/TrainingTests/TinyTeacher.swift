import Formats
import Foundation
import Networks
import Randomness
import Tensors

@testable import Training

/// A teacher small enough for a test, in a file.
enum TinyTeacher {
  /// Writes a CIFAR ResNet-20 with its classifier, under the names of published files.
  static func write(to path: String, seed: UInt64 = 5) throws {
    let network = CIFARResNet<Float>(.layers20, classes: 10, key: RandomKey(seed: seed))
    var tensors: OrderedMap<TensorRecord> = [:]
    for entry in network.stateDictionary() where !entry.isCounter {
      tensors.insert(
        TensorRecord(entry.tensor.scalars, shape: entry.tensor.shape), for: "module.\(entry.name)")
    }
    try SafeTensorsFile(tensors: tensors).write(to: path, keepsPrevious: false)
  }

  /// A distillation run of 2 epochs of 3 batches.
  static func configuration(
    _ method: String, teacher path: String, _ overrides: [String] = []
  ) throws -> Configuration {
    let more = [
      "method=\(method)", "teacher.path='\(path)'", "teacher.network=cifar_resnet20",
      "teacher.size=16",
      "distill.queue=24", "distill.patch_size=8", "lr=1e-2",
    ]
    return try Configuration(yaml: TinyRun.yaml, overrides: more + overrides)
  }
}
