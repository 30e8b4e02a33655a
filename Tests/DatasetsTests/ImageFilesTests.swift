import Datasets
import Formats
import Foundation
import Images
import Randomness
import Testing

/// A picture of one colour.
func writePicture(_ path: String, width: Int, height: Int, red: UInt8) throws {
  let image = Image(width: width, height: height, red: red, green: 10, blue: 200)
  let folder = (path as NSString).deletingLastPathComponent
  try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  try PNGWriter.write(to: path, width: width, height: height, channels: 3, bytes: image.bytes)
}

@Suite("Photographs in files") struct ImageFilesTests {
  @Test("classes and files come in the order of their bytes")
  func order() throws {
    let scratch = try ScratchDirectory()
    for (i, name) in ["b/2.png", "b/10.png", "a/é.png", "a/z.PNG", "B/x.png", "a/sub/0.png"]
      .enumerated()
    {
      try writePicture(scratch.path + "/" + name, width: 4 + i, height: 3, red: UInt8(i))
    }
    try writePicture(scratch.path + "/a/.hidden.png", width: 1, height: 1, red: 0)
    let set = try ImageFiles(classesIn: scratch.path)
    let classes = ["B", "a", "b"]
    #expect(set.classNames == classes)
    let paths = ["B/x.png", "a/z.PNG", "a/é.png", "a/sub/0.png", "b/10.png", "b/2.png"]
    #expect(set.entries.map(\.path) == paths)
    let labels = [0, 1, 1, 1, 2, 2]
    #expect((0..<set.count).map(set.label) == labels)
    let image = try set.image(0)
    #expect(image.width == 8 && image.height == 3 && image.bytes[0] == 4)
    let flat = try ImageFiles(picturesIn: scratch.path)
    #expect(flat.count == 6 && flat.label(3) == -1 && flat.classCount == 0)
    #expect(DatasetKind.of(scratch.path) == .folder)
  }

  @Test("a list chooses classes and their order")
  func classList() throws {
    let scratch = try ScratchDirectory()
    for name in ["n01/a.png", "n02/b.png", "n03/c.png"] {
      try writePicture(scratch.path + "/" + name, width: 2, height: 2, red: 0)
    }
    let list = scratch.path + "/list.txt"
    try "n03 a bird\n\nn01\n".write(toFile: list, atomically: true, encoding: .utf8)
    let set = try ImageFiles(classesIn: scratch.path, classes: ImageFiles.classes(listedIn: list))
    let paths = ["n03/c.png", "n01/a.png"]
    #expect(set.entries.map(\.path) == paths)
    try "n04\n".write(toFile: list, atomically: true, encoding: .utf8)
    let error = #expect(throws: DatasetError.self) {
      try ImageFiles(classesIn: scratch.path, classes: ImageFiles.classes(listedIn: list))
    }
    #expect(error?.what.contains("Did you mean n01?") == true)
    try "n01\nn01\n".write(toFile: list, atomically: true, encoding: .utf8)
    #expect(throws: DatasetError.self) { try ImageFiles.classes(listedIn: list) }
  }

  @Test("what cannot be read is said with its path")
  func errors() throws {
    let scratch = try ScratchDirectory()
    #expect(throws: DatasetError.self) { try ImageFiles(classesIn: scratch.path) }
    #expect(throws: DatasetError.self) { try ImageFiles(picturesIn: scratch.path) }
    try writePicture(scratch.path + "/a/x.png", width: 2, height: 2, red: 0)
    try Data("GIF89a".utf8).write(to: URL(filePath: scratch.path + "/a/y.png"))
    let set = try ImageFiles(classesIn: scratch.path)
    let error = #expect(throws: DatasetError.self) { try set.image(1) }
    #expect(error?.place.contains("a/y.png") == true && error?.place.contains("GIF") == true)
    try Data().write(to: URL(filePath: scratch.path + "/a/z.webp"))
    let kind = #expect(throws: DatasetError.self) { try ImageFiles(classesIn: scratch.path) }
    #expect(kind?.what.contains(".webp") == true)
  }

  @Test("a square view is the middle of the image, shrunk")
  func evaluationView() throws {
    let wide = Image(width: 80, height: 40, red: 1, green: 2, blue: 3)
    let view = wide.evaluationView(size: 14)
    #expect(view.width == 14 && view.height == 14)
    #expect(view == wide.resized(shortSide: 16).centerCropped(width: 14, height: 14))
    // The numbers of ImageNet.
    #expect(Image(width: 300, height: 500).evaluationView(size: 224).width == 224)
    let same = Image(width: 9, height: 9, red: 5)
    #expect(same.evaluationView(size: 9) == same)
  }

  @Test("batches are made of images of any extent")
  func batches() throws {
    let scratch = try ScratchDirectory()
    for i in 0..<6 {
      try writePicture(
        scratch.path + "/c/\(i).png", width: 20 + 7 * i, height: 40 - 3 * i, red: UInt8(40 * i))
    }
    let set = try ImageFiles(classesIn: scratch.path)
    let key = RandomKey(seed: 1)
    let batches = PreTrainingBatches(
      dataset: set, sampler: BatchSampler(count: 6, batchSize: 3, key: key), policy: .custom,
      size: 16,
      statistics: .imageNet, drawsAugmentedPixels: true, key: key)
    let batch = try batches.make(epoch: 0, batch: 1)
    let shape = [3, 16, 16, 3]
    #expect(batch.original.shape == shape && batch.augmented.shape == shape)
    #expect(batch.augmentedPixels?.shape == shape)
  }
}
