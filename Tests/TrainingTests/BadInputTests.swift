import Datasets
import Formats
import Foundation
import Testing

@testable import Training

@Suite("Bad input") struct BadInputTests {
  func message(_ body: () throws -> Void) -> String {
    do {
      try body()
      return "no error"
    } catch { return "\(error)" }
  }

  @Test("a data set without a directory says how to name one")
  func noDirectory() {
    let text = message {
      _ = try DataSource(Configuration(yaml: "dataset:\n  name: cifar10\n  size: 32"))
    }
    #expect(text.contains("--data") && text.contains("cifar10"))
  }

  @Test("an image size that does not fit the data is refused with the right one")
  func imageSize() throws {
    try TinyRun.withDirectory { directory in
      let record = [UInt8](repeating: 3, count: 3073)
      for i in 1...5 {
        try Data(record).write(to: URL(filePath: "\(directory)/data_batch_\(i).bin"))
      }
      try Data(record).write(to: URL(filePath: "\(directory)/test_batch.bin"))
      let text = message {
        _ = try DataSource(
          Configuration(yaml: "dataset:\n  name: cifar10\n  size: 96"), directory: directory)
      }
      #expect(text.contains("dataset.size: 32"))
      let classes = message {
        _ = try DataSource(
          Configuration(yaml: "dataset:\n  name: cifar10\n  size: 32\n  n_classes: 7"),
          directory: directory)
      }
      #expect(classes.contains("n_classes") && classes.contains("10"))
      let few = message {
        _ = try DataSource(
          Configuration(yaml: "dataset:\n  name: cifar10\n  size: 32"), directory: directory)
      }
      #expect(few.contains("batch_size") && few.contains("5 training images"))
    }
  }

  @Test("an output folder that cannot be written is found before any work is done")
  func output() throws {
    try TinyRun.withDirectory { directory in
      try Data().write(to: URL(filePath: "\(directory)/file"))
      let text = message {
        _ = try PreTrainingRun(TinyRun.configuration(), output: "\(directory)/file/run")
      }
      #expect(text.contains("--output") && text.contains("file/run"))
    }
  }

  @Test("a folder that holds a run is not written over")
  func occupied() throws {
    try TinyRun.withDirectory { directory in
      try Data([1]).write(to: URL(filePath: "\(directory)/checkpoint.safetensors"))
      let text = message { _ = try PreTrainingRun(TinyRun.configuration(), output: directory) }
      #expect(text.contains("--resume"))
    }
  }

  @Test("a damaged checkpoint falls back to the one before, and two damaged ones stop the run")
  func damaged() throws {
    try TinyRun.withDirectory { directory in
      let folder = "\(directory)/run"
      _ = try PreTrainingRun(TinyRun.configuration(), output: folder).run()
      let file = URL(filePath: "\(folder)/checkpoint.safetensors")
      var bytes = try Data(contentsOf: file)
      bytes[bytes.count / 2] ^= 1
      try bytes.write(to: file)
      let (checkpoint, warning) = try Checkpoint.load(folder)
      #expect(checkpoint.position.epoch == 1 && warning != nil)
      // The damaged file must not push the good one out.
      _ = try PreTrainingRun(resuming: folder).run()
      #expect(try Checkpoint.load(folder).checkpoint.position.epoch == 2)
      for name in ["checkpoint.safetensors", "checkpoint.safetensors.prev"] {
        try Data(bytes.prefix(bytes.count / 3)).write(to: URL(filePath: "\(folder)/\(name)"))
      }
      let text = message { _ = try Checkpoint.load(folder) }
      #expect(text.contains("checkpoint.safetensors"))
    }
  }

  @Test("a file that is no checkpoint is refused")
  func foreign() throws {
    try TinyRun.withDirectory { directory in
      let path = "\(directory)/other.safetensors"
      try SafeTensorsFile(
        metadata: [:], tensors: ["a": TensorRecord([Float(1)], shape: [1])]
      ).write(to: path)
      #expect(message { _ = try Checkpoint.load(path) }.contains("mvmr pretrain"))
      #expect(message { _ = try Checkpoint.load("\(directory)/missing") }.contains("missing"))
    }
  }

  @Test("a configuration with a teacher is no pre-training")
  func teacher() throws {
    let c = try Configuration(yaml: TinyRun.yaml + "\nclip:\n  model_name: ViT-B-16\n")
    let text = message { _ = try PreTraining(c, data: DataSource(c)) }
    #expect(text.contains("clip"))
  }

  @Test("numbers that are not finite stop the run and are never written to a checkpoint")
  func notFinite() throws {
    try TinyRun.withDirectory { directory in
      let c = try TinyRun.configuration()
      let training = try PreTraining(c, data: DataSource(c))
      let batch = try #require(try training.remainingBatches().next())
      for (_, parameter) in training.encoder.parameters where parameter.isTrained {
        parameter.value = parameter.value.scaled(by: .infinity)
      }
      #expect(message { _ = try training.step(batch) }.contains("gradient_clip_val"))
      let text = message { try training.save(to: "\(directory)/x.safetensors") }
      #expect(text.contains("not finite"))
      #expect(!FileManager.default.fileExists(atPath: "\(directory)/x.safetensors"))
    }
  }
}
