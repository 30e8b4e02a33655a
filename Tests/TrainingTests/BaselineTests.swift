import Autodiff
import Foundation
import Kernels
import Networks
import Objectives
import Tensors
import Testing

@testable import Training

@Suite("Baselines in a run", .serialized) struct BaselineTests {
  static let methods = ["vicreg", "barlow-twins", "byol", "simsiam"]

  func configuration(_ method: String, _ overrides: [String] = []) throws -> Configuration {
    try Configuration(
      yaml: TinyRun.yaml, overrides: ["method=\(method)", "baseline.hidden=12"] + overrides)
  }

  @Test("stopped and resumed, a run ends with the same file", arguments: methods)
  func resume(method: String) throws {
    try TinyRun.withDirectory { directory in
      func run(_ name: String) throws -> PreTrainingRun {
        try PreTrainingRun(configuration(method), output: "\(directory)/\(name)")
      }
      _ = try run("whole").run()
      var step = 0
      _ = try run("parts")
        .run(observe: { step = $0.position.step }, shouldStop: { step == 4 })
      _ = try PreTrainingRun(resuming: "\(directory)/parts").run()
      func file(_ name: String) throws -> Data {
        try Data(contentsOf: URL(filePath: "\(directory)/\(name)/checkpoint.safetensors"))
      }
      #expect(try file("whole") == file("parts"))
    }
  }

  @Test("a step is the loss its paper writes, of both views", arguments: methods)
  func composition(method: String) throws {
    let c = try configuration(method, ["encoder.winograd=false"])
    let run = try PreTraining(c, data: DataSource(c))
    let batch = try #require(try run.remainingBatches().next())
    let twin = try PreTraining.randomEncoder(c)
    let other = try #require(batch.planned.second)
    let z₁ = twin(Variable(batch.augmented), mode: .training)
    let z₂ = twin(Variable(other), mode: .training)
    func p(_ z: Variable<Float>) -> Variable<Float> {
      twin.predictor.map { $0(z, mode: .training) } ?? z
    }
    let expected: Variable<Float>
    switch method {
    case "vicreg": expected = vicRegLoss(z₁, z₂).total
    case "barlow-twins": expected = barlowTwinsLoss(z₁, z₂).total
    case "simsiam": expected = simSiamLoss(predictions: (p(z₁), p(z₂)), projections: (z₁, z₂))
    default:
      // At the first step the moving average is the network itself.
      expected = byolLoss(predictions: (p(z₁), p(z₂)), targets: (z₁.value, z₂.value))
    }
    #expect((twin.predictor != nil) == ["byol", "simsiam"].contains(method))
    #expect(try run.step(batch).loss == Double(expected.value.scalar))
  }

  @Test("BYOL's copy moves by 1 − τ of the way, and τ rises from its base to 1")
  func movingAverage() throws {
    #expect(abs(BYOLMethod.momentum(0.996, progress: 0) - 0.996) < 1e-15)
    #expect(abs(BYOLMethod.momentum(0.996, progress: 0.5) - 0.998) < 1e-15)
    #expect(BYOLMethod.momentum(0.996, progress: 1) == 1)
    let c = try configuration("byol", ["baseline.momentum=0.5"])
    let run = try PreTraining(c, data: DataSource(c))
    let method = try #require(run.method as? BYOLMethod)
    let start = run.encoder.parameters.map(\.parameter.value)
    let batch = try #require(try run.remainingBatches().next())
    _ = try run.step(batch)
    let τ = Float(BYOLMethod.momentum(0.5, progress: 1 / 6.0))
    var moved = 0
    for (i, (name, ξ)) in method.target.parameters.enumerated() where ξ.isTrained {
      let θ = run.encoder.parameters[i].parameter.value
      #expect(ξ.value == start[i] * τ + θ * (1 - τ), "\(name)")
      if θ != start[i] { moved += 1 }
    }
    #expect(moved > 10 && method.state.allSatisfy { $0.name.hasPrefix("target.") })
  }

  @Test(
    "what a baseline cannot do is refused with what to do",
    arguments: [
      (["encoder.chunk=4"], "encoder.chunk"), (["encoder.batch_norm=together"], "batch_norm"),
      (["teacher.path=x"], "leave teacher"),
    ] as [([String], String)])
  func refused(overrides: [String], word: String) {
    for method in Self.methods {
      do {
        _ = try configuration(method, overrides)
        Issue.record("\(overrides) was accepted")
      } catch { #expect("\(error)".contains(word), "\(error)") }
    }
  }

  @Test("the replay and its traces are for eq. (10) alone", arguments: methods)
  func replay(method: String) throws {
    let c = try configuration(method)
    do {
      _ = try PreTrainingReplay<Double>(c, data: DataSource(c))
      Issue.record("\(method) was accepted")
    } catch { #expect("\(error)".contains("method: mv-mr")) }
  }
}
