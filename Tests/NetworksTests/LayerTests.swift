// Convolution and batch norm against torchvision; initialisers against their moments.
//
// Made by    Tests/Reference/networks.py

import Autodiff
import Kernels
import Networks
import Randomness
import Tensors
import TestSupport
import Testing

@Suite("Layers") struct LayerTests {
  let key = RandomKey(seed: 11)

  @Test("convolution and both gradients agree with PyTorch")
  func convolutions() throws {
    let fixture = try Fixture("networks")
    let names = fixture.names(prefix: "conv ").filter { $0.hasSuffix(" y") }
    #expect(names.count == 6)
    for name in names {
      let numbers = name.split(separator: " ").compactMap { Int($0) }
      let (image, filter) = (Array(numbers[0..<4]), Array(numbers[4..<8]))
      let x = Variable(tracking: Tensor(image, pattern(image.reduce(1, *))))
      let w = Variable(
        tracking: Tensor(filter, pattern(filter.reduce(1, *), offset: 7)).permuted(axes: 2, 3, 1, 0)
      )
      let y = conv2D(
        x, filter: w, stride: numbers[8], padding: numbers[9], dilation: numbers[10],
        groups: numbers[11])
      y.backward(Tensor(y.shape, pattern(y.value.count, offset: 13)))
      let prefix = name.dropLast(2)
      let dX = try #require(x.gradient)
      let dW = try #require(w.gradient).permuted(axes: 3, 2, 0, 1)
      for (part, ours) in [("y", y.value), ("dX", dX), ("dW", dW)] {
        let error = summaryError(ours.scalars, try fixture.values("\(prefix) \(part)"))
        #expect(error < 1e-12, "\(prefix) \(part): \(error)")
      }
    }
  }

