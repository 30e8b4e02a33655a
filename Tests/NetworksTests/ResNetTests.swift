// ResNets against torchvision in double precision: features, and the gradient of every parameter.
//
// Loss       ⟨h, pat(·; 5)⟩, so that every feature pulls differently.
// Made by    Tests/Reference/networks.py

import Autodiff
import Foundation
import Kernels
import Networks
import Randomness
import Tensors
import TestSupport
import Testing

@Suite("ResNet") struct ResNetTests {
  let key = RandomKey(seed: 1)

  @Test("golden vectors G6: evaluation, then a training batch and its running statistics")
  func golden() throws {
    let fixture = try Fixture("networks")
    let network = ResNet<Double>(.resnet18, key: key)
    try network.loadPatterns()
    let x = patternImages([1, 3, 32, 32], scale: 4).converted(to: Float.self)
      .converted(to: Double.self)
    let h = network(Variable(x), mode: .evaluation).value
    #expect(relativeError(h.scalars, try fixture.values("G6.evaluation")) < 1e-12)
    let first = h.slice(0..<4, axis: 1).scalars
    #expect(
      errorInBounds(
        first, [0.03946757, 0.14418915, 0.00078977, 0.18167273], bounds: first.map { _ in 6e-9 })
        <= 1)

    let flipped = x.permuted(axes: 2, 0, 1, 3).gathered(rows: (0..<32).reversed())
      .permuted(axes: 1, 2, 0, 3)
    let batch = Tensor.concatenated([x, -x, flipped], axis: 0)
    let trained = network(Variable(batch), mode: .training).value
    #expect(summaryError(trained.scalars, try fixture.values("G6.training")) < 1e-11)
    #expect(abs(trained.sum().scalar - 1386.7355022978) < 1e-8)
    for (name, stored) in [("bn1.running_mean", "G6.mean"), ("bn1.running_var", "G6.variance")] {
      let ours = try #require(network.value(name))
      #expect(relativeError(ours.scalars, try fixture.values(stored)) < 1e-13, "\(name)")
    }
    #expect(network.value("bn1.num_batches_tracked")?.scalar == 1)
  }

  @Test(
    "features and all gradients of a training batch agree with torchvision",
    arguments: [Backbone.resnet18, .resnet50, .resnet8x4])
  func gradients(backbone: Backbone) throws {
    let fixture = try Fixture("networks")
    // Fifty-three norms of twelve rows and more amplify rounding: 6e-11 measured, 2e-13 in ResNet-18.
    let tolerance = backbone == .resnet50 ? 1e-9 : 1e-11
    let network = ResNet<Double>(backbone, smallKernel: true, key: key)
    try network.loadPatterns()
    // The root keeps sums off the grid of the pattern's values, where maxima of the pooling would
    // tie and rounding would choose who takes the gradient.
    let shape = [3, 3, 32, 32]
    let product = patternImages(shape, offset: 40) * patternImages(shape, offset: 71)
    let x = Variable(tracking: patternImages(shape, scale: 4) + product * 2.0.squareRoot())
    let h = network(x, mode: .training)
    h.backward(Tensor(h.shape, pattern(h.value.count, offset: 5)))
    let dX = try #require(x.gradient).permuted(axes: 0, 3, 1, 2)
    let valueError = summaryError(h.value.scalars, try fixture.values("\(backbone) h"))
    #expect(valueError < tolerance, "h: \(valueError)")
    let inputError = summaryError(dX.scalars, try fixture.values("\(backbone) dX"))
    #expect(inputError < tolerance, "dX: \(inputError)")

    var compared = 0
    var worst = (error: 0.0, name: "")
    for (name, parameter) in network.parameters where parameter.isTrained {
      let stored = try fixture.values("\(backbone) \(name)")
      let gradient = try #require(parameter.gradient)
      let dW = parameter.role == .filter ? gradient.permuted(axes: 3, 2, 0, 1) : gradient
      let scalars = dW.scalars
      let length = norm(scalars)
      let ours = [length, scalars[0]] + [17, 53].map { projection(scalars, offset: $0) }
      // Relative to the norm; a projection on a pattern of n elements may exceed it √n-fold.
      let root = Double(scalars.count).squareRoot()
      let scales = [1, 1, root, root].map { $0 * stored[0] }
      for ((a, b), scale) in zip(zip(ours, stored), scales) {
        let error = abs(a - b) / scale
        if !(error <= worst.error) { worst = (error, name) }
      }
      compared += 1
    }
    #expect(worst.error < tolerance, "\(worst.name): \(worst.error)")
    #expect(compared == (backbone == .resnet50 ? 159 : backbone == .resnet18 ? 60 : 30))
  }

  @Test(
    "names, order and shapes of the state dictionary are torchvision's",
    arguments: [Backbone.resnet18, .resnet34, .resnet50, .resnet101, .resnet152])
  func stateDictionary(backbone: Backbone) throws {
    let fixture = try Fixture("networks")
    let network = ResNet<Float>(backbone, key: key)
    let lines = network.stateDictionary().map { entry in
      ([entry.name] + entry.tensor.shape.map { String($0) }).joined(separator: " ")
    }
    if backbone == .resnet18 || backbone == .resnet50 {
      #expect(try lines == fixture.text("\(backbone) names"))
    }
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325  // FNV-1a
    for byte in lines.joined(separator: "\n").utf8 {
      hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3
    }
    let digits = String(hash, radix: 16)
    let padded = String(repeating: "0", count: 16 - digits.count) + digits
    #expect(try [padded, String(lines.count)] == fixture.text("\(backbone) hash"))
    #expect(try [String(network.parameterCount)] == fixture.text("\(backbone) count"))
  }

  @Test("parameter counts of the specification")
  func counts() {
    func count(_ backbone: Backbone, small: Bool) -> Int {
      ResNet<Float>(backbone, smallKernel: small, key: key).parameterCount
    }
    #expect(count(.resnet50, small: false) == 23_508_032)
    #expect(count(.resnet50, small: true) == 23_500_352)
    #expect(count(.resnet18, small: false) == 11_176_512)
    #expect(count(.resnet18, small: true) == 11_168_832)
    #expect(count(.resnet8x4, small: false) == 1_207_840)
    #expect(count(.resnet8x4, small: true) == 1_207_840)
    #expect(Backbone.resnet50.featureCount == 2048 && Backbone.resnet18.featureCount == 512)
    #expect(Backbone.resnet8x4.featureCount == 256)
  }

  @Test("a new network starts its residual branches silent: features ignore their filters")
  func silentBranches() throws {
    let network = ResNet<Double>(.resnet18, smallKernel: true, key: key)
    let x = Variable(patternImages([2, 3, 32, 32]))
    let before = network(x, mode: .evaluation).value
    let filter = try #require(
      network.parameters.first { $0.name == "layer2.1.conv1.weight" }?.parameter)
    filter.value = filter.value * 2
    #expect(network(x, mode: .evaluation).value == before)
    #expect(before.isFinite && before.shape == [2, 512])
  }
}
