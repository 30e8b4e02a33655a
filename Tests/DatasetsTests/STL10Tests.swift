import Datasets
import Foundation
import Images
import Randomness
import Testing

@Suite("STL-10") struct STL10Tests {
  /// Bytes of one image whose pixel (row, column) is (row, column, row + column).
  static let record: [UInt8] = {
    var bytes: [UInt8] = []
    for plane in 0..<3 {
      for column in 0..<96 {
        for row in 0..<96 { bytes.append([UInt8(row), UInt8(column), UInt8(row + column)][plane]) }
      }
    }
    return bytes
  }()

  static func kind(_ body: () throws -> Void) -> DatasetError.Kind? {
    do {
      try body()
      return nil
    } catch {
      let error = error as? DatasetError
      // Every message says what, where and how to mend.
      #expect(error?.description.contains("To mend: ") == true)
      return error?.kind
    }
  }

  @Test("planes are read column by column and labels count from 0")
  func layout() throws {
    let scratch = try ScratchDirectory()
    try scratch.write(Self.record + Self.record.reversed(), to: "train_X.bin")
    try scratch.write([10, 1], to: "train_y.bin")
    let set = try STL10(directory: scratch.path, split: .train)
    #expect(set.count == 2 && set.imageSize == 96 && set.classCount == 10)
    #expect((0..<2).map(set.label) == [9, 0])
    #expect(set.classNames[9] == "truck")
    let image = try set.image(0)
    #expect(image.pixel(7, 90) == [7, 90, 97] && image.pixel(95, 0) == [95, 0, 95])
    #expect(try set.image(1).pixel(0, 0) == [190, 95, 95])
  }

  @Test("train+unlabeled has the labelled images first, from the subdirectory of the archive")
  func combined() throws {
    let scratch = try ScratchDirectory()
    try scratch.write(Self.record, to: "stl10_binary/train_X.bin")
    try scratch.write([3], to: "stl10_binary/train_y.bin")
    let blank = [UInt8](repeating: 9, count: 27648)
    try scratch.write(blank + Self.record, to: "stl10_binary/unlabeled_X.bin")
    let set = try STL10(directory: scratch.path, split: .trainAndUnlabeled)
    #expect(set.count == 3 && (0..<3).map(set.label) == [2, -1, -1])
    #expect(try set.image(0) == set.image(2))
    #expect(try set.image(1) == Image(width: 96, height: 96, red: 9, green: 9, blue: 9))
  }

  @Test("a synthesized set reads back with equal pixels, labels, names and folds")
  func roundTrip() throws {
    let scratch = try ScratchDirectory()
    let directory = scratch.file("shapes")
    try SyntheticShapes.writeSTL10(to: directory, train: 25, test: 4, unlabeled: 7, seed: 11)
    #expect(try scratch.names() == ["shapes"])
    for (split, shapes, count) in [
      (STL10.Split.train, SyntheticShapes.Split.train, 25), (.test, .test, 4),
      (.unlabeled, .unlabeled, 7),
    ] {
      let read = try STL10(directory: directory, split: split)
      let drawn = SyntheticShapes(count: count, size: 96, seed: 11, split: shapes)
      #expect(read.count == count && read.classNames == drawn.classNames)
      for index in 0..<count {
        #expect(try read.image(index) == drawn.image(index))
        #expect(read.label(index) == drawn.label(index))
      }
    }
    let folds = try STL10.folds(directory: directory, trainingImages: 25)
    #expect(folds.count == 10 && folds.allSatisfy { $0.count == 5 && Set($0).count == 5 })
    #expect(Set(folds).count > 5)
  }

