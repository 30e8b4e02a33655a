// Random numbers: known answers of the generator, moments of the fills.
//
// Source     Known answers: Random123, kat_vectors, philox4x32 with 10 rounds

import Foundation
import Kernels
import Testing

@Suite("Random fills") struct RandomFillTests {
  @Test("Philox gives the published answers")
  func knownAnswers() {
    #expect(
      Philox.block(counter: SIMD4(repeating: 0), key: SIMD2(repeating: 0))
        == SIMD4(0x6627_E8D5, 0xE169_C58D, 0xBC57_AC4C, 0x9B00_DBD8))
    #expect(
      Philox.block(counter: SIMD4(repeating: .max), key: SIMD2(repeating: .max))
        == SIMD4(0x408F_276D, 0x41C8_3B0E, 0xA20B_C7C6, 0x6D54_51FD))
    // Counter and key are the first digits of π.
    #expect(
      Philox.block(
        counter: SIMD4(0x243F_6A88, 0x85A3_08D3, 0x1319_8A2E, 0x0370_7344),
        key: SIMD2(0xA409_3822, 0x299F_31D0))
        == SIMD4(0xD16C_FE09, 0x94FD_CCEB, 0x5001_E420, 0x2412_6EA1))
  }

  @Test("uniform values have the moments of their range")
  func uniformMoments() {
    let x = Buffer<Double>(uninitialized: 100_001)
    fillUniform(x, key: 11, low: -1, high: 3)
    let (mean, variance, fourth) = moments(x.array)
    // Four standard errors: σ/√n = 0.0037 and so on.
    #expect(abs(mean - 1) < 0.015)
    #expect(abs(variance - 16.0 / 12) < 0.02)
    #expect(abs(fourth / (variance * variance) - 1.8) < 0.02)
    #expect(x.array.allSatisfy { $0 >= -1 && $0 <= 3 })
  }

  @Test("normal values have the moments of a normal distribution")
  func normalMoments() {
    let x = Buffer<Double>(uninitialized: 100_001)
    fillNormal(x, key: 12, deviation: 2)
    let (mean, variance, fourth) = moments(x.array)
    #expect(abs(mean) < 0.026)
    #expect(abs(variance - 4) < 0.08)
    #expect(abs(fourth / (variance * variance) - 3) < 0.07)
    let withinOne = x.array.count { abs($0) < 2 }
    #expect(abs(Double(withinOne) / 100_001 - erf(0.5.squareRoot())) < 0.006)
    #expect(allFinite(x))
  }

  @Test("element i depends on the key and i alone")
  func prefix() {
    let fills: [(Buffer<Float>) -> Void] = [
      { fillNormal($0, key: 3, deviation: 1) }, { fillUniform($0, key: 3, low: 1, high: 2) },
    ]
    for fill in fills {
      let long = Buffer<Float>(uninitialized: 20_000)
      let short = Buffer<Float>(uninitialized: 333)
      fill(long)
      fill(short)
      #expect(short.array == Array(long.array.prefix(333)))
    }
  }

  @Test("another key gives other values")
  func keys() {
    let (a, b) = (Buffer<Double>(uninitialized: 1000), Buffer<Double>(uninitialized: 1000))
    fillNormal(a, key: 1, deviation: 1)
    fillNormal(b, key: 1 << 40, deviation: 1)
    #expect(abs(dotProduct(a, b)) < 130)  // four standard errors of Σ ab
    #expect(a.array != b.array)
  }

  private func moments(_ x: [Double]) -> (mean: Double, variance: Double, fourth: Double) {
    let n = Double(x.count)
    let mean = x.reduce(0, +) / n
    let squares = x.map { ($0 - mean) * ($0 - mean) }
    return (mean, squares.reduce(0, +) / n, squares.reduce(0) { $0 + $1 * $1 } / n)
  }
}
