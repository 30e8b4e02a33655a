import Foundation
import Testing

@Suite("Forecast command", .serialized) struct ForecastCommandTests {
  @Test(
    "a wrong command line says how to mend it",
    arguments: [
      (["forecast"], 64, ".yaml"), (["forecast", "--cores", "0", "x.yaml"], 64, "--cores"),
      (["forecast", "/nowhere.yaml"], 1, "nowhere"),
    ])
  func misuse(arguments: [String], status: Int32, word: String) throws {
    let outcome = try Program.run(arguments + ["--threads", "1"])
    #expect(outcome.status == status)
    #expect(outcome.errors.contains(word), "\(outcome.errors)")
  }
}
