import Datasets
import Formats
import Foundation
import Images
import Testing
import Training

@Suite("A folder of photographs") struct PhotographSourceTests {
  /// Pictures of mixed extents, `count` a class; without classes they lie side by side.
  private func photographs(_ count: Int, classes: [String], in directory: String) throws {
    for (label, name) in classes.enumerated() {
      let folder = name.isEmpty ? directory : directory + "/" + name
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      for i in 0..<count {
        let (width, height) = (17 + 3 * (i % 5), 30 - 2 * (i % 7))
        let bytes = (0..<(3 * width * height)).map {
          UInt8(truncatingIfNeeded: $0 * (label + 3) + i)
        }
        try PNGWriter.write(
          to: "\(folder)/\(i).png", width: width, height: height, channels: 3, bytes: bytes)
      }
    }
  }

  @Test("a run trains on class folders and measures on images it never saw")
  func classFolders() throws {
    try TinyRun.withDirectory { directory in
      try photographs(30, classes: ["dog", "cat"], in: directory + "/data")
      let configuration = try TinyRun.configuration(
        "dataset.name=folder", "dataset.train_images=40", "epochs=2")
      let data = try DataSource(configuration, directory: directory + "/data")
      #expect(data.training.count == 40 && data.test.count == 6 && data.classCount == 2)
      #expect(data.training.imageSize == 0 && data.test.imageSize == 16)
      #expect(try data.test.image(0).width == 16)
      #expect((0..<40).count { data.training.label($0) == 0 } == 20)
      let result = try PreTrainingRun(
        configuration, dataDirectory: directory + "/data", output: directory + "/run"
      ).run()
      #expect(result.trained != nil && !result.wasStopped && result.steps == 4)
    }
  }

  @Test("train and val are found, and a percentage of labels is drawn from train")
  func trainAndValidation() throws {
    try TinyRun.withDirectory { directory in
      try photographs(20, classes: ["a", "b"], in: directory + "/train")
      try photographs(3, classes: ["a", "b"], in: directory + "/val")
      let configuration = try TinyRun.configuration(
        "dataset.name=folder", "dataset.percentage=10")
      let data = try DataSource(configuration, directory: directory)
      #expect(data.training.count == 40 && data.labelled.count == 4 && data.test.count == 6)
      let list = directory + "/one.txt"
      try "b\n".write(toFile: list, atomically: true, encoding: .utf8)
      let one = try DataSource(
        TinyRun.configuration("dataset.name=folder", "dataset.class_list=\(list)"),
        directory: directory)
      #expect(one.classCount == 1 && one.training.count == 20)
      let part = try TinyRun.configuration("dataset.name=imagenet100")
      let error = #expect(throws: TrainingError.self) {
        try DataSource(part, directory: directory)
      }
      #expect(error.map { "\($0)".contains("dataset.class_list") } == true)
    }
  }

  @Test("pictures without classes are trained on and not measured")
  func flat() throws {
    try TinyRun.withDirectory { directory in
      try photographs(34, classes: [""], in: directory + "/data")
      let configuration = try TinyRun.configuration("dataset.name=folder")
      let result = try PreTrainingRun(
        configuration, dataDirectory: directory + "/data", output: directory + "/run"
      ).run()
      #expect(result.random == nil && result.trained == nil && !result.wasStopped)
      #expect(result.steps == 4 && result.summary.contains("no labels"))
    }
  }

  @Test("a directory without pictures is refused")
  func empty() throws {
    try TinyRun.withDirectory { directory in
      _ = #expect(throws: TrainingError.self) {
        try DataSource(TinyRun.configuration("dataset.name=folder"), directory: directory)
      }
    }
  }
}
