import TestSupport
import Testing

@testable import Kernels

@Suite("Winograd convolution") struct WinogradTests {
  /// Tiles of 3 × 3, 4 × 4 and 6 × 6, whole and cut, every padding, with stride and without, small filters and large,
  /// of few tiles and of many, outputs that are no whole panel; and matrix products, of an even and an odd number
  /// of pixels, small and large, with more inputs than outputs and fewer, of all pixels and of some.
  static let geometries = [
    ConvolutionGeometry(input: [8, 16, 16, 32], filter: [3, 3, 32, 32], stride: 1, padding: 1),
    ConvolutionGeometry(input: [5, 18, 22, 32], filter: [3, 3, 32, 48], stride: 1, padding: 0),
    ConvolutionGeometry(input: [6, 13, 30, 48], filter: [3, 3, 48, 32], stride: 1, padding: 2),
    ConvolutionGeometry(
      input: [12, 6, 7, 160], filter: [3, 3, 160, 144], stride: 1, padding: 1),
    ConvolutionGeometry(
      input: [22, 12, 10, 144], filter: [3, 3, 144, 160], stride: 1, padding: 1),
    ConvolutionGeometry(input: [30, 5, 6, 48], filter: [3, 3, 48, 32], stride: 1, padding: 1),
    ConvolutionGeometry(
      input: [12, 6, 9, 160], filter: [3, 3, 160, 192], stride: 1, padding: 1),
    ConvolutionGeometry(
      input: [50, 8, 7, 144], filter: [3, 3, 144, 160], stride: 1, padding: 0),
    ConvolutionGeometry(input: [6, 24, 24, 32], filter: [3, 3, 32, 48], stride: 1, padding: 1),
    ConvolutionGeometry(input: [8, 22, 24, 48], filter: [3, 3, 48, 32], stride: 1, padding: 0),
    ConvolutionGeometry(
      input: [13, 24, 24, 128], filter: [3, 3, 128, 128], stride: 1, padding: 1),
    ConvolutionGeometry(
      input: [13, 24, 24, 144], filter: [3, 3, 144, 144], stride: 1, padding: 1),
    ConvolutionGeometry(
      input: [12, 12, 12, 128], filter: [3, 3, 128, 112], stride: 1, padding: 1),
    ConvolutionGeometry(input: [24, 16, 16, 32], filter: [3, 3, 32, 48], stride: 2, padding: 1),
    ConvolutionGeometry(input: [12, 23, 30, 48], filter: [3, 3, 48, 32], stride: 2, padding: 1),
    ConvolutionGeometry(input: [25, 12, 11, 48], filter: [3, 3, 48, 32], stride: 2, padding: 1),
    ConvolutionGeometry(
      input: [12, 12, 12, 160], filter: [3, 3, 160, 192], stride: 2, padding: 1),
    ConvolutionGeometry(
      input: [12, 16, 15, 144], filter: [3, 3, 144, 160], stride: 2, padding: 1),
    ConvolutionGeometry(
      input: [50, 16, 16, 144], filter: [3, 3, 144, 160], stride: 2, padding: 1),
    ConvolutionGeometry(input: [8, 10, 12, 512], filter: [1, 1, 512, 256], stride: 1, padding: 0),
    ConvolutionGeometry(input: [3, 25, 11, 288], filter: [1, 1, 288, 352], stride: 1, padding: 0),
    ConvolutionGeometry(
      input: [1, 21, 13, 1024], filter: [1, 1, 1024, 736], stride: 1, padding: 0),
    // Pieces of work that are whole parts of a norm's sums.
    ConvolutionGeometry(input: [2, 12, 12, 256], filter: [1, 1, 256, 288], stride: 1, padding: 0),
    ConvolutionGeometry(input: [8, 12, 15, 288], filter: [1, 1, 288, 352], stride: 2, padding: 0),
    ConvolutionGeometry(input: [2, 30, 29, 512], filter: [1, 1, 512, 256], stride: 3, padding: 0),
    ConvolutionGeometry(
      input: [6, 12, 11, 1024], filter: [1, 1, 1024, 736], stride: 2, padding: 0),
  ]

  /// Directly and by Winograd's algorithm: y, dX, dW.
  func results<S: KernelScalar>(_ g: ConvolutionGeometry, _: S.Type) -> [(Buffer<S>, Buffer<S>)] {
    let x = Buffer<S>(uninitialized: g.inputShape.reduce(1, *))
    let w = Buffer<S>(uninitialized: g.filterShape.reduce(1, *))
    let dY = Buffer<S>(uninitialized: g.outputShape.reduce(1, *))
    for (i, buffer) in [x, w, dY].enumerated() {
      fillNormal(buffer, key: UInt64(i), deviation: 1)
    }
    let direct = [dY.count, x.count, w.count].map { Buffer<S>.unwritten($0) }
    convolution(g, input: x, filter: w, into: direct[0])
    convolutionInputGradient(g, outputGradient: dY, filter: w, into: direct[1])
    convolutionFilterGradient(g, outputGradient: dY, input: x, into: direct[2])
    let fast = direct.map { Buffer<S>.unwritten($0.count) }
    winogradConvolution(g, input: x, filter: w, into: fast[0])
    winogradInputGradient(g, outputGradient: dY, filter: w, into: fast[1])
    winogradFilterGradient(g, outputGradient: dY, input: x, into: fast[2])
    return Array(zip(fast, direct))
  }

  @Test("in double it is the same function", arguments: geometries)
  func double(_ g: ConvolutionGeometry) {
    #expect(g.suitsWinograd)
    // The transforms multiply by up to 25 and cancel; u = 1.1e-16, sums of up to 1600 terms.
    for (fast, direct) in results(g, Double.self) {
      #expect(relativeError(fast.array, direct.array) < 2e-13)
    }
  }

