// The same bits at every number of threads: what makes a run repeatable on any machine.

import Kernels
import TestSupport
import Testing

@Suite("Thread invariance", .serialized) struct ThreadInvarianceTests {
  @Test("matrix multiply") func matrices() {
    expectSameBits {
      let c = Buffer<Float>.unwritten(300 * 530)
      matrixMultiply(
        rows: 300, columns: 530, depth: 600, a: .pattern(300 * 600), b: .pattern(600 * 530),
        into: c)
      return [c]
    }
  }

  @Test(
    "convolution and its gradients",
    arguments: [
      ConvolutionGeometry(input: [3, 20, 17, 24], filter: [3, 3, 24, 40], stride: 2, padding: 1),
      ConvolutionGeometry(input: [2, 19, 17, 48], filter: [3, 3, 1, 48], padding: 1, groups: 48),
      ConvolutionGeometry(input: [2, 15, 16, 12], filter: [3, 3, 6, 10], dilation: 2, groups: 2),
    ])
  func convolutions(g: ConvolutionGeometry) {
    let x = Buffer<Float>.pattern(g.inputShape.reduce(1, *))
    let w = Buffer<Float>.pattern(g.filterShape.reduce(1, *), offset: 3)
    let dY = Buffer<Float>.pattern(g.outputShape.reduce(1, *), offset: 8)
    expectSameBits {
      let y = Buffer<Float>.unwritten(dY.count)
      let dX = Buffer<Float>.unwritten(x.count)
      let dW = Buffer<Float>.unwritten(w.count)
      convolution(g, input: x, filter: w, into: y)
      convolutionInputGradient(g, outputGradient: dY, filter: w, into: dX)
      convolutionFilterGradient(g, outputGradient: dY, input: x, into: dW)
      return [y, dX, dW]
    }
  }

  @Test("sums and dot products") func reductions() {
    let x = Buffer<Float>.pattern(200_000)
    expectSameBits {
      [(1, 200_000, 1), (1, 8000, 25), (40, 5000, 1), (10, 200, 100)].map { outer, middle, inner in
        let y = Buffer<Float>.unwritten(outer * inner)
        sumMiddle(x, outer: outer, middle: middle, inner: inner, into: y)
        return y
      } + [Buffer([dotProduct(x, x)])]
    }
  }

  @Test("statistics and gradients of batch norm") func batchNorm() {
    let (rows, channels) = (3000, 37)
    let x = Buffer<Float>.pattern(rows * channels)
    let dY = Buffer<Float>.pattern(rows * channels, offset: 6)
    expectSameBits {
      let moments = ChannelMoments<Float>(shape: [rows, channels])
      moments.take(x)
      let gate = RectifierGate.affine(scale: moments.variance, shift: moments.mean)
      let sums = ChannelGradientSums(
        of: x, shape: [rows, channels], mean: moments.mean, gate: gate)
      sums.take(dY)
      let all = [moments.mean, moments.variance, sums.sum, sums.product]
      let y = Buffer<Float>.unwritten(x.count)
      let map = ChannelInputGradient(
        of: dY, scale: all[0], x, scale: all[1], shift: all[2], gate: gate)
      channelInputGradient(map, rows: rows, channels: channels, into: y)
      return all + [y]
    }
  }

  @Test("element-wise passes, softmax, pooling and random fills") func others() {
    let x = Buffer<Float>.pattern(2 * 60 * 60 * 15, scale: 3)
    expectSameBits {
      let y = (0..<5).map { _ in Buffer<Float>.unwritten(x.count) }
      map(.exponential, x, into: y[0])
      combine(.multiply, x, [7200, 15], .pattern(15), [15], into: y[1])
      softmax(x, rows: 7200, columns: 15, logarithm: true, into: y[2])
      fillNormal(y[3], key: 9, deviation: 1)
      let g = PoolingGeometry(input: [2, 60, 60, 15], kernel: 3, stride: 1, padding: 1)
      maximumPoolGradient(g, x, places: maximumPool(g, x, into: y[4]), into: y[4])
      return y
    }
  }

  private func expectSameBits(
    _ compute: () -> [Buffer<Float>], sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let before = ThreadTeam.count
    defer { ThreadTeam.count = before }
    ThreadTeam.count = 1
    let alone = compute().map { bits($0) }
    #expect(alone.allSatisfy { !$0.isEmpty }, sourceLocation: sourceLocation)
    for count in [2, 3, 7] {
      ThreadTeam.count = count
      let together = compute().map { bits($0) }
      #expect(together == alone, "\(count) threads", sourceLocation: sourceLocation)
    }
  }
}
