// Convolution and both its gradients against the formula as loops, and against each other.
//
// Tolerance  As for matrix multiply: n·u·Σ|x||w| with n products in the sum (MatrixMultiplyTests.swift).
// Adjoints   y is linear in x and in w, so ⟨conv(x, w), dY⟩ = ⟨x, dX⟩ = ⟨w, dW⟩ whatever dY is.

import Kernels
import TestSupport
import Testing

@Suite("Convolution") struct ConvolutionTests {
  /// Kernels of every size and some that are not square, images likewise.
  static let kernels = [(1, 1), (3, 3), (5, 5), (7, 7), (1, 3), (3, 2), (5, 1)]

  static func geometries(groups: String) -> [ConvolutionGeometry] {
    let (channels, out, count) =
      switch groups {
      case "one": (3, 5, 1)
      case "two": (4, 6, 2)
      default: (5, 5, 5)
      }
    var all: [ConvolutionGeometry] = []
    for (k, l) in kernels {
      for stride in 1...3 {
        for padding in 0...3 {
          for dilation in 1...2 {
            let (height, width) = (9, 8)
            guard height + 2 * padding > dilation * (k - 1),
              width + 2 * padding > dilation * (l - 1)
            else { continue }
            all.append(
              ConvolutionGeometry(
                input: [2, height, width, channels], filter: [k, l, channels / count, out],
                stride: stride, padding: padding, dilation: dilation, groups: count))
          }
        }
      }
    }
    return all
  }

  /// Extents that reach every tile height and panel width: many channels, short and long rows.
  static let wide = [
    ConvolutionGeometry(input: [1, 7, 7, 40], filter: [3, 3, 40, 64], padding: 1),
    ConvolutionGeometry(input: [2, 5, 4, 17], filter: [3, 3, 17, 130], stride: 2, padding: 1),
    ConvolutionGeometry(input: [1, 4, 29, 33], filter: [1, 1, 33, 31]),
    ConvolutionGeometry(input: [1, 6, 30, 3], filter: [7, 7, 3, 64], stride: 2, padding: 3),
    ConvolutionGeometry(input: [2, 3, 3, 64], filter: [3, 3, 64, 128], stride: 2, padding: 1),
    ConvolutionGeometry(input: [1, 9, 11, 70], filter: [3, 3, 35, 34], padding: 1, groups: 2),
    ConvolutionGeometry(input: [1, 10, 9, 67], filter: [3, 3, 1, 67], padding: 1, groups: 67),
    ConvolutionGeometry(input: [3, 2, 2, 4], filter: [1, 1, 4, 4], stride: 5),
    ConvolutionGeometry(input: [1, 1, 150, 2], filter: [1, 9, 2, 9], padding: 0),
    // Three channels: the walk of colours, with one and two vectors, and each step.
    ConvolutionGeometry(input: [2, 13, 31, 3], filter: [3, 3, 3, 40], padding: 1),
    ConvolutionGeometry(input: [2, 13, 31, 3], filter: [3, 3, 3, 8], stride: 2, padding: 1),
    ConvolutionGeometry(input: [1, 20, 21, 3], filter: [2, 3, 3, 33], stride: 3),
    // More zeros around an image than rows in it: some outputs find no tap inside.
    ConvolutionGeometry(input: [2, 2, 9, 20], filter: [3, 3, 20, 40], padding: 4),
    ConvolutionGeometry(input: [1, 3, 4, 20], filter: [4, 3, 20, 64], padding: 5, dilation: 2),
    ConvolutionGeometry(input: [1, 3, 100, 8], filter: [3, 3, 8, 8], padding: 5),
    // Rows of pixels that are one tile, with zeros beside them.
    ConvolutionGeometry(input: [2, 12, 12, 130], filter: [3, 3, 130, 40], padding: 1),
    ConvolutionGeometry(input: [3, 6, 6, 130], filter: [3, 3, 130, 64], padding: 1),
    ConvolutionGeometry(input: [2, 3, 8, 128], filter: [3, 3, 128, 35], padding: 1),
    ConvolutionGeometry(input: [2, 5, 4, 131], filter: [3, 3, 131, 64], padding: 1),
    // … or several tiles; of other kernels, and with a stride.
    ConvolutionGeometry(input: [2, 13, 50, 20], filter: [3, 3, 20, 64], padding: 1),
    ConvolutionGeometry(input: [2, 9, 27, 16], filter: [5, 5, 16, 32], padding: 1),
    ConvolutionGeometry(input: [1, 9, 25, 16], filter: [2, 2, 16, 40], padding: 1),
    ConvolutionGeometry(input: [2, 8, 28, 24], filter: [1, 3, 24, 24], padding: 1),
    ConvolutionGeometry(input: [2, 26, 50, 24], filter: [3, 3, 24, 33], stride: 2, padding: 1),
    ConvolutionGeometry(input: [2, 7, 1, 24], filter: [3, 3, 24, 130], padding: 1),
    // Rows that do not come out even in pieces.
    ConvolutionGeometry(input: [2, 5, 120, 3], filter: [3, 3, 3, 8], padding: 1),
    // Many weights, few pixels: panels are packed where they are used.
    ConvolutionGeometry(input: [3, 4, 4, 72], filter: [3, 3, 72, 260], padding: 1),
    ConvolutionGeometry(input: [2, 3, 5, 270], filter: [1, 1, 270, 512], stride: 2),
    // Small images, several of them a piece; the last piece has fewer.
    ConvolutionGeometry(input: [35, 6, 6, 6], filter: [3, 3, 6, 512], padding: 1),
    ConvolutionGeometry(input: [33, 11, 11, 20], filter: [3, 3, 20, 40], stride: 2, padding: 1),
    ConvolutionGeometry(input: [18, 3, 4, 16], filter: [3, 3, 8, 34], padding: 1, groups: 2),
    // Filter gradients over several blocks of several images, with copied output gradients.
    ConvolutionGeometry(input: [20, 5, 6, 48], filter: [3, 3, 48, 131], padding: 1),
    ConvolutionGeometry(input: [3, 23, 20, 66], filter: [3, 3, 33, 266], padding: 1, groups: 2),
    // … of more outputs than rows: each thread copies its own.
    ConvolutionGeometry(input: [3, 11, 10, 130], filter: [1, 1, 130, 331]),
    ConvolutionGeometry(input: [3, 11, 10, 260], filter: [1, 1, 130, 662], groups: 2),
    // … of so many channels that the rows of a tile are copied.
    ConvolutionGeometry(input: [3, 5, 4, 530], filter: [1, 1, 530, 515]),
    ConvolutionGeometry(input: [1, 3, 3, 520], filter: [3, 3, 520, 510], padding: 1),
    ConvolutionGeometry(
      input: [2, 19, 21, 30], filter: [3, 3, 30, 128], stride: 2, padding: 2, dilation: 2),
  ]

