import Formats
import Testing

@Suite("Nearest names") struct NearestNameTests {
  @Test(
    "a slip finds its word",
    arguments: [
      ("n_epoch", "epochs"), ("epoch", "epochs"), ("bacth_size", "batch_size"), ("Lr", "lr"),
    ])
  func near(name: String, expected: String) {
    #expect(nearestName(to: name, among: ["batch_size", "epochs", "lr"]) == expected)
  }

  @Test("what resembles nothing finds nothing")
  func far() {
    #expect(nearestName(to: "zzzzzz", among: ["batch_size", "epochs", "lr"]) == nil)
    #expect(nearestName(to: "epochs", among: []) == nil)
    #expect(nearestName(to: "", among: ["a"]) == nil)
  }
}