  @Test("in single it loses less than a digit", arguments: geometries)
  func single(_ g: ConvolutionGeometry) {
    for (fast, direct) in results(g, Float.self) {
      #expect(relativeError(fast.doubles, direct.doubles) < 5e-5)
    }
  }

  @Test(
    "an input gradient is added to what is there, to the bits of the sum", arguments: geometries)
  func addedGradient(_ g: ConvolutionGeometry) {
    let w = Buffer<Float>.pattern(g.filterShape.reduce(1, *), offset: 31)
    let dY = Buffer<Float>.pattern(g.outputShape.reduce(1, *), offset: 57)
    let dX = Buffer<Float>.unwritten(g.inputShape.reduce(1, *))
    winogradInputGradient(g, outputGradient: dY, filter: w, into: dX)
    let sum = Buffer<Float>.pattern(dX.count, offset: 3)
    let expected = zip(sum.array, dX.array).map { $0 + $1 }
    winogradInputGradient(g, outputGradient: dY, filter: w, into: sum, adding: true)
    let isSame = sum.array == expected
    #expect(isSame)
  }

  @Test("the same bits at any number of threads", arguments: geometries)
  func threads(_ g: ConvolutionGeometry) {
    let before = ThreadTeam.count
    defer { ThreadTeam.count = before }
    ThreadTeam.count = 1
    let one = results(g, Float.self).map { bits($0.0) }
    ThreadTeam.count = 3
    let three = results(g, Float.self).map { bits($0.0) }
    #expect(one == three)
  }

  @Test("a map has the tiles that multiply least, if there are enough of them")
  func tiles() {
    func side(_ map: Int, batch: Int = 16, stride: Int = 1) -> Int? {
      WinogradPlan(
        ConvolutionGeometry(
          input: [batch, stride * map, stride * map, 64], filter: [3, 3, 64, 64], stride: stride,
          padding: 1))?.side
    }
    #expect(side(48) == 6 && side(32) == 4 && side(9) == 3 && side(12, batch: 4) == nil)
    // Sixty-four tiles of 6 × 6 are too few for 4096 pairs of channels, 144 of 4 × 4 are not.
    #expect(side(12) == 4 && side(12, batch: 24) == 6)
    #expect(side(24, stride: 2) == 4 && side(6, batch: 32, stride: 2) == 3)
    let product = ConvolutionGeometry(
      input: [4, 8, 8, 256], filter: [1, 1, 256, 256], stride: 1, padding: 0)
    #expect(WinogradPlan(product)?.side == 2)
    // Of every second pixel: pairs in a row of outputs, rows of outputs evenly apart.
    func suits(_ height: Int, _ width: Int) -> Bool {
      ConvolutionGeometry(
        input: [16, height, width, 256], filter: [1, 1, 256, 256], stride: 2, padding: 0
      ).suitsWinograd
    }
    #expect(suits(12, 12) && suits(12, 11))
    #expect(!suits(11, 12) && !suits(12, 10))
  }

  @Test("the cases of this suite go by tiles, by chunks and by panels")
  func pieces() {
    let plans = Self.geometries.compactMap { WinogradPlan($0)?.pieces }
    #expect(plans.contains { if case .tiles(12) = $0 { true } else { false } })
    #expect(plans.contains { if case .tiles(24) = $0 { true } else { false } })
    #expect(plans.contains { if case .chunks = $0 { true } else { false } })
    #expect(plans.contains { if case .panels = $0 { true } else { false } })
  }

  @Test("it serves only where it was allowed, is exact enough and pays")
  func choice() {
    let g = Self.geometries[0]
    #expect(!Winograd.serves(g, Float.self))
    Winograd.$isAllowed.withValue(true) {
      #expect(Winograd.serves(g, Float.self) && !Winograd.serves(g, Double.self))
      let unsuited = [
        ConvolutionGeometry(
          input: [8, 32, 32, 32], filter: [3, 3, 32, 32], stride: 2, padding: 0),
        ConvolutionGeometry(
          input: [8, 48, 48, 32], filter: [3, 3, 32, 32], stride: 3, padding: 1),
        ConvolutionGeometry(
          input: [8, 16, 16, 32], filter: [3, 3, 32, 32], stride: 2, padding: 1),
        ConvolutionGeometry(
          input: [8, 16, 16, 32], filter: [1, 1, 32, 32], stride: 1, padding: 0),
        ConvolutionGeometry(
          input: [8, 15, 16, 256], filter: [1, 1, 256, 256], stride: 2, padding: 0),
        ConvolutionGeometry(
          input: [2, 9, 9, 256], filter: [1, 1, 256, 256], stride: 1, padding: 0),
        ConvolutionGeometry(
          input: [8, 16, 16, 512], filter: [1, 1, 256, 512], stride: 1, padding: 0, groups: 2),
        ConvolutionGeometry(input: [8, 16, 16, 3], filter: [3, 3, 3, 32], stride: 1, padding: 1),
        ConvolutionGeometry(input: [16, 6, 6, 64], filter: [3, 3, 64, 64], stride: 1, padding: 1),
        ConvolutionGeometry(
          input: [8, 6, 6, 512], filter: [3, 3, 512, 512], stride: 1, padding: 1),
        ConvolutionGeometry(
          input: [1, 16, 16, 32], filter: [3, 3, 32, 32], stride: 1, padding: 1),
      ]
      for other in unsuited { #expect(!Winograd.serves(other, Float.self), "\(other)") }
    }
  }
}