  @Test("value and gradients agree with the loops", arguments: ["one", "two", "depthwise"])
  func againstReference(groups: String) {
    let geometries = Self.geometries(groups: groups)
    #expect(geometries.count > 100)
    for g in geometries {
      compare(g, Float.self)
      compare(g, Double.self)
    }
  }

  @Test("wide convolutions agree with the loops", arguments: wide)
  func wideAgainstReference(g: ConvolutionGeometry) {
    compare(g, Float.self)
    compare(g, Double.self)
  }

  @Test("an image has the same bits alone and in a batch", arguments: wide)
  func imagesApart(g: ConvolutionGeometry) {
    let x = Buffer<Float>.pattern(g.inputShape.reduce(1, *))
    let w = Buffer<Float>.pattern(g.filterShape.reduce(1, *), offset: 31)
    let y = Buffer<Float>.unwritten(g.outputShape.reduce(1, *))
    convolution(g, input: x, filter: w, into: y)
    let one = ConvolutionGeometry(
      input: [1] + g.inputShape.dropFirst(), filter: g.filterShape, stride: g.stride,
      padding: g.padding, dilation: g.dilation, groups: g.groups)
    let (input, output) = (x.count / g.batch, y.count / g.batch)
    for n in 0..<g.batch {
      let image = Buffer(Array(x.array[n * input..<(n + 1) * input]))
      let alone = Buffer<Float>.unwritten(output)
      convolution(one, input: image, filter: w, into: alone)
      let together = Buffer(Array(y.array[n * output..<(n + 1) * output]))
      // Compared outside the expectation, which would spend minutes on listing differences.
      let isSame = bits(alone) == bits(together)
      #expect(isSame, "image \(n) of \(g)")
    }
  }

  @Test("a map of channels inside a convolution has the bits of one after it", arguments: wide)
  func mapped(g: ConvolutionGeometry) {
    mapped(g, Float.self)
    mapped(g, Double.self)
  }

  private func mapped<S: KernelScalar>(_ g: ConvolutionGeometry, _: S.Type) {
    let x = Buffer<S>.pattern(g.inputShape.reduce(1, *))
    let w = Buffer<S>.pattern(g.filterShape.reduce(1, *), offset: 31)
    let (O, count) = (g.outChannels, g.outputShape.reduce(1, *))
    let (a, d) = (Buffer<S>.pattern(O, offset: 5), Buffer<S>.pattern(O, offset: 9))
    let shortcut = Buffer<S>.pattern(count, offset: 13)
    for (adds, rectified) in [(false, false), (false, true), (true, true)] {
      let map = ChannelAffine(
        scale: a, shift: d, adding: adds ? shortcut : nil, rectified: rectified)
      let (apart, together) = (Buffer<S>.unwritten(count), Buffer<S>.unwritten(count))
      convolution(g, input: x, filter: w, into: together)
      channelAffine(together, map, rows: count / O, channels: O, into: apart)
      convolution(g, input: x, filter: w, into: together, then: .map(map))
      let isSame = bits(apart) == bits(together)
      #expect(isSame, "\(S.name), \(adds), \(rectified); \(g)")
    }
  }

