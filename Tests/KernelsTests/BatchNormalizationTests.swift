import Kernels
import TestSupport
import Testing

/// Extents with whole vectors and without, with one block of rows and with many.
private let extents = [(1, 1), (2, 3), (300, 5), (700, 16), (67, 130), (20, 2050), (1500, 64)]

@Suite("Batch norm kernels") struct BatchNormalizationTests {
  /// One value of each channel from a column of the rows.
  func perChannel(_ rows: Int, _ channels: Int, _ f: ([Int]) -> Double) -> [Double] {
    (0..<channels).map { c in f((0..<rows).map { $0 * channels + c }) }
  }

  @Test("mean and variance equal their definitions", arguments: extents)
  func statistics(rows: Int, channels: Int) {
    // Far from 0, where a variance from a sum of squares would lose half its digits.
    let x = Buffer<Double>(
      pattern(rows * channels, scale: 2).enumerated().map {
        1e4 + $0.element + Double($0.offset % 7)
      })
    let values = x.array
    let mean = perChannel(rows, channels) { $0.reduce(0) { $0 + values[$1] } / Double(rows) }
    let variance = perChannel(rows, channels) { places in
      let μ = mean[places[0] % channels]
      return places.reduce(0) { $0 + (values[$1] - μ) * (values[$1] - μ) } / Double(rows)
    }
    let moments = ChannelMoments<Double>(shape: [rows, channels])
    moments.take(x)
    #expect(relativeError(moments.mean.array, mean) < 1e-14)
    // μ is known to u · 10⁴, so σ² of order 1 to (u · 10⁴)² beside its own roundings.
    #expect(relativeError(moments.variance.array, variance) < 1e-12)
  }

  @Test("the affine map, a shortcut and the rectification", arguments: extents)
  func forward(rows: Int, channels: Int) {
    let x = Buffer<Float>.pattern(rows * channels)
    let r = Buffer<Float>.pattern(rows * channels, offset: 3)
    let (a, d) = (Buffer<Float>.pattern(channels, offset: 5), Buffer<Float>.pattern(channels))
    for (adds, rectified) in [(false, false), (false, true), (true, false), (true, true)] {
      let y = Buffer<Float>.unwritten(x.count)
      let map = ChannelAffine(scale: a, shift: d, adding: adds ? r : nil, rectified: rectified)
      channelAffine(x, map, rows: rows, channels: channels, into: y)
      let expected = (0..<x.count).map { i in
        let v = d[i % channels].addingProduct(x[i], a[i % channels]) + (adds ? r[i] : 0)
        return rectified ? max(0, v) : v
      }
      #expect(y.array == expected)
      // In its own place.
      let z = Buffer(copying: x)
      channelAffine(z, map, rows: rows, channels: channels, into: z)
      #expect(z.array == expected)
    }
  }

  @Test("a NaN passes the rectification, whatever its sign; what is negative does not")
  func notANumber() {
    let x: [Double] = [
      .nan, -.nan, -1, -.infinity, .infinity, -0.0, 0, -.leastNonzeroMagnitude, 2,
      -.greatestFiniteMagnitude, .signalingNaN,
    ]
    let y = Buffer<Double>.unwritten(x.count)
    // a = 1, d = −0: x + d has x's sign, and zeros keep theirs.
    let map = ChannelAffine<Double>(
      scale: Buffer([1]), shift: Buffer([-0.0]), rectified: true)
    channelAffine(Buffer(x), map, rows: x.count, channels: 1, into: y)
    for (x, y) in zip(x, y.array) {
      #expect(x.isNaN ? y.isNaN : y == max(0, x), "\(x) became \(y)")
    }
  }

  @Test("gated sums and input gradients", arguments: extents)
  func backward(rows: Int, channels: Int) {
    let (x, dY) = (
      Buffer<Double>.pattern(rows * channels), Buffer<Double>.pattern(rows * channels, offset: 9)
    )
    let y = Buffer<Double>.pattern(rows * channels, offset: 4)
    let parts = (0..<6).map { Buffer<Double>.pattern(channels, offset: 11 * $0) }
    let (mean, a, b, d, scale, shift) = (parts[0], parts[1], parts[2], parts[3], parts[4], parts[5])
    let gates: [(RectifierGate<Double>, (Int) -> Bool)] = [
      (.open, { _ in true }), (.output(y), { y[$0] > 0 }),
      (
        .affine(scale: scale, shift: shift),
        { shift[$0 % channels].addingProduct(x[$0], scale[$0 % channels]) > 0 }
      ),
    ]
    for (gate, passes) in gates {
      let g = (0..<x.count).map { passes($0) ? dY[$0] : 0 }
      let sums = perChannel(rows, channels) { $0.reduce(0) { $0 + g[$1] } }
      let products = perChannel(rows, channels) { places in
        places.reduce(0) { $0 + g[$1] * (x[$1] - mean[places[0] % channels]) }
      }
      // g is not kept, in memory of its own, or in the place of dY.
      let replaced = Buffer(copying: dY)
      for (given, gated) in [(dY, nil), (dY, .unwritten(x.count)), (replaced, replaced)] {
        let taken = ChannelGradientSums(
          of: x, shape: [rows, channels], mean: mean, gate: gate)
        taken.take(given, gated: gated)
        // Sums of up to 1500 terms of size 1, which may cancel: absolute.
        #expect(zip(taken.sum.array, sums).allSatisfy { ($0 - $1).magnitude < 1e-11 })
        #expect(zip(taken.product.array, products).allSatisfy { ($0 - $1).magnitude < 1e-11 })
        if let gated { #expect(gated.array == g) }
      }
      let dX = Buffer<Double>.unwritten(x.count)
      func map(_ dY: Buffer<Double>) -> ChannelInputGradient<Double> {
        ChannelInputGradient(of: dY, scale: a, x, scale: b, shift: d, gate: gate)
      }
      channelInputGradient(map(dY), rows: rows, channels: channels, into: dX)
      let expected = (0..<x.count).map { i in
        let c = i % channels
        return d[c].addingProduct(g[i], a[c]).addingProduct(x[i], b[c])
      }
      #expect(dX.array == expected)
      let inPlace = Buffer(copying: dY)
      channelInputGradient(map(inPlace), rows: rows, channels: channels, into: inPlace)
      #expect(inPlace.array == expected)
    }
  }
}
