import Datasets
import Foundation
import Images
import Randomness
import Testing

@Suite("Label fractions") struct LabelFractionTests {
  private let set = InMemoryDataset(
    name: "x", images: [Image](repeating: Image(width: 1, height: 1), count: 400),
    labels: (0..<400).map { $0 < 300 ? 0 : $0 < 390 ? 1 : $0 < 399 ? 2 : -1 },
    classNames: ["a", "b", "c"])

  @Test("each class keeps its share, and at least one image", arguments: [1.0, 10, 50, 100])
  func shares(_ percentage: Double) {
    let chosen = LabelFraction.balanced(percentage, of: set, key: RandomKey(seed: 4))
    #expect(chosen == Array(Set(chosen)).sorted())
    for (label, count) in [300, 90, 9].enumerated() {
      let wanted = max(1, Int((percentage * Double(count) / 100).rounded(.toNearestOrAwayFromZero)))
      #expect(chosen.count { set.label($0) == label } == wanted)
    }
  }

  @Test("the same key draws the same images, another key others")
  func seeded() {
    func draw(_ seed: UInt64) -> [Int] {
      LabelFraction.balanced(10, of: set, key: RandomKey(seed: seed))
    }
    #expect(draw(1) == draw(1))
    #expect(draw(1) != draw(2))
  }

  @Test("a published list chooses by file name")
  func listed() throws {
    let scratch = try ScratchDirectory()
    let names = ["n01/n01_1.JPEG", "n01/n01_2.JPEG", "n02/n02_7.JPEG"]
    let files = ImageFiles(
      name: "x", directory: "", classNames: ["n01", "n02"],
      entries: names.map { .init(path: $0, label: 0) })
    let list = scratch.path + "/1percent.txt"
    try "n02_7.JPEG\nn01_1.JPEG\n".write(toFile: list, atomically: true, encoding: .utf8)
    let wanted = [0, 2]
    #expect(try LabelFraction.listed(in: list, of: files) == wanted)
    try "n03_1.JPEG\n".write(toFile: list, atomically: true, encoding: .utf8)
    let error = #expect(throws: DatasetError.self) { try LabelFraction.listed(in: list, of: files) }
    #expect(error?.place.hasSuffix("line 1") == true)
  }
}