  @Test(
    "an input gradient is added to what is there", arguments: wide + geometries(groups: "depthwise")
  )
  func addedGradient(g: ConvolutionGeometry) {
    let w = Buffer<Double>.pattern(g.filterShape.reduce(1, *), offset: 31)
    let dY = Buffer<Double>.pattern(g.outputShape.reduce(1, *), offset: 57)
    let dX = Buffer<Double>.unwritten(g.inputShape.reduce(1, *))
    convolutionInputGradient(g, outputGradient: dY, filter: w, into: dX)
    let sum = Buffer<Double>.pattern(dX.count, offset: 3)
    let expected = zip(sum.array, dX.array).map { $0 + $1 }
    convolutionInputGradient(g, outputGradient: dY, filter: w, into: sum, adding: true)
    // Rows of taps that are summed one after the other are added in another order.
    #expect(relativeError(sum.array, expected) < 1e-14)
  }

  @Test("both gradients are adjoints of the convolution", arguments: wide)
  func adjoints(g: ConvolutionGeometry) {
    let x = Buffer<Double>.pattern(g.inputShape.reduce(1, *))
    let w = Buffer<Double>.pattern(g.filterShape.reduce(1, *), offset: 31)
    let dY = Buffer<Double>.pattern(g.outputShape.reduce(1, *), offset: 57)
    let y = Buffer<Double>.unwritten(dY.count)
    let dX = Buffer<Double>.unwritten(x.count)
    let dW = Buffer<Double>.unwritten(w.count)
    convolution(g, input: x, filter: w, into: y)
    convolutionInputGradient(g, outputGradient: dY, filter: w, into: dX)
    convolutionFilterGradient(g, outputGradient: dY, input: x, into: dW)
    let products = [dotProduct(y, dY), dotProduct(x, dX), dotProduct(w, dW)]
    let scale = norm(y.array) * norm(dY.array)
    #expect(abs(products[0] - products[1]) < 1e-13 * scale, "\(g.inputShape): \(products)")
    #expect(abs(products[0] - products[2]) < 1e-13 * scale, "\(g.inputShape): \(products)")
  }

  private func compare<S: KernelScalar>(
    _ g: ConvolutionGeometry, _: S.Type, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let x = Buffer<S>.pattern(g.inputShape.reduce(1, *))
    let w = Buffer<S>.pattern(g.filterShape.reduce(1, *), offset: 31)
    let dY = Buffer<S>.pattern(g.outputShape.reduce(1, *), offset: 57)
    let taps = g.kernelHeight * g.kernelWidth

    func check(
      _ name: String, _ count: Int, terms: Int, kernel: (Buffer<S>) -> Void,
      loops: (Bool, Buffer<Double>) -> Void
    ) {
      let ours = Buffer<S>.unwritten(count)
      kernel(ours)
      let expected = Buffer<Double>(uninitialized: count)
      let size = Buffer<Double>(uninitialized: count)
      loops(false, expected)
      loops(true, size)
      let factor = 2 * Double(terms) * roundoff(S.self)
      let error = errorInBounds(
        ours.doubles, expected.array, bounds: size.array.map { $0 * factor })
      #expect(
        error <= 1, "\(S.name), \(name): \(error) times the bound; \(g)",
        sourceLocation: sourceLocation)
    }
    func side(_ b: Buffer<S>, _ magnitudes: Bool) -> Buffer<Double> {
      magnitudes ? b.magnitudes : b.wide
    }

    check("value", dY.count, terms: taps * g.channelsPerGroup) {
      convolution(g, input: x, filter: w, into: $0)
    } loops: {
      convolutionReference(g, input: side(x, $0), filter: side(w, $0), into: $1)
    }
    check("input gradient", x.count, terms: taps * g.outPerGroup) {
      convolutionInputGradient(g, outputGradient: dY, filter: w, into: $0)
    } loops: {
      convolutionInputGradientReference(
        g, outputGradient: side(dY, $0), filter: side(w, $0), into: $1)
    }
    check("filter gradient", w.count, terms: g.batch * g.outHeight * g.outWidth) {
      convolutionFilterGradient(g, outputGradient: dY, input: x, into: $0)
    } loops: {
      convolutionFilterGradientReference(
        g, outputGradient: side(dY, $0), input: side(x, $0), into: $1)
    }
  }
}
