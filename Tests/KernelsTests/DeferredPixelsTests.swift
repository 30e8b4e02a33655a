// Pixels that a convolution makes where it reads them, against a pass of its own before.

import TestSupport
import Testing

@testable import Kernels

@Suite("Deferred pixels") struct DeferredPixelsTests {
  /// Those that make pixels in pieces, a row, some rows or some images at a time, and those that do not.
  static let direct =
    PixelWorkTests.direct + [
      ConvolutionGeometry(input: [3, 20, 30, 40], filter: [1, 1, 40, 70]),
      ConvolutionGeometry(input: [2, 9, 31, 600], filter: [1, 1, 600, 36]),
      ConvolutionGeometry(input: [40, 3, 4, 36], filter: [1, 1, 36, 100]),
      ConvolutionGeometry(input: [2, 9, 8, 12], filter: [1, 1, 12, 20], stride: 2),
      ConvolutionGeometry(input: [2, 9, 8, 12], filter: [1, 1, 4, 18], groups: 3),
      ConvolutionGeometry(input: [2, 9, 8, 12], filter: [3, 3, 1, 12], padding: 1, groups: 12),
    ]
  static let winograd = WinogradTests.geometries

  @Test("are those of a pass before, forward and for the input gradient", arguments: direct)
  func directly(g: ConvolutionGeometry) {
    directly(g, Float.self)
    directly(g, Double.self)
  }

  private func directly<S: KernelScalar>(_ g: ConvolutionGeometry, _: S.Type) {
    check(g, S.self, from: g.inputShape, to: g.outputShape) {
      convolution(g, input: $0, filter: $1, into: $2, making: $3, then: $4)
    }
    check(g, S.self, from: g.outputShape, to: g.inputShape) {
      convolutionInputGradient(g, outputGradient: $0, filter: $1, into: $2, making: $3, then: $4)
    }
  }

  @Test("… by Winograd's algorithms", arguments: winograd)
  func byWinograd(g: ConvolutionGeometry) {
    check(g, Float.self, from: g.inputShape, to: g.outputShape) {
      winogradConvolution(g, input: $0, filter: $1, into: $2, making: $3, then: $4)
    }
    check(g, Float.self, from: g.outputShape, to: g.inputShape) {
      winogradInputGradient(g, outputGradient: $0, filter: $1, into: $2, making: $3, then: $4)
    }
  }

  @Test("a shortcut with a map of its own, to the bits of one that was mapped before")
  func mappedShortcut() {
    for channels in [3, 64, 150] {
      let (rows, parts) = (7, (0..<4).map { Buffer<Float>.pattern(channels, offset: 11 * $0) })
      let (x, r) = (
        Buffer<Float>.pattern(rows * channels), Buffer<Float>.pattern(rows * channels, offset: 5)
      )
      let mapped = Buffer<Float>.unwritten(x.count)
      let inner = ChannelAffine(scale: parts[2], shift: parts[3])
      channelAffine(r, inner, rows: rows, channels: channels, into: mapped)
      for rectified in [false, true] {
        func apply(_ map: ChannelAffine<Float>) -> [Float] {
          let y = Buffer<Float>.unwritten(x.count)
          channelAffine(x, map, rows: rows, channels: channels, into: y)
          return y.array
        }
        let apart = ChannelAffine(
          scale: parts[0], shift: parts[1], adding: mapped, rectified: rectified)
        let together = ChannelAffine(
          scale: parts[0], shift: parts[1], adding: r, mappedBy: (parts[2], parts[3]),
          rectified: rectified)
        #expect(apply(apart) == apply(together))
      }
    }
  }

  @Test("that were made for other extents stop")
  func mismatch() async throws {
    let exit = try await #require(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let g = ConvolutionGeometry(input: [1, 2, 3, 4], filter: [1, 1, 4, 5])
      convolution(
        g, input: Buffer<Float>.pattern(24), filter: .pattern(20), into: .pattern(30),
        making: .map(
          ChannelAffine(scale: .pattern(3), shift: .pattern(3)), of: .pattern(24)))
    }
    let text = String(decoding: exit.standardErrorContent, as: UTF8.self)
    #expect(text.contains("3 scales, 3 shifts"))
  }

  private typealias Convolve<S: KernelScalar> = (
    Buffer<S>, Buffer<S>, Buffer<S>, DeferredPixels<S>?, PixelWork<S>
  ) -> Void

  private func check<S: KernelScalar>(
    _ g: ConvolutionGeometry, _: S.Type, from source: [Int], to target: [Int],
    _ convolve: Convolve<S>
  ) {
    let (count, channels) = (source.reduce(1, *), source.last ?? 0)
    let w = Buffer<S>.pattern(g.filterShape.reduce(1, *), offset: 31)
    let (x, r) = (Buffer<S>.pattern(count), Buffer<S>.pattern(count, offset: 17))
    let parts = (0..<4).map { Buffer<S>.pattern(channels, offset: 11 * $0) }
    let ways: [(Buffer<S>) -> DeferredPixels<S>] = [
      { _ in .map(ChannelAffine(scale: parts[0], shift: parts[1], rectified: true), of: x) },
      { _ in .map(ChannelAffine(scale: parts[0], shift: parts[1]), of: x) },
      { _ in
        let map = ChannelAffine(
          scale: parts[0], shift: parts[1], adding: r, mappedBy: (parts[2], parts[3]),
          rectified: true)
        return .map(map, of: x)
      },
      // In memory of its own, and in the place of dY.
      { _ in
        .inputGradient(
          ChannelInputGradient(
            of: r, scale: parts[0], x, scale: parts[1], shift: parts[2],
            gate: .affine(scale: parts[3], shift: parts[1])))
      },
      {
        .inputGradient(
          ChannelInputGradient(of: $0, scale: parts[0], x, scale: parts[1], shift: parts[2]))
      },
    ]
    for (n, way) in ways.enumerated() {
      let apart = Buffer(copying: r)
      way(apart).makeAll(of: apart)
      let expected = Buffer<S>.unwritten(target.reduce(1, *))
      let moments = ChannelMoments<S>(shape: target)
      convolve(apart, w, expected, nil, .moments(moments))
      let together = atThreads {
        let made = Buffer(copying: r)
        let y = Buffer<S>.unwritten(expected.count)
        let moments = ChannelMoments<S>(shape: target)
        convolve(made, w, y, way(made), .moments(moments))
        return [made, y, moments.mean, moments.variance]
      }
      let isSame =
        [apart, expected, moments.mean, moments.variance].map { bits($0) }
        == together.map { bits($0) }
      #expect(isSame, "way \(n), \(S.name)")
    }
  }
}
