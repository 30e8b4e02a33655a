// Pooling, normalisation, softmax and optimiser steps against PyTorch in double precision.
//
// Made by    Tests/Reference/kernels.py

import Kernels
import TestSupport
import Testing

@Suite("Kernels against PyTorch") struct GoldenKernelTests {
  let fixture: Fixture

  /// Whole numbers from −2 to 2, so that most windows hold their maximum more than once.
  let image = Buffer<Double>(pattern(2 * 7 * 6 * 3, scale: 4).map { $0.rounded() })

  init() throws { fixture = try Fixture("kernels") }

  @Test("maximum pooling, ties included", arguments: [(3, 2, 1), (2, 2, 0), (3, 1, 1)])
  func maximum(kernel: Int, stride: Int, padding: Int) throws {
    let g = PoolingGeometry(
      input: [2, 7, 6, 3], kernel: kernel, stride: stride, padding: padding)
    let y = Buffer<Double>.unwritten(g.outputShape.reduce(1, *))
    let places = maximumPool(g, image, into: y)
    let dX = Buffer<Double>.unwritten(2 * 7 * 6 * 3)
    maximumPoolGradient(g, .pattern(y.count, offset: 5), places: places, into: dX)
    let name = "max.\(kernel).\(stride).\(padding)"
    #expect(try y.array == fixture.values("\(name).y"))
    #expect(relativeError(dX.array, try fixture.values("\(name).dX")) < 1e-15)
  }

  @Test("average pooling, zeros of the padding counted", arguments: [(3, 2, 1), (2, 1, 0)])
  func average(kernel: Int, stride: Int, padding: Int) throws {
    let g = PoolingGeometry(
      input: [2, 7, 6, 3], kernel: kernel, stride: stride, padding: padding)
    let y = Buffer<Double>.unwritten(g.outputShape.reduce(1, *))
    averagePool(g, image, into: y)
    let dX = Buffer<Double>.unwritten(2 * 7 * 6 * 3)
    averagePoolGradient(g, .pattern(y.count, offset: 5), into: dX)
    let name = "mean.\(kernel).\(stride).\(padding)"
    #expect(relativeError(y.array, try fixture.values("\(name).y")) < 1e-14)
    #expect(relativeError(dX.array, try fixture.values("\(name).dX")) < 1e-14)
  }

  @Test("a NaN inside a window wins its maximum")
  func maximumOfNaN() {
    let g = PoolingGeometry(input: [1, 2, 2, 1], kernel: 2, stride: 2, padding: 0)
    for place in 0..<4 {
      let x = Buffer<Float>([1, 2, 3, 4])
      x[place] = .nan
      let y = Buffer<Float>([0])
      #expect(maximumPool(g, x, into: y)[0] == place)
      #expect(y[0].isNaN)
    }
  }

  @Test("layer norm and its gradient")
  func layerNorm() throws {
    let (rows, channels) = (5, 11)
    let x = Buffer<Double>.pattern(55, scale: 3)
    let gain = Buffer<Double>(pattern(11, offset: 7, shift: 1))
    let (mean, inverse) = (Buffer<Double>.unwritten(rows), Buffer<Double>.unwritten(rows))
    let y = Buffer<Double>.unwritten(55)
    layerNormalize(
      x, gain: gain, bias: .pattern(11, offset: 9), epsilon: 1e-5, rows: rows, channels: channels,
      mean: mean, inverseDeviation: inverse, into: y)
    let (dX, terms) = (Buffer<Double>.unwritten(55), Buffer<Double>.unwritten(55))
    layerNormalizeGradient(
      .pattern(55, offset: 31), x, gain: gain, mean: mean, inverseDeviation: inverse, rows: rows,
      channels: channels, inputGradient: dX, gainTerms: terms)
    let dGain = Buffer<Double>.unwritten(channels)
    sumMiddle(terms, outer: 1, middle: rows, inner: channels, into: dGain)
    #expect(relativeError(y.array, try fixture.values("layerNorm.y")) < 1e-14)
    #expect(relativeError(dX.array, try fixture.values("layerNorm.dX")) < 1e-13)
    #expect(relativeError(dGain.array, try fixture.values("layerNorm.dGain")) < 1e-13)
  }

  @Test("softmax and its logarithm")
  func softmaxes() throws {
    let y = Buffer<Double>.unwritten(76)
    softmax(.pattern(76, scale: 9), rows: 4, columns: 19, logarithm: false, into: y)
    #expect(relativeError(y.array, try fixture.values("softmax")) < 1e-14)
    softmax(.pattern(76, scale: 9), rows: 4, columns: 19, logarithm: true, into: y)
    #expect(relativeError(y.array, try fixture.values("logSoftmax")) < 1e-14)
  }

  @Test("softmax of large numbers does not overflow")
  func largeSoftmax() {
    let y = Buffer<Float>.unwritten(3)
    softmax(Buffer<Float>([1e30, 1e30, -1e30]), rows: 1, columns: 3, logarithm: false, into: y)
    #expect(y.array == [0.5, 0.5, 0])
  }

  @Test("five steps of Adam and AdamW", arguments: [false, true])
  func adam(decoupled: Bool) throws {
    let parameter = Buffer<Double>.pattern(37)
    let first = Buffer<Double>(repeating: 0, count: 37)
    let second = Buffer<Double>(repeating: 0, count: 37)
    for step in 0..<5 {
      adamStep(
        AdamStep(
          learningRate: 1e-2, beta1: decoupled ? 0.8 : 0.9, beta2: decoupled ? 0.999 : 0.99,
          epsilon: decoupled ? 1e-6 : 1e-8, weightDecay: decoupled ? 0.2 : 0.1,
          decoupled: decoupled, step: step + 1),
        parameter: parameter, gradient: .pattern(37, offset: 10 * step + 3, scale: 2), first: first,
        second: second)
    }
    let expected = try fixture.values(decoupled ? "adamW" : "adam")
    #expect(relativeError(parameter.array, expected) < 1e-12)
  }

  @Test("five steps of SGD with momentum")
  func momentum() throws {
    let parameter = Buffer<Double>.pattern(37)
    let velocity = Buffer<Double>(repeating: 0, count: 37)
    for step in 0..<5 {
      momentumStep(
        learningRate: 0.1, momentum: 0.9, weightDecay: 0.05, parameter: parameter,
        gradient: .pattern(37, offset: 10 * step + 3, scale: 2), velocity: velocity)
    }
    #expect(relativeError(parameter.array, try fixture.values("momentum")) < 1e-12)
  }
}
