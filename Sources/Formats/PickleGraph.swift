// What a pickle describes: a graph of plain values.
//
// Idea       Python objects refer to each other, so values are nodes with numbers; a list holds the
//            numbers of its elements. Shared nodes stay shared. After the program has ended, one walk
//            proves that nothing contains itself and no dictionary names a key twice; whoever
//            unfolds the graph counts its steps, because a few shared lists can stand for 2⁶⁰ values.
// Read       this file → PickleMachine.swift, TorchContent.swift
// Tests      Tests/FormatsTests/PickleTests.swift

/// The number of a node.
typealias PickleNode = Int32

/// A graph of values, built by a PickleMachine.
struct PickleGraph {
  /// A node; numbers point into the tables below.
  enum Value {
    case none
    case truth(Bool)
    case integer(Int64)
    /// More than 64 bits; only its length matters.
    case largeInteger
    case real(Double)
    case text(Int32)
    case bytes
    case tuple(Int32)
    case list(Int32)
    case dictionary(Int32)
    case global(Int32)
    case storage(Int32)
    case tensor(Int32)
    /// An object of a TorchScript class; its attributes are a dictionary, or -1 before BUILD.
    case object(Int32)
    /// Something made by a global that is not allowed, when the caller asked to pass over it.
    case opaque
  }

  var values: [Value] = []
  var texts: [String] = []
  /// Elements of lists and tuples.
  var lists: [[PickleNode]] = []
  /// Pairs of dictionaries.
  var dictionaries: [[(key: PickleNode, value: PickleNode)]] = []
  /// The dictionary of each object.
  var attributes: [PickleNode] = []
  var globals: [PickleGlobal] = []
  var storages: [TorchStorage] = []
  var tensors: [TorchTensor] = []
  /// The value that the program left.
  var root: PickleNode = 0
  /// Globals that were passed over, each once.
  var passedOver: [String] = []

  subscript(node: PickleNode) -> Value { values[Int(node)] }

  func text(_ node: PickleNode) -> String? {
    if case .text(let i) = self[node] { texts[Int(i)] } else { nil }
  }

  func integer(_ node: PickleNode) -> Int? {
    if case .integer(let i) = self[node] { Int(i) } else { nil }
  }

  func tuple(_ node: PickleNode) -> [PickleNode]? {
    if case .tuple(let i) = self[node] { lists[Int(i)] } else { nil }
  }

  func list(_ node: PickleNode) -> [PickleNode]? {
    if case .list(let i) = self[node] { lists[Int(i)] } else { nil }
  }

  func dictionary(_ node: PickleNode) -> [(key: PickleNode, value: PickleNode)]? {
    if case .dictionary(let i) = self[node] { dictionaries[Int(i)] } else { nil }
  }

  /// The value of a text key.
  func value(_ key: String, in node: PickleNode) -> PickleNode? {
    dictionary(node)?.first { text($0.key) == key }?.value
  }

  /// A key as a name shows it, or nil if it cannot be one: texts, whole numbers, truth values, and
  /// tuples of those.
  func keyText(_ node: PickleNode) -> String? {
    switch self[node] {
    case .text(let i): return texts[Int(i)]
    case .integer(let value): return String(value)
    case .truth(let value): return value ? "True" : "False"
    case .tuple(let i):
      var parts: [String] = []
      for part in lists[Int(i)] {
        // Tuples within tuples could unfold without end.
        if case .tuple = self[part] { return nil }
        guard let text = keyText(part) else { return nil }
        parts.append(text)
      }
      return "(" + parts.joined(separator: ", ") + ")"
    default: return nil
    }
  }

  /// The nodes a node contains.
  func children(_ node: PickleNode) -> [PickleNode] {
    switch self[node] {
    case .tuple(let i), .list(let i): lists[Int(i)]
    case .dictionary(let i): dictionaries[Int(i)].flatMap { [$0.key, $0.value] }
    case .object(let i): attributes[Int(i)] < 0 ? [] : [attributes[Int(i)]]
    default: []
    }
  }

  /// Proves that no value contains itself and no dictionary has a key twice.
  ///
  /// - Throws: `malformed` or `duplicate`.
  func check() throws(FormatError) {
    enum Colour { case white, grey, black }
    var colours = [Colour](repeating: .white, count: values.count)
    // A node is entered, its children are, then it is left: an explicit stack, because depth comes
    // from the file.
    var stack: [(node: PickleNode, leaves: Bool)] = [(root, false)]
    while let (node, leaves) = stack.popLast() {
      if leaves {
        colours[Int(node)] = .black
        continue
      }
      switch colours[Int(node)] {
      case .black: continue
      case .grey: throw PickleMachine.fail(.malformed, "a value contains itself")
      case .white: break
      }
      if case .dictionary(let i) = self[node] { try checkKeys(dictionaries[Int(i)]) }
      let inner = children(node)
      if inner.isEmpty {
        colours[Int(node)] = .black
        continue
      }
      colours[Int(node)] = .grey
      stack.append((node, true))
      for child in inner where colours[Int(child)] != .black { stack.append((child, false)) }
    }
  }

  private func checkKeys(
    _ pairs: [(key: PickleNode, value: PickleNode)]
  ) throws(FormatError) {
    var seen = Set<ByteKey>()
    for pair in pairs {
      guard let text = keyText(pair.key) else {
        throw PickleMachine.fail(.malformed, "a dictionary's key is neither text nor number")
      }
      // 1 and "1" are two keys for Python.
      let isText = if case .text = self[pair.key] { true } else { false }
      guard seen.insert(ByteKey(text: (isText ? "'" : "") + text)).inserted else {
        throw PickleMachine.fail(
          .duplicate, "a dictionary has the key \(FormatError.quoted(text)) twice")
      }
    }
  }
}
