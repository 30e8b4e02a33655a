// Maximum pooling of what a norm has not made yet, and the sums that a norm takes of its gradient.

import TestSupport
import Testing

@testable import Kernels

@Suite("Maximum pooling") struct MaximumPoolingTests {
  /// Windows that overlap, touch and leave pixels out; maps of one part and of several, few channels and many.
  static let geometries = [
    PoolingGeometry(input: [3, 7, 6, 3], kernel: 3, stride: 2, padding: 1),
    PoolingGeometry(input: [2, 30, 26, 21], kernel: 3, stride: 2, padding: 1),
    PoolingGeometry(input: [2, 9, 31, 64], kernel: 2, stride: 2, padding: 0),
    PoolingGeometry(input: [1, 12, 13, 130], kernel: 3, stride: 1, padding: 1),
    PoolingGeometry(input: [2, 11, 10, 5], kernel: 5, stride: 3, padding: 2),
    PoolingGeometry(input: [2, 8, 9, 8], kernel: 1, stride: 2, padding: 0),
    PoolingGeometry(input: [2, 9, 8, 4], kernel: 2, stride: 3, padding: 1),
  ]

  /// `count` numbers in an order without pattern, each several times, so that windows hold equal maxima.
  private func image<S: KernelScalar>(_ count: Int, offset: Int = 0) -> Buffer<S> {
    Buffer((0..<count).map { S(($0 + offset) &* 7919 % 101 % 23) - 11 })
  }

  @Test("the map of a norm, made row by row where it is pooled", arguments: geometries)
  func mapped(g: PoolingGeometry) {
    mapped(g, Float.self)
    mapped(g, Double.self)
  }

  private func mapped<S: KernelScalar>(_ g: PoolingGeometry, _: S.Type) {
    let parts = (0..<4).map { Buffer<S>.pattern(g.channels, offset: 11 * $0) }
    let (x, r): (Buffer<S>, Buffer<S>) = (image(g.inputCount), image(g.inputCount, offset: 3))
    for map in [
      ChannelAffine(scale: parts[0], shift: parts[1], rectified: true),
      ChannelAffine(
        scale: parts[0], shift: parts[1], adding: r, mappedBy: (parts[2], parts[3]), rectified: true
      ),
    ] {
      let made = Buffer<S>.unwritten(x.count)
      channelAffine(
        x, map, rows: x.count / g.channels, channels: g.channels, into: made)
      let (expected, y) = (
        Buffer<S>.unwritten(g.outputCount), Buffer<S>.unwritten(g.outputCount)
      )
      let places = maximumPool(g, made, into: expected)
      let found = maximumPool(g, x, mappedBy: map, into: y)
      #expect(bits(y) == bits(expected))
      #expect((0..<y.count).allSatisfy { found[$0] == places[$0] })
    }
  }

  @Test(
    "the gradient goes to the places of the maxima, also onto one that is there",
    arguments: geometries)
  func gradient(g: PoolingGeometry) {
    let (x, dY): (Buffer<Double>, Buffer<Double>) = (image(g.inputCount), image(g.outputCount))
    let places = maximumPool(g, x, into: .unwritten(g.outputCount))
    var expected = [Double](repeating: 0, count: g.inputCount)
    for o in 0..<g.outputCount {
      let (c, pixel) = (o % g.channels, o / g.channels)
      let (j, line) = (pixel % g.outWidth, pixel / g.outWidth)
      let (i, image) = (line % g.outHeight, line / g.outHeight)
      let m = i * g.stride - g.padding + places[o] / g.kernel
      let n = j * g.stride - g.padding + places[o] % g.kernel
      expected[((image * g.height + m) * g.width + n) * g.channels + c] += dY[o]
    }
    let dX = Buffer<Double>.unwritten(g.inputCount)
    maximumPoolGradient(g, dY, places: places, into: dX)
    #expect(dX.array == expected)
    maximumPoolGradient(g, dY, places: places, into: dX, adding: true)
    #expect(dX.array == expected.map { 2 * $0 })
  }

  @Test(
    "a norm's sums taken on the way have the bits of a pass of their own", arguments: geometries)
  func sums(g: PoolingGeometry) {
    let (x, dY) = (
      Buffer<Float>.pattern(g.inputCount), Buffer<Float>.pattern(g.outputCount, offset: 5)
    )
    let parts = (0..<3).map { Buffer<Float>.pattern(g.channels, offset: 11 * $0) }
    let places = maximumPool(g, x, into: .unwritten(g.outputCount))
    for gate in [RectifierGate.open, .affine(scale: parts[0], shift: parts[1]), .output(x)] {
      func sums() -> ChannelGradientSums<Float> {
        ChannelGradientSums(of: x, shape: g.inputShape, mean: parts[2], gate: gate)
      }
      let (apart, together) = (sums(), sums())
      let (plain, gated) = (
        Buffer<Float>.unwritten(g.inputCount), Buffer<Float>.unwritten(g.inputCount)
      )
      maximumPoolGradient(g, dY, places: places, into: plain)
      apart.take(plain, gated: plain)
      maximumPoolGradient(g, dY, places: places, into: gated, then: .sums(together))
      #expect(bits(gated) == bits(plain))
      #expect(bits(together.sum) == bits(apart.sum))
      #expect(bits(together.product) == bits(apart.product))
      #expect(together.isComplete)
    }
  }

  @Test("a map of other extents stops")
  func mismatch() async throws {
    let exit = try await #require(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let g = PoolingGeometry(input: [1, 2, 2, 4], kernel: 2, stride: 2, padding: 0)
      _ = maximumPool(
        g, Buffer<Float>.pattern(16),
        mappedBy: ChannelAffine(scale: .pattern(3), shift: .pattern(3)),
        into: .pattern(4))
    }
    #expect(String(decoding: exit.standardErrorContent, as: UTF8.self).contains("channelAffine: 3"))
  }
}
