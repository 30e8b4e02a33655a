import Datasets
import Foundation
import Testing

@Suite("CIFAR") struct CIFARTests {
  /// A record whose pixel (row, column) is (row, column, tag).
  static func record(_ labels: [UInt8], tag: UInt8) -> [UInt8] {
    var bytes = labels
    for plane in 0..<3 {
      for row in 0..<32 {
        for column in 0..<32 { bytes.append([UInt8(row), UInt8(column), tag][plane]) }
      }
    }
    return bytes
  }

  @Test("CIFAR-10 numbers its images on through five files")
  func ten() throws {
    let scratch = try ScratchDirectory()
    for file in 1...5 {
      let tag = UInt8(10 * file)
      try scratch.write(
        Self.record([UInt8(file)], tag: tag) + Self.record([9], tag: tag + 1),
        to: "cifar-10-batches-bin/data_batch_\(file).bin")
    }
    let set = try CIFAR(.cifar10, directory: scratch.path, split: .train)
    #expect(set.count == 10 && set.classCount == 10 && set.name == "cifar10")
    #expect((0..<10).map(set.label) == [1, 9, 2, 9, 3, 9, 4, 9, 5, 9])
    #expect(try set.image(5).pixel(30, 4) == [30, 4, 31])
    #expect(try set.image(8).pixel(0, 31) == [0, 31, 50])
  }

  @Test("CIFAR-100 reads the fine label and CIFAR-20 the coarse one of the same images")
  func hundred() throws {
    let scratch = try ScratchDirectory()
    try scratch.write(Self.record([4, 99], tag: 1) + Self.record([19, 0], tag: 2), to: "test.bin")
    let fine = try CIFAR(.cifar100, directory: scratch.path, split: .test)
    let coarse = try CIFAR(.cifar20, directory: scratch.path, split: .test)
    #expect((0..<2).map(fine.label) == [99, 0])
    #expect((0..<2).map(coarse.label) == [4, 19])
    #expect(try fine.image(1) == coarse.image(1))
    #expect(try fine.image(0).pixel(12, 13) == [12, 13, 1])
  }

  @Test("every variant has as many different names as classes")
  func names() {
    for (variant, count) in [(CIFAR.Variant.cifar10, 10), (.cifar100, 100), (.cifar20, 20)] {
      #expect(Set(variant.classNames).count == count && variant.classNames.count == count)
    }
    #expect(CIFAR.Variant.cifar100.classNames == CIFAR.Variant.cifar100.classNames.sorted())
  }

  @Test("labels out of range and cut records name file and record")
  func broken() throws {
    let scratch = try ScratchDirectory()
    try scratch.write(Self.record([1], tag: 0) + Self.record([10], tag: 0), to: "test_batch.bin")
    do {
      _ = try CIFAR(.cifar10, directory: scratch.path, split: .test)
      Issue.record("opened")
    } catch {
      #expect(error.kind == .labelOutOfRange)
      #expect(error.place.hasSuffix("test_batch.bin, record 1"))
    }
    for labels in [[20, 0], [0, 100]] as [[UInt8]] {
      try scratch.write(Self.record(labels, tag: 0), to: "test.bin")
      for variant in [CIFAR.Variant.cifar100, .cifar20] {
        #expect(
          STL10Tests.kind { _ = try CIFAR(variant, directory: scratch.path, split: .test) }
            == .labelOutOfRange)
      }
    }
    try scratch.write([0, 0, 0], to: "test.bin")
    #expect(
      STL10Tests.kind { _ = try CIFAR(.cifar100, directory: scratch.path, split: .test) }
        == .truncated)
    #expect(
      STL10Tests.kind { _ = try CIFAR(.cifar100, directory: scratch.path, split: .train) }
        == .missing)
  }
}
