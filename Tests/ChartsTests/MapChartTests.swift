import Images
import Testing

@testable import Charts

private func discs(_ drawing: Drawing) -> [Point] {
  drawing.marks.compactMap {
    if case .disc(let place, radius: _, fill: _) = $0 { place } else { nil }
  }
}

@Suite("Maps") struct MapChartTests {
  @Test("distances on the page are distances in the map, in both directions")
  func oneUnit() {
    let points = [Point(0, 0), Point(10, 0), Point(0, 1)]
    let drawn = discs(ScatterChart("t", series: [.init("t", points)]).drawing())
    #expect(drawn.count == 3)
    let across = drawn[1].x - drawn[0].x
    let up = drawn[0].y - drawn[2].y
    #expect(abs(across - 10 * up) < 1e-9 && up > 0)
  }

  @Test("one point, no point, and a point that is not finite still draw")
  func degenerate() {
    func drawing(_ points: [Point]) -> Drawing {
      ScatterChart("t", series: [.init("t", points)]).drawing()
    }
    let alone = drawing([Point(7, 7)])
    #expect(discs(alone).count == 1)
    #expect(discs(drawing([])).isEmpty)
    #expect(discs(drawing([Point(.nan, 0), Point(1, 1)])).count == 1)
    #expect(alone.image().width == 720)
  }

  @Test("zero is white between two signs, and the ends are the strongest colours")
  func colours() {
    #expect(HeatMap.colour(0, -1...1) == Colour(0xFFFFFF))
    #expect(HeatMap.colour(1, -1...1) == Colour(0x00477A))
    #expect(HeatMap.colour(-5, -1...1) == Colour(0xB54A00))
    #expect(HeatMap.colour(2, 2...4) == Colour(0xFFFFFF))
    #expect(HeatMap.colour(.nan, 0...1) == Colour(0x999999))
  }

  @Test("each number is a square of its own; a constant and an empty matrix draw")
  func squares() {
    let map = HeatMap("t", values: [0, 1, 1, 0, 0, 1], columns: 3, size: 96)
    let image = map.image(scale: 2)
    #expect(image.width == Int(2 * map.naturalSize.width))
    let blue = image.bytes.enumerated().count { $0.offset % 3 == 0 && $0.element == 0 }
    #expect(blue >= 3 * 64 * 64)
    _ = HeatMap("t", values: [3, 3], columns: 2).image()
    _ = HeatMap("t", values: [], columns: 2).image()
  }
}
