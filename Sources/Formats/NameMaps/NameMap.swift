// Whose names: the correspondence between other projects' tensor names and ours.
//
// Hub        encoder.backbone.<torchvision's name> · encoder.projector.<position>.<leaf> ·
//            online_finetuner.<leaf> · open_clip's names (visual.…) for CLIP
// Idea       Each project's names are tied to the hub, not to each other's; any two then convert.
//            What wraps a state dictionary in a file ({"state_dict": …}, `module.`) is taken off
//            first and put back when PyTorch's format is written.
// Source     The released code of each project; see docs/weights.md
// Read       NamePattern.swift ← this file → ResNetNameMaps.swift, CLIPNameMaps.swift,
//            NameConversion.swift
// Tests      Tests/FormatsTests/NameMapTests.swift

/// The names of one project.
public struct NameMap: Sendable {
  /// What the command line calls it.
  public let name: String
  /// Whose files have these names.
  public let summary: String
  /// Correspondences; the first that fits counts.
  let rules: [NameRule]
  /// Their names that mean nothing here; a report lists them.
  let leftBehind: [NamePattern]
  /// Names that, all together, give these files away.
  let signature: [String]
  /// How a PyTorch file nests the state dictionary: keys from outside to inside.
  let wrapper: [String]
  /// What stands before each name in a PyTorch file.
  let prefix: String
  /// Whether first words of names are dictionaries of their own in a PyTorch file.
  let isGrouped: Bool

  init(
    _ name: String, _ summary: String, rules: [NameRule], leftBehind: [NamePattern] = [],
    signature: [String], wrapper: [String] = [], prefix: String = "", isGrouped: Bool = false
  ) {
    self.name = name
    self.summary = summary
    self.rules = rules
    self.leftBehind = leftBehind
    self.signature = signature
    self.wrapper = wrapper
    self.prefix = prefix
    self.isGrouped = isGrouped
  }

  /// All maps; of two whose signature fits, the first is chosen.
  public static let all: [NameMap] = [
    .project, .official, .officialClassifier, .lightning, .mocoV2, .simReg, .seed, .swav,
    .simCLRPositional, .simCLR, .simSiam, .barlowTwins, .vicReg, .byol, .torchvision, .openAI,
    .openCLIP, .huggingFace,
  ]

  /// The map of a name.
  ///
  /// - Throws: `unsupported`, naming the nearest and all there are.
  public static func named(_ name: String) throws(FormatError) -> NameMap {
    if let map = all.first(where: { $0.name == name }) { return map }
    let nearest = nearestName(to: name, among: all.map(\.name))
    throw FormatError(
      .unsupported, format: "names", "there are no names called \(FormatError.quoted(name))",
      remedy: (nearest.map { "did you mean \($0)? " } ?? "")
        + "there are " + all.map(\.name).joined(separator: ", "))
  }

  /// The first map whose signature is among names without their wrapping.
  static func recognised(_ names: Set<String>) -> NameMap? {
    all.first { $0.signature.allSatisfy(names.contains) }
  }

  /// The tensors as a PyTorch file of this project nests them.
  public func torchValue(_ tensors: OrderedMap<TensorRecord>) -> TorchValue {
    var value: TorchValue
    if isGrouped {
      var groups = OrderedMap<[(String, TorchValue)]>()
      for entry in tensors {
        let group = String(entry.key.prefix { $0 != "." })
        let rest = String(entry.key.dropFirst(group.count + 1))
        groups[group] = (groups[group] ?? []) + [(rest, .tensor(entry.value))]
      }
      value = .named(groups.map { ($0.key, .named($0.value)) })
    } else {
      value = .named(tensors.map { (prefix + $0.key, .tensor($0.value)) })
    }
    for key in wrapper.reversed() { value = .named([(key, value)]) }
    return value
  }

  /// A name without what wraps state dictionaries: leading `module.`, as parallel training writes it.
  public static func unwrapped(_ names: [String]) -> (
    kept: [(full: String, inner: String)], rest: [String]
  ) {
    var kept: [(String, String)] = []
    var rest: [String] = []
    let wrapper = ["state_dict.", "model."].first { wrapper in
      names.contains { $0.hasPrefix(wrapper) }
    }
    for name in names {
      if let wrapper, !name.hasPrefix(wrapper) {
        rest.append(name)
        continue
      }
      var inner = name.dropFirst(wrapper?.count ?? 0)
      while inner.hasPrefix("module.") { inner = inner.dropFirst(7) }
      kept.append((name, String(inner)))
    }
    return (kept, rest)
  }
}
