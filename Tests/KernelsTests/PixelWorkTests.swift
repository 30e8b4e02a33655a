// What a convolution does with its pixels on the way, against a pass of its own afterwards.

import TestSupport
import Testing

@testable import Kernels

@Suite("Work on pixels") struct PixelWorkTests {
  /// Directly, in pieces, by panels, with groups and strides; and, in single, by Winograd's algorithms.
  static let direct =
    ConvolutionTests.wide + [
      // Several images a part.
      ConvolutionGeometry(input: [5, 4, 3, 2], filter: [3, 3, 2, 4], padding: 1),
      ConvolutionGeometry(input: [9, 4, 3, 20], filter: [3, 3, 20, 20], padding: 1),
      // Parts of three rows of an image, pieces of more.
      ConvolutionGeometry(input: [2, 16, 16, 20], filter: [1, 1, 20, 20]),
      ConvolutionGeometry(input: [3, 20, 56, 8], filter: [3, 3, 8, 8], padding: 1),
    ]
  static let winograd = WinogradTests.geometries

  @Test("mean and variance are those of a pass afterwards", arguments: direct)
  func moments(g: ConvolutionGeometry) {
    moments(g, Double.self) { convolution($0, input: $1, filter: $2, into: $3, then: $4) }
  }

  @Test("… by Winograd's algorithms", arguments: winograd)
  func momentsByWinograd(g: ConvolutionGeometry) {
    moments(g, Float.self) { winogradConvolution($0, input: $1, filter: $2, into: $3, then: $4) }
  }

  @Test("sums for a norm's backward are those of a pass afterwards", arguments: direct)
  func sums(g: ConvolutionGeometry) {
    sums(g, Double.self) {
      convolutionInputGradient($0, outputGradient: $1, filter: $2, into: $3, adding: $4, then: $5)
    }
  }

  @Test("… by Winograd's algorithms", arguments: winograd)
  func sumsByWinograd(g: ConvolutionGeometry) {
    sums(g, Float.self) {
      winogradInputGradient($0, outputGradient: $1, filter: $2, into: $3, adding: $4, then: $5)
    }
  }

  @Test(
    "a map of channels by Winograd's algorithms has the bits of one after it", arguments: winograd)
  func map(g: ConvolutionGeometry) {
    let x = Buffer<Float>.pattern(g.inputShape.reduce(1, *))
    let w = Buffer<Float>.pattern(g.filterShape.reduce(1, *), offset: 31)
    let (O, count) = (g.outChannels, g.outputShape.reduce(1, *))
    let map = ChannelAffine<Float>(
      scale: .pattern(O, offset: 5), shift: .pattern(O, offset: 9),
      adding: .pattern(count, offset: 13), rectified: true)
    let (apart, together) = (Buffer<Float>.unwritten(count), Buffer<Float>.unwritten(count))
    winogradConvolution(g, input: x, filter: w, into: apart)
    channelAffine(apart, map, rows: count / O, channels: O, into: apart)
    winogradConvolution(g, input: x, filter: w, into: together, then: .map(map))
    let isSame = bits(apart) == bits(together)
    #expect(isSame)
  }

  @Test("work that was made for other extents stops")
  func mismatch() async throws {
    let exit = try await #require(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let g = ConvolutionGeometry(input: [1, 2, 3, 4], filter: [1, 1, 4, 5])
      convolution(
        g, input: Buffer<Float>.pattern(24), filter: .pattern(20), into: .pattern(30),
        then: .moments(ChannelMoments(shape: [1, 3, 2, 5])))
    }
    let text = String(decoding: exit.standardErrorContent, as: UTF8.self)
    #expect(text.contains("made for [1, 3, 2, 5], not for [1, 2, 3, 5]"))
  }

  private typealias Forward<S: KernelScalar> = (
    ConvolutionGeometry, Buffer<S>, Buffer<S>, Buffer<S>, PixelWork<S>
  ) -> Void
  private typealias Backward<S: KernelScalar> = (
    ConvolutionGeometry, Buffer<S>, Buffer<S>, Buffer<S>, Bool, PixelWork<S>
  ) -> Void

  private func moments<S: KernelScalar>(
    _ g: ConvolutionGeometry, _: S.Type, _ convolve: Forward<S>
  ) {
    let x = Buffer<S>.pattern(g.inputShape.reduce(1, *))
    let w = Buffer<S>.pattern(g.filterShape.reduce(1, *), offset: 31)
    let count = g.outputShape.reduce(1, *)
    let y = Buffer<S>.unwritten(count)
    convolve(g, x, w, y, .nothing)
    let apart = ChannelMoments<S>(shape: g.outputShape)
    apart.take(y)
    let together = atThreads {
      let result = Buffer<S>.unwritten(count)
      let moments = ChannelMoments<S>(shape: g.outputShape)
      convolve(g, x, w, result, .moments(moments))
      return [result, moments.mean, moments.variance]
    }
    let isSame = [y, apart.mean, apart.variance].map { bits($0) } == together.map { bits($0) }
    #expect(isSame)
  }

  private func sums<S: KernelScalar>(
    _ g: ConvolutionGeometry, _: S.Type, _ pullBack: Backward<S>
  ) {
    let w = Buffer<S>.pattern(g.filterShape.reduce(1, *), offset: 31)
    let dY = Buffer<S>.pattern(g.outputShape.reduce(1, *), offset: 57)
    let (C, count) = (g.channels, g.inputShape.reduce(1, *))
    let held = Buffer<S>.pattern(count, offset: 3)
    let x = Buffer<S>.pattern(count, offset: 21)
    let mean = Buffer<S>.pattern(C, offset: 2)
    let gates: [RectifierGate<S>] = [
      .open, .output(.pattern(count, offset: 4)),
      .affine(scale: .pattern(C, offset: 7), shift: .pattern(C, offset: 8)),
    ]
    for (n, gate) in gates.enumerated() {
      func sums() -> ChannelGradientSums<S> {
        ChannelGradientSums(of: x, shape: g.inputShape, mean: mean, gate: gate)
      }
      let adds = n != 1
      let apart = sums()
      let expected = Buffer(copying: held)
      pullBack(g, dY, w, expected, adds, .nothing)
      apart.take(expected, gated: expected)
      let together = atThreads {
        let dX = Buffer(copying: held)
        let sums = sums()
        pullBack(g, dY, w, dX, adds, .sums(sums))
        #expect(sums.isComplete)
        return [dX, sums.sum, sums.product]
      }
      let isSame =
        [expected, apart.sum, apart.product].map { bits($0) } == together.map { bits($0) }
      #expect(isSame, "gate \(n)")
    }
  }
}

/// What is computed with one thread, which three give in the same bits.
func atThreads<S: KernelScalar>(_ body: () -> [Buffer<S>]) -> [Buffer<S>] {
  let before = ThreadTeam.count
  defer { ThreadTeam.count = before }
  ThreadTeam.count = 1
  let one = body()
  ThreadTeam.count = 3
  let isSame = body().map { bits($0) } == one.map { bits($0) }
  #expect(isSame)
  return one
}
