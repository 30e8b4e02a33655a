import Foundation
import Testing

@testable import Formats

/// A small network under torchvision's names: bottlenecks, two stages.
enum TinyResNet {
  static let shapes: [(String, [Int])] = {
    var shapes: [(String, [Int])] = []
    func norm(_ name: String, _ channels: Int) {
      for leaf in ["weight", "bias", "running_mean", "running_var"] {
        shapes.append(("\(name).\(leaf)", [channels]))
      }
      shapes.append(("\(name).num_batches_tracked", []))
    }
    shapes.append(("conv1.weight", [4, 3, 7, 7]))
    norm("bn1", 4)
    var inputs = 4
    for stage in 1...2 {
      for block in 0..<2 {
        let place = "layer\(stage).\(block)"
        let width = 2 * stage
        for (i, shape) in [
          [width, inputs, 1, 1], [width, width, 3, 3], [4 * width, width, 1, 1],
        ].enumerated() {
          shapes.append(("\(place).conv\(i + 1).weight", shape))
          norm("\(place).bn\(i + 1)", shape[0])
        }
        if block == 0 {
          shapes.append(("\(place).downsample.0.weight", [4 * width, inputs, 1, 1]))
          norm("\(place).downsample.1", 4 * width)
        }
        inputs = 4 * width
      }
    }
    return shapes
  }()

  /// Every tensor with numbers of its own, so that a mix-up shows.
  static func tensors(_ prefix: String = "", more: [(String, [Int])] = []) -> OrderedMap<
    TensorRecord
  > {
    var tensors = OrderedMap<TensorRecord>()
    for (i, (name, shape)) in (shapes.map { (prefix + $0.0, $0.1) } + more).enumerated() {
      let count = shape.reduce(1, *)
      let isCounter = name.hasSuffix("num_batches_tracked")
      tensors.insert(
        isCounter
          ? TensorRecord([Int64(i)], shape: [])
          : TensorRecord((0..<count).map { Float(1000 * i + $0) }, shape: shape), for: name)
    }
    return tensors
  }
}

@Suite("Name maps") struct NameMapTests {
  static func file(_ tensors: OrderedMap<TensorRecord>) throws -> WeightFile {
    try WeightFile(ByteSource(SafeTensorsFile(tensors: tensors).serialized()))
  }

  static func weights(_ tensors: OrderedMap<TensorRecord>, from map: String? = nil) throws
    -> NamedWeights
  {
    try NamedWeights(file(tensors), path: "test", from: try map.map { try NameMap.named($0) })
  }

  static func mismatch(_ body: () throws -> Void) -> NameReport? {
    do { try body() } catch { return (error as? NameMismatch)?.report }
    return nil
  }

  @Test(
    "each project's files are recognised, and their backbones arrive whole",
    arguments: [
      ("torchvision", "", [("fc.weight", [3, 16]), ("fc.bias", [3])], 2, 0),
      ("torchvision", "module.", [], 0, 0),
      (
        "mvmr", "encoder.backbone.",
        [("encoder.projector.0.weight", [5, 16]), ("optimizer.first.x", [1])], 1, 1
      ),
      (
        "lightning", "state_dict._encoder.backbone.",
        [("state_dict._hog.weight", [2]), ("optimizer_states.0.state.0.exp_avg", [2])], 0, 2
      ),
      (
        "moco-v2", "state_dict.module.encoder_q.",
        [
          ("state_dict.module.encoder_q.fc.0.weight", [2, 2]),
          ("state_dict.module.encoder_k.conv1.weight", [1]), ("state_dict.module.queue", [1]),
        ], 1, 2
      ),
      (
        "swav", "module.",
        [("module.projection_head.0.weight", [2, 2]), ("module.prototypes.weight", [2])], 1, 1
      ),
      (
        "simclr", "model.module.module.module.", [("model.module.module.module.fc.3.weight", [2])],
        1, 0
      ),
      (
        "simsiam", "state_dict.module.encoder.", [("state_dict.module.predictor.0.weight", [2])], 0,
        1
      ),
      ("vicreg", "model.module.backbone.", [("model.module.projector.0.weight", [2])], 1, 0),
      ("barlow-twins", "model.module.backbone.", [("model.module.bn.running_mean", [2])], 0, 1),
      (
        "seed", "state_dict.module.student.", [("state_dict.module.teacher.conv1.weight", [2])], 0,
        1
      ),
      (
        "simreg", "state_dict.encoder_q.module.",
        [
          ("state_dict.predict_q.module.0.weight", [2]),
          ("state_dict.encoder_t.module.conv1.weight", [2]),
        ], 1, 1
      ),
      (
        "official-classifier", "encoder.",
        [("classifier.weight", [3, 16]), ("classifier.bias", [3])], 2, 0
      ),
    ] as [(String, String, [(String, [Int])], Int, Int)])
  func families(name: String, prefix: String, more: [(String, [Int])], extra: Int, left: Int) throws
  {
    let tensors = TinyResNet.tensors(prefix, more: more)
    let weights = try Self.weights(tensors)
    #expect(weights.source.name == name)
    #expect(weights.tensors.count == TinyResNet.shapes.count + extra)
    #expect(weights.report.leftBehind.count == left, "\(weights.report)")
    for (key, _) in TinyResNet.shapes {
      #expect(weights.tensors["encoder.backbone.\(key)"] == tensors[prefix + key], "\(key)")
    }
  }

