import Autodiff
import Kernels
import Networks
import Randomness
import Tensors
import Testing

@Suite("What is held for backward") struct HeldActivationsTests {
  typealias V = Variable<Float>

  func tensor(_ shape: [Int], _ seed: UInt64) -> Tensor<Float> {
    .normal(shape, key: RandomKey(seed: seed))
  }

  /// conv ∘ rectified norm of x; whether the norm's output outlives its variable, and the filter's gradient.
  func filterGradient(batchStatistics: Bool, shortcut: Bool) -> (isHeld: Bool, gradient: [Float]) {
    let (x, w) = (V(tracking: tensor([3, 6, 5, 8], 1)), V(tracking: tensor([3, 3, 8, 4], 2)))
    let (gain, bias) = (V(tracking: tensor([8], 3)), V(tracking: tensor([8], 4)))
    let r = shortcut ? V(tensor([3, 6, 5, 8], 5)) : nil
    weak var buffer: Buffer<Float>?
    func forward() -> V {
      let y =
        batchStatistics
        ? batchNorm(x, gain: gain, bias: bias, epsilon: 1e-5, adding: r, rectified: true).output
        : batchNorm(
          x, gain: gain, bias: bias, mean: tensor([8], 6), variance: .ones([8]), epsilon: 1e-5,
          adding: r, rectified: true)
      buffer = y.value.buffer
      return conv2D(y, filter: w, padding: 1)
    }
    let z = forward()
    let isHeld = buffer != nil
    z.backward(tensor(z.shape, 7))
    return (isHeld, w.gradient?.scalars ?? [])
  }

  @Test(
    "a rectified norm is not held, and the filter behind it learns the same",
    arguments: [true, false])
  func rectifiedNorm(batchStatistics: Bool) {
    let found = filterGradient(batchStatistics: batchStatistics, shortcut: false)
    #expect(!found.isHeld)
    let (x, w) = (V(tensor([3, 6, 5, 8], 1)), V(tracking: tensor([3, 3, 8, 4], 2)))
    let (gain, bias) = (V(tensor([8], 3)), V(tensor([8], 4)))
    let y =
      batchStatistics
      ? batchNorm(x, gain: gain, bias: bias, epsilon: 1e-5, rectified: true).output
      : batchNorm(
        x, gain: gain, bias: bias, mean: tensor([8], 6), variance: .ones([8]), epsilon: 1e-5,
        rectified: true)
    let z = conv2D(V(y.value), filter: w, padding: 1)
    z.backward(tensor(z.shape, 7))
    #expect(found.gradient == w.gradient?.scalars)
    #expect(filterGradient(batchStatistics: batchStatistics, shortcut: true).isHeld)
  }

  @Test("a norm that is only pooled is never made, forward or backward")
  func pooledNorm() {
    let x = V(tracking: tensor([2, 8, 6, 5], 1))
    let (gain, bias) = (V(tracking: tensor([5], 2)), V(tracking: tensor([5], 3)))
    let y = batchNorm(x, gain: gain, bias: bias, epsilon: 1e-5, rectified: true).output
    let z = maximumPool(y, kernel: 3, stride: 2, padding: 1)
    z.backward(tensor(z.shape, 4))
    #expect(y.value.deferred != nil)
    let made = maximumPool(V(y.value.reshaped(y.shape)), kernel: 3, stride: 2, padding: 1)
    #expect(y.value.deferred == nil)
    #expect(z.value.scalars == made.value.scalars)
  }

  @Test("a maximum keeps its place in the window, wherever the window stands")
  func maximumPlaces() {
    // Each pixel is larger than all before it: the last pixel of every window wins.
    let x = V(tracking: Tensor([1, 4, 4, 1], (0..<16).map(Float.init)))
    let y = maximumPool(x, kernel: 3, stride: 2, padding: 1)
    #expect(y.value.scalars == [5, 7, 13, 15])
    y.backward(Tensor([1, 2, 2, 1], [1, 2, 3, 4]))
    var expected = [Float](repeating: 0, count: 16)
    (expected[5], expected[7], expected[13], expected[15]) = (1, 2, 3, 4)
    #expect(x.gradient?.scalars == expected)
  }
}
