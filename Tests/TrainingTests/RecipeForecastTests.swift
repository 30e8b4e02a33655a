import Testing

@testable import Training

@Suite("Recipe forecasts", .serialized) struct RecipeForecastTests {
  @Test("Amdahl's law there and back")
  func scaling() {
    // A fifth alone: 1 thread 10 s, 2 threads 6 s, 8 threads 3 s.
    let share = RecipeForecast.serialShare(one: 10, many: 6, threads: 2)
    #expect(abs(share - 0.2) < 1e-12)
    let eight = RecipeForecast.seconds(onCores: 8, from: 6, measuredOn: 2, serialShare: share)
    #expect(abs(eight - 3) < 1e-12)
    #expect(RecipeForecast.serialShare(one: 10, many: 4.9, threads: 2) == 0)
    #expect(RecipeForecast.serialShare(one: 10, many: 11, threads: 2) == 1)
    #expect(RecipeForecast.serialShare(one: 10, many: 6, threads: 1) == 1)
  }

  @Test("data and teacher that are not there are stood in for; the epoch is the real one")
  func standIns() throws {
    let recipe = try Configuration(
      yaml: """
        method: simreg
        batch_size: 16
        epochs: 1
        dataset:
          name: cifar10
          size: 32
        encoder:
          backbone: resnet8
        teacher:
          network: cifar_resnet20
        """)
    let forecast = try RecipeForecast(recipe)
    #expect(forecast.images == 50_000 && forecast.steps == 3125)
    #expect(forecast.step.seconds > 0 && forecast.step.bytes > 1_000_000)
    #expect(forecast.configuration.teacher.network?.rawValue == "cifar_resnet20")
    let own = try Configuration(yaml: "dataset:\n  name: folder\n  size: 32\n")
    #expect(throws: (any Error).self) { try RecipeForecast(own) }
  }
}