  @Test("an existing directory is never written over and a failure leaves nothing")
  func existing() throws {
    let scratch = try ScratchDirectory()
    try scratch.write([1], to: "there/precious")
    #expect(
      Self.kind {
        try SyntheticShapes.writeSTL10(to: scratch.file("there"), train: 1, test: 0, unlabeled: 0)
      } == .unwritable)
    #expect(
      Self.kind {
        try SyntheticShapes.writeSTL10(
          to: scratch.file("no/parent"), train: 1, test: 0, unlabeled: 0)
      } == .unwritable)
    #expect(
      Self.kind {
        try SyntheticShapes.writeSTL10(to: scratch.file("less"), train: -1, test: 0, unlabeled: 0)
      } == .unwritable)
    // An unlabelled set as train fails after its images were written.
    let unlabeled = SyntheticShapes(count: 2, size: 96, split: .unlabeled)
    #expect(
      Self.kind {
        try STL10.write(
          to: scratch.file("half"), train: unlabeled, test: unlabeled, unlabeled: unlabeled,
          key: RandomKey(seed: 1))
      } == .labelOutOfRange)
    #expect(try scratch.names() == ["there"])
  }

  @Test("a leftover of an interrupted run is replaced")
  func leftover() throws {
    let scratch = try ScratchDirectory()
    try scratch.write([1, 2, 3], to: "set.partial/old")
    try SyntheticShapes.writeSTL10(to: scratch.file("set"), train: 1, test: 0, unlabeled: 0)
    #expect(try scratch.names() == ["set"])
    #expect(try STL10(directory: scratch.file("set"), split: .test).count == 0)
  }

  @Test("a missing directory says where it searched and for what")
  func missing() throws {
    do {
      _ = try STL10(directory: "/nowhere/at/all", split: .trainAndUnlabeled)
      Issue.record("opened")
    } catch {
      #expect(error.kind == .missing)
      for part in [
        "/nowhere/at/all", "/nowhere/at/all/stl10_binary", "train_X.bin", "train_y.bin",
        "unlabeled_X.bin", "stl10_binary.tar.gz",
      ] { #expect(error.description.contains(part)) }
    }
  }

  @Test("an archive that was not unpacked is pointed out")
  func packed() throws {
    let scratch = try ScratchDirectory()
    try scratch.write([0x1f, 0x8b], to: "stl10_binary.tar.gz")
    do {
      _ = try STL10(directory: scratch.path, split: .test)
      Issue.record("opened")
    } catch { #expect(error.kind == .missing && error.mend.contains("tar -xzf")) }
  }

  @Test("half an image, other counts, labels out of range and directories are errors")
  func broken() throws {
    let cases: [(images: Int, labels: [UInt8], kind: DatasetError.Kind, text: String)] = [
      (27648 + 13824, [1], .truncated, "41472 bytes are 1 records of 27648 bytes and 13824 more"),
      (27647, [1], .truncated, "train_X.bin"),
      (2 * 27648, [1], .countMismatch, "2 images"),
      (27648, [1, 2], .countMismatch, "2 labels"),
      (27648, [0], .labelOutOfRange, "train_y.bin, record 0"),
      (2 * 27648, [10, 11], .labelOutOfRange, "train_y.bin, record 1"),
    ]
    for c in cases {
      let scratch = try ScratchDirectory()
      try scratch.write([UInt8](repeating: 0, count: c.images), to: "train_X.bin")
      try scratch.write(c.labels, to: "train_y.bin")
      do {
        _ = try STL10(directory: scratch.path, split: .train)
        Issue.record("opened: \(c)")
      } catch {
        #expect(error.kind == c.kind, "\(error)")
        #expect(error.description.contains(c.text), "\(error)")
      }
    }
    let scratch = try ScratchDirectory()
    try scratch.write([1], to: "test_X.bin/inside")
    try scratch.write([1], to: "test_y.bin")
    #expect(Self.kind { _ = try STL10(directory: scratch.path, split: .test) } == .unreadable)
  }

  @Test("a file that claims to be immense is refused before anything is allocated for it")
  func immense() throws {
    let scratch = try ScratchDirectory()
    try scratch.write([], to: "test_X.bin")
    try scratch.write([1], to: "test_y.bin")
    let file = try FileHandle(forUpdating: URL(fileURLWithPath: scratch.file("test_X.bin")))
    try file.truncate(atOffset: UInt64(27648) << 28 + 27648)
    try file.close()
    #expect(Self.kind { _ = try STL10(directory: scratch.path, split: .test) } == .malformed)
  }

  @Test("a file cut during the run is an error, not a crash")
  func cut() throws {
    let scratch = try ScratchDirectory()
    try scratch.write(Self.record + Self.record, to: "unlabeled_X.bin")
    let set = try STL10(directory: scratch.path, split: .unlabeled)
    let file = try FileHandle(forUpdating: URL(fileURLWithPath: scratch.file("unlabeled_X.bin")))
    try file.truncate(atOffset: 30000)
    try file.close()
    #expect(try set.image(0).pixel(1, 2) == [1, 2, 3])
    #expect(Self.kind { _ = try set.image(1) } == .truncated)
  }

  @Test("class names and folds that are not ten lines, or name no image, are errors")
  func text() throws {
    let scratch = try ScratchDirectory()
    try scratch.write(Self.record, to: "unlabeled_X.bin")
    try scratch.write(Array("a\nb\n".utf8), to: "class_names.txt")
    #expect(Self.kind { _ = try STL10(directory: scratch.path, split: .unlabeled) } == .malformed)
    func folds(_ text: String) -> DatasetError.Kind? {
      Self.kind {
        try scratch.write(Array(text.utf8), to: "fold_indices.txt")
        _ = try STL10.folds(directory: scratch.path, trainingImages: 100)
      }
    }
    #expect(folds(String(repeating: "1 2 99 \n", count: 10)) == nil)
    #expect(folds(String(repeating: "1 2\n", count: 9)) == .malformed)
    #expect(folds(String(repeating: "1 100\n", count: 10)) == .malformed)
    #expect(folds(String(repeating: "1 -1\n", count: 10)) == .malformed)
    #expect(folds(String(repeating: "1 x\n", count: 10)) == .malformed)
  }
}
