import Kernels
import TestSupport
import Testing

@testable import Training

@Suite("Forecast of memory and time", .serialized) struct StepForecastTests {
  func configuration() throws -> Configuration {
    try Configuration(
      yaml: Configuration.builtIn,
      overrides: [
        "batch_size=128", "dataset.train_images=256", "dataset.test_images=16", "n_workers=1",
        "encoder.out_dim=64-32",
      ])
  }

  @Test("the largest batch that fits is the inverse of the forecast, and a refusal names it")
  func limit() throws {
    let c = try configuration()
    let forecast = try StepForecast(c, data: DataSource(c))
    #expect(abs(forecast.largestBatch(within: forecast.bytes) - 128) <= 1)
    #expect(forecast.largestBatch(within: 1) == 0)
    #expect(forecast.seconds > 0)
    try forecast.check(limit: forecast.bytes, c)
    let error = #expect(throws: TrainingError.self) {
      try forecast.check(limit: Int(forecast.fixed + 40 * forecast.linear), c)
    }
    let text = error.map { "\($0)" } ?? ""
    #expect(text.contains("batch_size at most") && text.contains("encoder.chunk"), "\(text)")
  }

  @Test("what a process has is told by the system")
  func process() {
    #expect(ResidentMemory.now > 1_000_000)
    #expect(ResidentMemory.available > ResidentMemory.now)
  }
}