  @Test("batch norm: values, gradients and running statistics over two batches, then evaluation")
  func batchNorm() throws {
    let fixture = try Fixture("networks")
    let norm = BatchNorm<Double>(channels: 5)
    norm.weight.value = Tensor([5], pattern(5, shift: 1))
    norm.bias.value = Tensor([5], pattern(5, offset: 3))
    for step in 0..<2 {
      norm.clearGradients()
      let scalars = pattern(120, offset: 11 * step, scale: 2, shift: 0.3 * Double(step))
      let x = Variable(tracking: Tensor([3, 4, 2, 5], scalars))
      let y = norm(x, mode: .training)
      y.backward(Tensor([3, 4, 2, 5], pattern(120, offset: 29)))
      let results = [
        ("y", y.value), ("dX", try #require(x.gradient)),
        ("dGain", try #require(norm.weight.gradient)), ("dBias", try #require(norm.bias.gradient)),
      ]
      for (part, ours) in results {
        let error = relativeError(ours.scalars, try fixture.values("norm.\(step).\(part)"))
        #expect(error < 1e-12, "batch \(step), \(part): \(error)")
      }
    }
    let statistics = [("mean", norm.runningMean), ("variance", norm.runningVariance)]
    for (name, ours) in statistics {
      let error = relativeError(ours.value.scalars, try fixture.values("norm.\(name)"))
      #expect(error < 1e-14, "running \(name): \(error)")
    }
    #expect(norm.batchesTracked.value.scalar == 2)
    let x = Variable(Tensor<Double>([2, 3, 2, 5], pattern(60, offset: 1)))
    let y = norm(x, mode: .evaluation)
    #expect(relativeError(y.value.scalars, try fixture.values("norm.evaluation")) < 1e-14)
    #expect(norm.batchesTracked.value.scalar == 2)
  }

  @Test("batch norm of a batch of one stays finite")
  func batchOfOne() {
    let norm = BatchNorm<Double>(channels: 3)
    let x = Variable(tracking: Tensor<Double>([1, 3], [1, -2, 5]))
    let y = norm(x, mode: .training)
    y.sum().backward()
    #expect(y.value.isFinite && x.gradient?.isFinite == true)
    #expect(norm.runningVariance.value.isFinite && norm.runningMean.value.isFinite)
  }

  @Test("evaluation records no gradients, training reaches every parameter")
  func modes() {
    let network = ResNet<Float>(.resnet8, key: key)
    let x = Variable(Tensor<Float>.normal([2, 8, 8, 3], key: key))
    #expect(!network(x, mode: .evaluation).isTracked)
    network(x, mode: .training).sum().backward()
    for (name, parameter) in network.parameters {
      #expect((parameter.gradient != nil) == parameter.isTrained, "\(name)")
    }
    network.clearGradients()
    #expect(network.parameters.allSatisfy { $0.parameter.gradient == nil })
  }

  @Test("two passes add up their gradients")
  func accumulation() throws {
    let layer = Linear<Double>(inputs: 3, outputs: 2, key: key)
    let x = Variable(Tensor<Double>([1, 3], [1, 2, 3]))
    layer(x, mode: .training).sum().backward()
    let once = try #require(layer.weight.gradient)
    layer(x, mode: .training).sum().backward()
    #expect(layer.weight.gradient == once * 2)
    #expect(layer(x, mode: .training).shape == [1, 2])
  }

  @Test("He filters are normal with variance 2/(k²·outputs), groups or not", arguments: [1, 4])
  func heFanOut(groups: Int) {
    let layer = Convolution2D<Double>(
      inputs: 64, outputs: 128, kernel: 3, groups: groups, key: key)
    let w = layer.weight.value
    #expect(w.shape == [3, 3, 64 / groups, 128])
    let (mean, variance, fourth) = moments(w.scalars)
    let expected = 2.0 / (9 * 128)
    #expect(abs(mean) < 4 * (expected / Double(w.count)).squareRoot())
    #expect(abs(variance / expected - 1) < 0.05)
    #expect(abs(fourth / (variance * variance) - 3) < 0.2)
  }

  @Test("the small stem and linear layers are uniform within 1/√(inputs)")
  func uniform() throws {
    let network = ResNet<Double>(.resnet18, smallKernel: true, key: key)
    let stem = try #require(network.value("conv1.weight"))
    let linear = Linear<Double>(inputs: 50, outputs: 300, key: key)
    let bias = try #require(linear.bias).value
    for (w, inputs) in [(stem, 27.0), (linear.weight.value, 50.0), (bias, 50.0)] {
      let bound = 1 / inputs.squareRoot()
      let (mean, variance, fourth) = moments(w.scalars)
      #expect(w.scalars.allSatisfy { abs($0) <= bound })
      #expect((w.scalars.map(abs).max() ?? 0) > 0.97 * bound)
      #expect(abs(mean) < 4 * bound / (3 * Double(w.count)).squareRoot())
      #expect(abs(variance * 3 / (bound * bound) - 1) < 0.15)
      #expect(abs(fourth / (variance * variance) - 1.8) < 0.15)
    }
  }

  @Test("the last γ of a residual branch starts at 0, all others at 1; not so in ResNet-8x4")
  func residualStart() {
    for backbone in [Backbone.resnet18, .resnet50, .resnet8x4] {
      let last = backbone == .resnet50 ? "bn3.weight" : "bn2.weight"
      let network = ResNet<Float>(backbone, key: key)
      var zeros = 0
      for (name, parameter) in network.parameters where parameter.value.rank == 1 {
        let isLast = name.hasPrefix("layer") && name.hasSuffix(last) && backbone != .resnet8x4
        let expected: Float =
          isLast || name.hasSuffix("bias") || name.hasSuffix("running_mean") ? 0 : 1
        #expect(parameter.value == Tensor(parameter.value.shape, repeating: expected), "\(name)")
        zeros += isLast ? 1 : 0
      }
      #expect(zeros == (backbone == .resnet18 ? 8 : backbone == .resnet50 ? 16 : 0))
    }
  }

  @Test("equal keys draw equal networks, other keys others, and no two filters are alike")
  func keys() {
    func filters(_ seed: UInt64) -> [[Float]] {
      ResNet<Float>(.resnet18, key: RandomKey(seed: seed)).parameters
        .filter { $0.parameter.role == .filter }
        .map {
          Array(
            $0.parameter.value.reshaped([$0.parameter.value.count]).slice(0..<9, axis: 0).scalars)
        }
    }
    let first = filters(1)
    #expect(first == filters(1) && first != filters(2))
    #expect(Set(first.map { $0.map { $0 / (abs(first[0][0]) + 1) } }).count == first.count)
  }

  private func moments(_ x: [Double]) -> (mean: Double, variance: Double, fourth: Double) {
    let n = Double(x.count)
    let mean = x.reduce(0, +) / n
    let squares = x.map { ($0 - mean) * ($0 - mean) }
    return (mean, squares.reduce(0, +) / n, squares.reduce(0) { $0 + $1 * $1 } / n)
  }
}
