import Datasets
import Images
import Testing

@Suite("Dataset views") struct DatasetViewsTests {
  static let base = InMemoryDataset(
    name: "grays", images: (0..<5).map { Image(width: 4, height: 4, red: UInt8($0)) },
    labels: [0, 1, -1, 1, 0], classNames: ["a", "b"])

  @Test("a subset holds the chosen images in the chosen order")
  func subset() throws {
    let set = DatasetSubset(Self.base, indices: [3, 0, 3])
    #expect(set.count == 3 && set.classCount == 2 && set.imageSize == 4)
    #expect((0..<3).map(set.label) == [1, 0, 1])
    #expect(try set.image(0)[row: 0, column: 0].red == 3)
  }

  @Test("item i of a repeated set is image i divided by the copies")
  func repeated() throws {
    let set = RepeatedDataset(Self.base, copies: 3)
    #expect(set.count == 15)
    for index in 0..<15 {
      #expect(set.label(index) == Self.base.label(index / 3))
      #expect(try set.image(index) == Self.base.image(index / 3))
    }
  }

  @Test("an index outside the set stops with a message that says how to mend it")
  func message() async throws {
    let exit = try await #require(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = DatasetSubset(DatasetViewsTests.base, indices: [0, 5])
    }
    let text = String(decoding: exit.standardErrorContent, as: UTF8.self)
    #expect(text.contains("grays") && text.contains("0..<5") && text.contains("To mend:"))
  }
}
