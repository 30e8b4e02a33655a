// The tensors of a PyTorch file by name.
//
// Idea       A checkpoint nests dictionaries: {"state_dict": {"conv1.weight": …}, "epoch": 3}. A
//            tensor's name is the way to it, joined by dots: `state_dict.conv1.weight`. What is no
//            tensor is kept as text, for people to look at.
// TorchScript A module is an object; its attributes are its parameters and parts. Only tensors on a
//            way of objects belong to the state dictionary.
// Read       PickleGraph.swift, TorchTensor.swift ← this file → TorchFile.swift
// Tests      Tests/FormatsTests/WeightFileTests.swift

/// What a pickle's graph says, by name.
struct TorchContent {
  private(set) var tensors = OrderedMap<TorchTensor>()
  /// Numbers, texts and truth values, written as text.
  private(set) var values = OrderedMap<String>()

  /// The longest name, in bytes.
  private static let longestName = 4096

  /// Unfolds a graph.
  ///
  /// - Throws: `duplicate` if two ways give one name; `limitExceeded` if shared values unfold to many
  ///   times what the file holds, or a name is too long.
  init(_ graph: PickleGraph, _ kind: PickleKind) throws(FormatError) {
    // Each step is a pair of a node and the way to it. Sharing is rare in real files.
    var stepsLeft = min(10_000_000, 16 * graph.values.count + 10_000)
    var stack: [(name: String, node: PickleNode, isAttribute: Bool)] = [("", graph.root, true)]
    while let (name, node, isAttribute) = stack.popLast() {
      stepsLeft -= 1
      if stepsLeft < 0 {
        throw PickleMachine.fail(.limitExceeded, "shared values unfold to too many")
      }
      if name.utf8.count > TorchContent.longestName {
        throw PickleMachine.fail(.limitExceeded, "a tensor's name would have over 4096 bytes")
      }
      let prefix = name.isEmpty ? "" : name + "."
      switch graph[node] {
      case .tensor(let i):
        let name = name.isEmpty ? "tensor" : name
        if kind != .script || isAttribute, !tensors.insert(graph.tensors[Int(i)], for: name) {
          throw PickleMachine.fail(.duplicate, "two tensors are called \(FormatError.quoted(name))")
        }
      case .dictionary(let i):
        for pair in graph.dictionaries[Int(i)].reversed() {
          stack.append((prefix + (graph.keyText(pair.key) ?? ""), pair.value, kind != .script))
        }
      case .object(let i):
        guard graph.attributes[Int(i)] >= 0,
          let pairs = graph.dictionary(graph.attributes[Int(i)])
        else { continue }
        for pair in pairs.reversed() {
          stack.append((prefix + (graph.keyText(pair.key) ?? ""), pair.value, isAttribute))
        }
      case .list(let i), .tuple(let i):
        for (position, element) in graph.lists[Int(i)].enumerated().reversed() {
          stack.append((prefix + String(position), element, kind != .script))
        }
      case .truth(let value): values.insert(value ? "true" : "false", for: name)
      case .integer(let value): values.insert(String(value), for: name)
      case .real(let value): values.insert(String(value), for: name)
      case .text(let i): values.insert(graph.texts[Int(i)], for: name)
      case .none, .largeInteger, .bytes, .global, .storage, .opaque: continue
      }
    }
  }
}
