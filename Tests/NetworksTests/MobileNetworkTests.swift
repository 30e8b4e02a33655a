// MobileNets, EfficientNets and wide ResNets against torchvision in double precision.
//
// Loss       ⟨y, pat(·; 5)⟩, so that every output pulls differently.
// Made by    Tests/Reference/small_networks.py

import Autodiff
import Kernels
import Networks
import Randomness
import Tensors
import TestSupport
import Testing

@Suite("Networks for telephones") struct MobileNetworkTests {
  static let names = ["mobilenet_v2", "mobilenet_v3_large", "efficientnet_b0", "efficientnet_b1"]
  let key = RandomKey(seed: 1)

  private func network<S: KernelScalar>(_ name: String, classes: Int?, _: S.Type) throws
    -> any Layer<S>
  {
    switch name {
    case "mobilenet_v2": MobileNetV2<S>(classes: classes, key: key)
    case "mobilenet_v3_large": MobileNetV3Large<S>(classes: classes, key: key)
    case "efficientnet_b0": EfficientNet<S>(.b0, classes: classes, key: key)
    default: EfficientNet<S>(.b1, classes: classes, key: key)
    }
  }

  @Test("evaluation agrees with torchvision", arguments: names)
  func evaluation(name: String) throws {
    let network = try network(name, classes: 10, Double.self)
    try network.loadShiftedPatterns()
    let y = network(Variable(mixedImages(2, 64)), mode: .evaluation).value
    let stored = try Fixture("small_networks").values("\(name) evaluation")
    let error = relativeError(y.scalars, stored)
    #expect(error < 1e-11, "\(error)")
  }

  @Test(
    "outputs, statistics and all gradients of a training batch agree with torchvision",
    arguments: names)
  func gradients(name: String) throws {
    let fixture = try Fixture("small_networks")
    // Some fifty to seventy norms, the last of sixteen rows, amplify rounding.
    let tolerance = 1e-10
    let network = try network(name, classes: 10, Double.self)
    try network.loadShiftedPatterns()
    let x = Variable(tracking: mixedImages(4, 64))
    let y = network(x, mode: .training)
    y.backward(Tensor(y.shape, pattern(y.value.count, offset: 5)))
    let dX = try #require(x.gradient).permuted(axes: 0, 3, 1, 2)
    let valueError = relativeError(y.value.scalars, try fixture.values("\(name) y"))
    #expect(valueError < tolerance, "y: \(valueError)")
    let inputError = summaryError(dX.scalars, try fixture.values("\(name) dX"))
    #expect(inputError < tolerance, "dX: \(inputError)")
    let mean = try #require(network.parameters.last { $0.name.hasSuffix("running_mean") })
    let meanError = summaryError(
      mean.parameter.value.scalars, try fixture.values("\(name) last mean"))
    #expect(meanError < tolerance, "\(mean.name): \(meanError)")
    var worst = (error: 0.0, name: "")
    // A bias that a convolution and the next norm follow has no gradient but rounding, so a bias is
    // measured by the gradient of its gain, or filter, where that is longer.
    var weight = 0.0
    var compared = 0
    for (parameterName, parameter) in network.parameters where parameter.isTrained {
      let gradient = try #require(parameter.gradient)
      let dW = parameter.role == .filter ? gradient.permuted(axes: 3, 2, 0, 1) : gradient
      let stored = try fixture.values("\(name) \(parameterName)")
      let scalars = dW.scalars
      let ours = [norm(scalars), scalars[0]] + [17, 53].map { projection(scalars, offset: $0) }
      let root = Double(scalars.count).squareRoot()
      let isBias = parameterName.hasSuffix("bias")
      if !isBias { weight = stored[0] }
      for ((a, b), scale) in zip(zip(ours, stored), [1, 1, root, root]) {
        let error = abs(a - b) / (scale * max(stored[0], isBias ? weight : 0))
        if !(error <= worst.error) { worst = (error, parameterName) }
      }
      compared += 1
    }
    #expect(worst.error < tolerance, "\(worst.name): \(worst.error)")
    #expect(compared == fixture.names(prefix: "\(name) ").count - 4 - (hasDrops(name) ? 1 : 0))
  }

  private func hasDrops(_ name: String) -> Bool { name.hasPrefix("efficientnet") }

  @Test("names, order and shapes of the state dictionary are torchvision's", arguments: names)
  func stateDictionary(name: String) throws {
    let fixture = try Fixture("small_networks")
    #expect(
      try network(name, classes: 10, Float.self).nameLines()
        == fixture.text("\(name) names"))
    let full = try network(name, classes: 1000, Float.self)
    #expect(try full.nameHash() == fixture.text("\(name) 1000 hash"))
    #expect(try [String(full.parameterCount)] == fixture.text("\(name) 1000 count"))
  }

  @Test("wide ResNet-50: names, number of parameters, features")
  func wide() throws {
    let fixture = try Fixture("small_networks")
    let network = ResNet<Double>(.resnet50w2, key: key)
    #expect(try network.nameHash() == fixture.text("resnet50w2 hash"))
    #expect(try [String(network.parameterCount)] == fixture.text("resnet50w2 count"))
    #expect(network.parameterCount == 93_907_072 && Backbone.resnet50w2.featureCount == 4096)
    try network.loadShiftedPatterns()
    let h = network(Variable(mixedImages(1, 48)), mode: .evaluation).value
    let error = summaryError(h.scalars, try fixture.values("resnet50w2 evaluation"))
    // The patterns make activations grow a hundred thousandfold: an input moved by one rounding moves
    // PyTorch's own features by 2e-10.
    #expect(error < 1e-8, "\(error)")
    #expect(Backbone.resnet50w4.featureCount == 8192 && Backbone.resnet50w5.featureCount == 10240)
  }

  @Test("blocks are left out as often as in torchvision", arguments: EfficientNetVariant.allCases)
  func drops(variant: EfficientNetVariant) throws {
    let stored = try Fixture("small_networks").values("efficientnet_\(variant) drops")
    let ours = EfficientNet<Double>(variant, key: key).dropProbabilities
    #expect(relativeError(ours, stored) < 1e-15)
  }
}
