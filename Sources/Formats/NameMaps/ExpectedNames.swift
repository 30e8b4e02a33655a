// Which names and shapes a network must have, told from those it has.
//
// Idea       A converter that takes what it recognises loses a layer without a word. So the network's
//            plan (kind of block, depth of each stage, widths) is read off the file, all names and
//            shapes that follow from the plan are listed, and the file is compared with the list.
// Source     He et al. 2016 as in torchvision; Radford et al. 2021 as in open_clip
// Read       NamePattern.swift ← this file → NameConversion.swift
// Tests      Tests/NetworksTests/ExpectedNamesTests.swift, Tests/FormatsTests/NameMapTests.swift

/// Names and shapes that belong together.
public typealias ExpectedNames = [(name: String, shape: [Int])]

/// Names of a ResNet, in torchvision's order, for the plan that a set of tensors shows.
///
/// - Parameter found: Shapes by torchvision's names.
/// - Returns: All names of the backbone without a classifier, or nil if there is no stem.
public func expectedResNet(_ found: [String: [Int]]) -> ExpectedNames? {
  guard let stem = found["conv1.weight"], stem.count == 4 else { return nil }
  var names: ExpectedNames = []
  func convolution(_ name: String, _ inputs: Int, _ outputs: Int, _ kernel: Int) {
    names.append(("\(name).weight", [outputs, inputs, kernel, kernel]))
  }
  func norm(_ name: String, _ channels: Int) {
    for leaf in ["weight", "bias", "running_mean", "running_var"] {
      names.append(("\(name).\(leaf)", [channels]))
    }
    names.append(("\(name).num_batches_tracked", []))
  }
  convolution("conv1", 3, stem[0], stem[2])
  norm("bn1", stem[0])
  var inputs = stem[0]
  let indices = found.keys.compactMap { blockIndex($0) }
  for stage in 1...max(1, min(8, indices.map(\.stage).max() ?? 1)) {
    let depth = indices.filter { $0.stage == stage }.map { $0.block + 1 }.max() ?? 0
    for i in 0..<depth {
      let place = "layer\(stage).\(i)"
      let isBottleneck = found["layer1.0.conv3.weight"] != nil
      let width = found["layer\(stage).0.conv1.weight"]?.first ?? 0
      let outputs =
        isBottleneck ? found["layer\(stage).0.conv3.weight"]?.first ?? 4 * width : width
      convolution("\(place).conv1", inputs, width, isBottleneck ? 1 : 3)
      norm("\(place).bn1", width)
      convolution("\(place).conv2", width, width, 3)
      norm("\(place).bn2", width)
      if isBottleneck {
        convolution("\(place).conv3", width, outputs, 1)
        norm("\(place).bn3", outputs)
      }
      if i == 0, stage > 1 || inputs != outputs {
        convolution("\(place).downsample.0", inputs, outputs, 1)
        norm("\(place).downsample.1", outputs)
      }
      inputs = outputs
    }
  }
  return names
}

/// Stage and block of a name such as `layer2.0.conv1.weight`.
private func blockIndex(_ name: String) -> (stage: Int, block: Int)? {
  let parts = name.split(separator: ".")
  guard parts.count > 2, parts[0].hasPrefix("layer"), let stage = Int(parts[0].dropFirst(5)),
    let block = Int(parts[1]), (1...8).contains(stage), (0...999).contains(block)
  else { return nil }
  return (stage, block)
}

/// Names of CLIP's image tower, and of its text tower if there is one.
///
/// - Parameter found: Shapes by open_clip's names.
/// - Returns: All names, or nil if there is no vision transformer.
public func expectedCLIP(_ found: [String: [Int]]) -> ExpectedNames? {
  guard let patches = found["visual.conv1.weight"], patches.count == 4 else { return nil }
  let width = patches[0]
  func second(_ name: String) -> Int { found[name].flatMap { $0.count == 2 ? $0[1] : nil } ?? 0 }
  func first(_ name: String) -> Int { found[name]?.first ?? 0 }
  let embedding = second("visual.proj")
  var names: ExpectedNames = [
    ("visual.conv1.weight", [width, 3, patches[2], patches[2]]),
    ("visual.class_embedding", [width]),
    ("visual.positional_embedding", [first("visual.positional_embedding"), width]),
  ]
  names += norm("visual.ln_pre", width) + norm("visual.ln_post", width)
  names.append(("visual.proj", [width, embedding]))
  names += transformer("visual.transformer", width, found)
  guard found["token_embedding.weight"] != nil else { return names }
  let textWidth = second("token_embedding.weight")
  names += [
    ("token_embedding.weight", [first("token_embedding.weight"), textWidth]),
    ("positional_embedding", [first("positional_embedding"), textWidth]),
    ("text_projection", [textWidth, embedding]), ("logit_scale", []),
  ]
  return names + norm("ln_final", textWidth) + transformer("transformer", textWidth, found)
}

private func norm(_ name: String, _ width: Int) -> ExpectedNames {
  [("\(name).weight", [width]), ("\(name).bias", [width])]
}

private func transformer(
  _ name: String, _ width: Int, _ found: [String: [Int]]
) -> ExpectedNames {
  let pattern = NamePattern("\(name).resblocks.#.*")
  let depth = found.keys.compactMap { pattern.match($0)?.first.flatMap { Int($0) } }.max() ?? -1
  return (0..<min(depth + 1, 1000)).flatMap { i -> ExpectedNames in
    let place = "\(name).resblocks.\(i)"
    return norm("\(place).ln_1", width) + norm("\(place).ln_2", width) + [
      ("\(place).attn.in_proj_weight", [3 * width, width]),
      ("\(place).attn.in_proj_bias", [3 * width]),
      ("\(place).attn.out_proj.weight", [width, width]),
      ("\(place).attn.out_proj.bias", [width]),
      ("\(place).mlp.c_fc.weight", [4 * width, width]), ("\(place).mlp.c_fc.bias", [4 * width]),
      ("\(place).mlp.c_proj.weight", [width, 4 * width]), ("\(place).mlp.c_proj.bias", [width]),
    ]
  }
}