  @Test(
    "there and back, every project gives the same tensors",
    arguments: NameMap.all.filter { !$0.name.contains("clip") && $0.name != "simclr-tensorflow" }
      .map(\.name))
  func roundTrip(name: String) throws {
    let map = try NameMap.named(name)
    let hub = try Self.weights(
      TinyResNet.tensors("encoder.backbone.", more: [("encoder.projector.0.weight", [5, 16])]))
    let (theirs, _) = try hub.renamed(to: map)
    // Through PyTorch's format, with what wraps the names there.
    let archive = try torchArchive(map.torchValue(theirs)).flatMap { $0 }
    let back = try NamedWeights(WeightFile(ByteSource(archive)), path: "test", from: map)
    for (key, _) in TinyResNet.shapes {
      #expect(
        back.tensors["encoder.backbone.\(key)"] == hub.tensors["encoder.backbone.\(key)"], "\(key)")
    }
    if !["byol", "torchvision", "official-classifier"].contains(name) {
      #expect(
        back.tensors["encoder.projector.0.weight"] == hub.tensors["encoder.projector.0.weight"])
    }
  }

  @Test("missing, unexpected and mis-shaped names are all listed, and nothing is converted")
  func strict() throws {
    var tensors = TinyResNet.tensors()
    tensors["layer1.1.conv2.weight"] = nil
    tensors["layer2.0.bn1.bias"] = nil
    tensors["layer2.1.conv9.weight"] = TensorRecord([1] as [Float], shape: [1])
    tensors["bn1.weight"] = TensorRecord([1, 2] as [Float], shape: [2])
    let report = try #require(Self.mismatch { _ = try Self.weights(tensors) })
    #expect(
      report.missing == [
        "encoder.backbone.layer1.1.conv2.weight", "encoder.backbone.layer2.0.bn1.bias",
      ])
    #expect(report.unexpected == ["encoder.backbone.layer2.1.conv9.weight"])
    #expect(report.misshaped.map(\.name) == ["encoder.backbone.bn1.weight"])
    #expect(report.description.contains("[2] instead of [4]"))
  }

  @Test("counters that old files have not are added as 0, and the report says so")
  func counters() throws {
    var tensors = TinyResNet.tensors()
    for (name, _) in TinyResNet.shapes where name.hasSuffix("num_batches_tracked") {
      tensors[name] = nil
    }
    let weights = try Self.weights(tensors)
    #expect(weights.tensors.count == TinyResNet.shapes.count)
    #expect(weights.report.added.count == 15)
    #expect(try weights.tensors["encoder.backbone.bn1.num_batches_tracked"]?.int64s() == [0])
  }

  @Test("names of nobody, and of two kinds of network, are refused with a remedy")
  func unknown() throws {
    let nobody = formatError {
      _ = try Self.weights(["x": TensorRecord([1] as [Float], shape: [1])])
    }
    #expect(nobody?.remedy.contains("--from") == true)
    let hub = try Self.weights(TinyResNet.tensors())
    #expect(
      formatError { _ = try hub.renamed(to: NameMap.named("open_clip")) }?.kind == .unsupported)
    #expect(
      formatError { _ = try NameMap.named("torchvison") }?.remedy.contains("torchvision") == true)
  }

  @Test("the numbered layers of the TensorFlow conversion find their places")
  func positional() throws {
    let map = try NameMap.named("simclr-tensorflow")
    func ours(_ name: String) -> String? {
      map.rules.lazy.compactMap { rule in rule.theirs[0].match(name).map { rule.ours.filled($0) } }
        .first
    }
    // The table of the conversion: shortcut 1, 11, 24, 43; then the blocks' convolutions.
    #expect(ours("conv2d.weight") == "encoder.backbone.conv1.weight")
    #expect(ours("conv2d_1.weight") == "encoder.backbone.layer1.0.downsample.0.weight")
    #expect(ours("conv2d_2.weight") == "encoder.backbone.layer1.0.conv1.weight")
    #expect(ours("conv2d_10.weight") == "encoder.backbone.layer1.2.conv3.weight")
    #expect(ours("batch_normalization_11.bias") == "encoder.backbone.layer2.0.downsample.1.bias")
    #expect(ours("conv2d_24.weight") == "encoder.backbone.layer3.0.downsample.0.weight")
    #expect(ours("conv2d_42.weight") == "encoder.backbone.layer3.5.conv3.weight")
    #expect(ours("conv2d_43.weight") == "encoder.backbone.layer4.0.downsample.0.weight")
    #expect(
      ours("batch_normalization_52.running_var") == "encoder.backbone.layer4.2.bn3.running_var")
    #expect(ours("conv2d_53.weight") == nil)
  }

  /// Tensors of open_clip's own names and shapes.
  static func clip() throws -> OrderedMap<TensorRecord> {
    let names = try JSONValue(parsing: try WeightFixtures.bytes("open_clip_names.json"))
    var tensors = OrderedMap<TensorRecord>()
    for (i, entry) in (names.object ?? [:]).enumerated() {
      let shape = (entry.value.array ?? []).compactMap(\.integer)
      let count = shape.reduce(1, *)
      tensors.insert(
        TensorRecord((0..<count).map { Float(20000 * i + $0) }, shape: shape), for: entry.key)
    }
    return tensors
  }

  @Test("a CLIP of open_clip is whole; without a layer it is not")
  func openCLIP() throws {
    var tensors = try Self.clip()
    #expect(try Self.weights(tensors).tensors.count == tensors.count)
    #expect(try Self.weights(tensors).source.name == "open_clip")
    tensors["visual.transformer.resblocks.0.mlp.c_fc.bias"] = nil
    let report = Self.mismatch { _ = try Self.weights(tensors) }
    #expect(report?.missing == ["visual.transformer.resblocks.0.mlp.c_fc.bias"])
    tensors["input_resolution"] = TensorRecord([8] as [Int64], shape: [])
    #expect(Self.mismatch { _ = try Self.weights(tensors) }?.leftBehind == ["input_resolution"])
  }

  @Test("Hugging Face's CLIP: q, k and v are cut and joined, projections transposed")
  func huggingFace() throws {
    let tensors = try Self.clip()
    let (theirs, left) = try Self.weights(tensors).renamed(to: NameMap.named("huggingface-clip"))
    #expect(left.isEmpty)
    let layer = "vision_model.encoder.layers.1.self_attn"
    let joined = try #require(tensors["visual.transformer.resblocks.1.attn.in_proj_weight"])
      .floats()
    for (i, part) in ["q", "k", "v"].enumerated() {
      let record = try #require(theirs["\(layer).\(part)_proj.weight"])
      #expect(record.shape == [64, 64])
      #expect(try record.floats() == Array(joined[(i * 4096)..<((i + 1) * 4096)]))
    }
    let projection = try #require(theirs["visual_projection.weight"])
    #expect(projection.shape == [8, 64])
    let ours = try #require(tensors["visual.proj"]).floats()
    #expect(try projection.floats()[64] == ours[1] && projection.floats()[1] == ours[8])
    #expect(theirs["vision_model.pre_layrnorm.weight"] == tensors["visual.ln_pre.weight"])
    #expect(
      theirs["text_model.encoder.layers.0.mlp.fc1.bias"]
        == tensors["transformer.resblocks.0.mlp.c_fc.bias"])
    // And back, from a file that also has the buffers of old versions.
    var file = theirs
    file["vision_model.embeddings.position_ids"] = TensorRecord([0] as [Int64], shape: [1])
    let back = try Self.weights(file)
    #expect(back.source.name == "huggingface-clip" && back.report.leftBehind.count == 1)
    for entry in tensors { #expect(back.tensors[entry.key] == entry.value, "\(entry.key)") }
    file["\(layer).k_proj.bias"] = nil
    #expect(
      Self.mismatch { _ = try Self.weights(file) }?.missing.contains("\(layer).k_proj.bias") == true
    )
  }

  @Test("the image tower alone is a whole network")
  func tower() throws {
    var tensors = try Self.clip()
    for name in tensors.keys where !name.hasPrefix("visual.") { tensors[name] = nil }
    #expect(try Self.weights(tensors).report.isStrict)
    let (theirs, _) = try Self.weights(tensors).renamed(to: NameMap.named("huggingface-clip"))
    #expect(
      theirs.keys.allSatisfy { $0.hasPrefix("vision_model.") || $0 == "visual_projection.weight" })
  }

  @Test("patterns catch numbers and rests, and nothing else")
  func patterns() {
    let pattern: NamePattern = "a.#.b.*"
    #expect(pattern.match("a.12.b.c.d") == ["12", "c.d"])
    #expect(
      pattern.match("a.x.b.c") == nil && pattern.match("a.1.b") == nil
        && pattern.match("b.1.b.c") == nil)
    #expect(pattern.filled(["3", "x"]) == "a.3.b.x")
    #expect(
      ("queue" as NamePattern).match("queue") == []
        && ("queue" as NamePattern).match("queue.x") == nil)
    #expect(("*" as NamePattern).match("x.y") == ["x.y"])
  }
}
