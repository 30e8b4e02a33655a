import Formats
import Testing

@Suite("Ordered maps") struct OrderedMapTests {
  @Test("pairs stay in order through setting, replacing and removing")
  func order() {
    var map: OrderedMap = ["b": 1, "a": 2, "b": 9]
    #expect(map.keys == ["b", "a"] && map["b"] == 1)
    map["c"] = 3
    map["b"] = 4
    #expect(map.entries.map(\.value) == [4, 2, 3])
    map["a"] = nil
    #expect(map.keys == ["b", "c"] && map["c"] == 3 && map["a"] == nil)
    let inserted = map.insert(7, for: "c")
    #expect(!inserted && map["c"] == 3)
  }
}
