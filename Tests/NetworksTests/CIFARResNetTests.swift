// CIFAR ResNets against PyTorch, and the published weights on real photographs.
//
// Made by    Tests/Reference/cifar_resnet.py
// Data       `resnet20-12fca82f.th`, `resnet56-4bfd9763.th` and `test_batch.bin` (made by
//            Tests/Reference/cifar10_photographs.py), sought in the folder MVMR_DATA, else in
//            ../shared/data beside the project; tests skip when they are not there

import Autodiff
import Formats
import Foundation
import Kernels
import Networks
import Randomness
import Tensors
import TestSupport
import Testing

/// The folder of data that is never committed.
private enum SharedData {
  static let folder =
    ProcessInfo.processInfo.environment["MVMR_DATA"]
    ?? URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../../../shared/data").standardizedFileURL.path

  static func path(_ name: String) -> String { "\(folder)/\(name)" }
  static func has(_ names: String...) -> Bool {
    names.allSatisfy { FileManager.default.fileExists(atPath: path($0)) }
  }
  static let weights = has("resnet20-12fca82f.th", "resnet56-4bfd9763.th")
  static let photographs = weights && has("test_batch.bin")
}

@Suite("CIFAR ResNet") struct CIFARResNetTests {
  let key = RandomKey(seed: 1)

  @Test("outputs and all gradients of a training batch agree with PyTorch, also for odd sizes")
  func gradients() throws {
    let fixture = try Fixture("cifar_resnet")
    let network = CIFARResNet<Double>(.layers20, key: key)
    try network.loadShiftedPatterns()
    let x = Variable(tracking: mixedImages(3, 15))
    let y = network(x, mode: .training)
    y.backward(Tensor(y.shape, pattern(y.value.count, offset: 5)))
    #expect(relativeError(y.value.scalars, try fixture.values("20 y")) < 1e-11)
    let dX = try #require(x.gradient).permuted(axes: 0, 3, 1, 2)
    #expect(summaryError(dX.scalars, try fixture.values("20 dX")) < 1e-10)
    for (name, parameter) in network.parameters where parameter.isTrained {
      let gradient = try #require(parameter.gradient)
      let dW = parameter.role == .filter ? gradient.permuted(axes: 3, 2, 0, 1) : gradient
      let error = summaryError(dW.scalars, try fixture.values("20 \(name)"))
      #expect(error < 1e-10, "\(name): \(error)")
    }
  }

  @Test(
    "names, order and shapes are those of the published files", arguments: CIFARResNetDepth.allCases
  )
  func stateDictionary(depth: CIFARResNetDepth) throws {
    let network = CIFARResNet<Float>(depth, key: key)
    let stored = try Fixture("cifar_resnet").text("\(depth.rawValue) names")
    #expect(network.nameLines() == stored)
    #expect(CIFARResNet<Float>(depth, classes: nil, key: key).nameLines() == stored.dropLast(2))
  }

  private func published<S>(_ depth: CIFARResNetDepth, _: S.Type) throws -> CIFARResNet<S> {
    let name = depth == .layers20 ? "resnet20-12fca82f.th" : "resnet56-4bfd9763.th"
    let file = try WeightFile(path: SharedData.path(name))
    let prefix = "state_dict.module."
    let state = try file.tensors.map(\.name).map { key in
      let record = try file.tensor(key)
      let short = key.hasPrefix(prefix) ? String(key.dropFirst(prefix.count)) : key
      return NamedTensor(
        name: short, tensor: Tensor(record.shape, try record.doubles()).converted(to: S.self))
    }
    let network = CIFARResNet<S>(depth, key: key)
    try network.load(state, withoutCounters: true)
    return network
  }

  @Test(
    "published weights load, and give PyTorch's logits",
    .enabled(if: SharedData.weights, "the published weights are not there"),
    arguments: [CIFARResNetDepth.layers20, .layers56])
  func weights(depth: CIFARResNetDepth) throws {
    let network = try published(depth, Double.self)
    let x = Variable(patternImages([2, 3, 32, 32], scale: 4))
    let stored = try Fixture("cifar_resnet").values("\(depth.rawValue) pattern")
    #expect(relativeError(network(x, mode: .evaluation).value.scalars, stored) < 1e-12)
    // Files from before PyTorch 0.4.1 hold no counters; without saying so they do not load.
    let state = network.stateDictionary().filter { !$0.isCounter }
    #expect(throws: StateMismatch.self) { try network.load(state) }
  }

  @Test(
    "each of the 2,000 photographs gets the class PyTorch gives it",
    .enabled(if: SharedData.photographs, "weights and photographs are not there"),
    arguments: [(CIFARResNetDepth.layers20, 1627), (.layers56, 1663)])
  func photographs(depth: CIFARResNetDepth, right: Int) throws {
    let bytes = try Data(contentsOf: URL(filePath: SharedData.path("test_batch.bin")))
    try #require(bytes.count == 2000 * 3073)
    let network = try published(depth, Float.self)
    let mean = Tensor<Float>([3], [0.485, 0.456, 0.406])
    let deviation = Tensor<Float>([3], [0.229, 0.224, 0.225])
    let planes = Tensor<Float>([2000, 3073], bytes.map { Float($0) })
    let labels = planes.slice(0..<1, axis: 1).scalars.map { Int($0) }
    let images = planes.slice(1..<3073, axis: 1).reshaped([2000, 3, 32, 32])
      .permuted(axes: 0, 2, 3, 1)
    var classes = ""
    for start in stride(from: 0, to: 2000, by: 200) {
      let part = (images.slice(start..<start + 200, axis: 0).scaled(by: 1 / 255) - mean) / deviation
      let logits = network(Variable(part), mode: .evaluation).value
      for row in 0..<200 {
        let scores = logits.slice(row..<row + 1, axis: 0).scalars
        classes += String(scores.indices.max { scores[$0] < scores[$1] } ?? 0)
      }
    }
    let fixture = try Fixture("cifar_resnet")
    #expect(try [classes] == fixture.text("\(depth.rawValue) classes"))
    let correct = zip(classes, labels).count { Int(String($0)) == $1 }
    #expect(correct == right)
    #expect(try [String(correct)] == fixture.text("\(depth.rawValue) right"))
  }
}
