// Dropout and stochastic depth: what they leave out, how often, and that it can be repeated.

import Autodiff
import Kernels
import Networks
import Randomness
import Tensors
import Testing

@Suite("Layers that draw") struct RandomLayerTests {
  let key = RandomKey(seed: 3)
  private let ones = Variable(Tensor<Double>.ones([200, 50]))

  @Test("dropout leaves out a fifth, and the rest is made larger by the same")
  func dropout() {
    let layer = Dropout<Double>(0.2, name: "classifier.0")
    let y = layer(ones, mode: .training.drawing(from: key)).value.scalars
    #expect(y.allSatisfy { $0 == 0 || abs($0 - 1.25) < 1e-15 })
    // 10 000 draws: four deviations are 0.016.
    #expect(abs(Double(y.count { $0 == 0 }) / Double(y.count) - 0.2) < 0.016)
  }

  @Test("stochastic depth leaves out whole rows")
  func stochasticDepth() {
    let layer = StochasticDepth<Double>(0.3, name: "block")
    let rows = Variable(Tensor<Double>.ones([4000, 1, 2, 2]))
    let y = layer(rows, mode: .training.drawing(from: key)).value.reshaped([4000, 4])
    var left = 0
    for row in 0..<4000 {
      let scalars = y.slice(row..<row + 1, axis: 0).scalars
      #expect(Set(scalars).count == 1)
      #expect(scalars[0] == 0 || abs(scalars[0] - 1 / 0.7) < 1e-14)
      left += scalars[0] == 0 ? 1 : 0
    }
    #expect(abs(Double(left) / 4000 - 0.3) < 0.029)
  }

  @Test("equal keys draw alike, other keys and other names do not; Float draws as Double")
  func keys() {
    func drawn(_ name: String, _ seed: UInt64) -> [Double] {
      let mode = Mode.training.drawing(from: RandomKey(seed: seed))
      return Dropout<Double>(0.5, name: name)(ones, mode: mode).value.scalars
    }
    let first = drawn("a", 1)
    #expect(first == drawn("a", 1) && first != drawn("a", 2) && first != drawn("b", 1))
    let mode = Mode.training.drawing(from: RandomKey(seed: 1))
    let single = Dropout<Float>(0.5, name: "a")(
      Variable(Tensor<Float>.ones([200, 50])), mode: mode)
    #expect(single.value.scalars.map { Double($0) } == first)
  }

  @Test("nothing is left out in evaluation, without a key, or with probability 0")
  func off() {
    let layer = Dropout<Double>(0.5, name: "a")
    for mode in [Mode.evaluation, .training, .frozenStatistics] {
      #expect(layer(ones, mode: mode).value == ones.value)
    }
    let never = Dropout<Double>(0, name: "a")
    #expect(never(ones, mode: .training.drawing(from: key)).value == ones.value)
  }

  @Test("a network repeats its draws under the same key")
  func network() {
    let x = Variable(Tensor<Float>.normal([3, 32, 32, 3], key: key))
    func features(_ seed: UInt64) -> Tensor<Float> {
      EfficientNet<Float>(.b0, key: key)(
        x, mode: .training.drawing(from: RandomKey(seed: seed))
      ).value
    }
    let first = features(1)
    #expect(first == features(1) && first != features(2) && first.isFinite)
  }
}
