import Datasets
import Formats
import Foundation
import Images
import Networks
import Randomness
import Tensors
import Testing

@testable import Training

@Suite("Encoders from files") struct FrozenEncoderTests {
  func write(
    _ network: some Layer<Float>, _ path: String, prefix: String = "", more: [(String, [Int])] = []
  ) throws {
    var tensors: OrderedMap<TensorRecord> = [:]
    for entry in network.stateDictionary() {
      let record =
        entry.isCounter
        ? TensorRecord([3] as [Int64], shape: [])
        : TensorRecord(entry.tensor.scalars, shape: entry.tensor.shape)
      tensors.insert(record, for: prefix + entry.name)
    }
    for (name, shape) in more {
      let values = (0..<shape.reduce(1, *)).map { Float($0 % 7) / 8 - 0.25 }
      tensors.insert(TensorRecord(values, shape: shape), for: name)
    }
    try SafeTensorsFile(tensors: tensors).write(to: path, keepsPrevious: false)
  }

  @Test("torchvision's MobileNet loads by its name, its classifier is left behind")
  func mobileNet() throws {
    try TinyRun.withDirectory { directory in
      let network = MobileNetV3Large<Float>(classes: 10, key: RandomKey(seed: 1))
      let path = "\(directory)/m.safetensors"
      try write(network, path)
      var file = EncoderFile(path: path, network: NetworkName(rawValue: "mobilenet_v3_large"))
      let encoder = try file.load()
      #expect(encoder.width == 1280)
      #expect(encoder.leftBehind.sorted() == ["classifier.3.bias", "classifier.3.weight"])
      #expect(encoder.preparation.resize == 256 && encoder.preparation.crop == 224)
      for (name, parameter) in encoder.network.parameters where parameter.role != .counter {
        let theirs = network.parameters.first { $0.name == name }?.parameter.value
        #expect(parameter.value == theirs, "\(name)")
      }
      file.network = NetworkName(rawValue: "mobilenet_v2")
      #expect(throws: (any Error).self) { try file.load() }
      file.network = nil
      #expect(throws: TrainingError.self) { try file.load() }
    }
  }

  @Test("a MoCo file is a ResNet with a projection of linear, relu, linear")
  func moco() throws {
    try TinyRun.withDirectory { directory in
      let network = ResNet<Float>(.resnet18, key: RandomKey(seed: 1))
      let path = "\(directory)/m.safetensors"
      try write(
        network, path, prefix: "state_dict.module.encoder_q.",
        more: [
          ("state_dict.module.encoder_q.fc.0.weight", [512, 512]),
          ("state_dict.module.encoder_q.fc.0.bias", [512]),
          ("state_dict.module.encoder_q.fc.2.weight", [128, 512]),
          ("state_dict.module.encoder_q.fc.2.bias", [128]),
        ])
      var file = EncoderFile(path: path, network: NetworkName(.resnet18))
      #expect(try file.load().width == 512)
      file.output = .projection
      let encoder = try file.load()
      #expect(encoder.width == 128)
      let y = encoder(Tensor<Float>.normal([2, 32, 32, 3], key: RandomKey(seed: 2)))
      #expect(y.shape == [2, 128] && y.isFinite)
    }
  }

  @Test("CLIP's tower takes CLIP's own input, and smaller images by resizing its positions")
  func clip() throws {
    #expect(
      ImagePreparation.published(for: try #require(NamedNetwork(named: "ViT-B-16")))
        == ImagePreparation(resize: 224, crop: 224, filter: .bicubic, statistics: .clip))
    let b1 = ImagePreparation.published(for: .efficientNet(.b1))
    #expect(b1.crop == 240 && b1.filter == .bicubic)
    let cifar = ImagePreparation.published(for: .cifarResNet(.layers56))
    #expect(cifar.side == 32 && cifar.statistics == .imageNet)
  }

  @Test("the digest names weights, input and what is taken, and nothing else")
  func digest() throws {
    try TinyRun.withDirectory { directory in
      let path = "\(directory)/t.safetensors"
      try TinyTeacher.write(to: path)
      var file = EncoderFile(path: path, network: NetworkName(rawValue: "cifar_resnet20"))
      let first = try file.load().digest()
      #expect(try file.load().digest() == first && first.count == 64)
      file.preparation.side = 24
      #expect(try file.load().digest() != first)
      let copy = "\(directory)/copy.safetensors"
      try FileManager.default.copyItem(atPath: path, toPath: copy)
      file = EncoderFile(path: copy, network: file.network)
      #expect(try file.load().digest() == first)
    }
  }
}
