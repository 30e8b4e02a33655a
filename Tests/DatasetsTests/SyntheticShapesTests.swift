import Datasets
import Images
import Testing

@Suite("Synthetic shapes") struct SyntheticShapesTests {
  @Test("an image depends on seed, split and index, and not on the count")
  func deterministic() throws {
    let a = try SyntheticShapes(count: 30, seed: 3).image(17)
    #expect(try SyntheticShapes(count: 18, seed: 3).image(17) == a)
    #expect(try SyntheticShapes(count: 30, seed: 4).image(17) != a)
    #expect(try SyntheticShapes(count: 30, seed: 3, split: .test).image(17) != a)
    #expect(try SyntheticShapes(count: 30, seed: 3).image(7) != a)
  }

  @Test("labels are balanced, and withheld from the unlabelled split")
  func labels() {
    let set = SyntheticShapes(count: 200)
    let counts = (0..<10).map { c in (0..<200).count { set.label($0) == c } }
    #expect(counts == [Int](repeating: 20, count: 10))
    let unlabeled = SyntheticShapes(count: 20, split: .unlabeled)
    #expect((0..<20).allSatisfy { unlabeled.label($0) == -1 })
    #expect(Set(set.classNames).count == 10)
  }

  @Test("sizes show the same scene: a small image is near the large one made small")
  func sizes() throws {
    let small = SyntheticShapes(count: 20, size: 24)
    let large = SyntheticShapes(count: 20, size: 96)
    for index in 0..<20 {
      let a = try small.image(index)
      let b = try large.image(index).resized(width: 24, height: 24)
      let difference = zip(a.bytes, b.bytes).reduce(0) { $0 + abs(Int($1.0) - Int($1.1)) }
      #expect(difference < 16 * a.bytes.count, "image \(index): \(difference / a.bytes.count)")
    }
  }

  @Test("nearest neighbours of raw pixels find the class in fewer than one case in three")
  func pixels() throws {
    func load(_ split: SyntheticShapes.Split, _ count: Int) throws -> [(
      pixels: [Int32], label: Int
    )] {
      let set = SyntheticShapes(count: count, size: 16, seed: 5, split: split)
      return try (0..<count).map { (try set.image($0).bytes.map(Int32.init), set.label($0)) }
    }
    let train = try load(.train, 300)
    let test = try load(.test, 100)
    let right = test.count { query in
      var best = (distance: Int32.max, label: -1)
      for candidate in train {
        var distance: Int32 = 0
        for i in 0..<query.pixels.count {
          let d = query.pixels[i] - candidate.pixels[i]
          distance += d * d
        }
        if distance < best.distance { best = (distance, candidate.label) }
      }
      return best.label == query.label
    }
    #expect(right < 33, "\(right) of 100")
  }
}
