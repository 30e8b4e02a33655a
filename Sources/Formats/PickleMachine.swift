// Python's pickle, read without Python: a stack machine that describes and never calls.
//
// Source     CPython's pickletools.py, protocol 2; the opcodes PyTorch writes
// Idea       A pickle is a program. Executing it as Python does can run anything. Of its opcodes 31
//            are enough for every PyTorch checkpoint; they push plain values, put them into lists
//            and dictionaries, and name a few known classes. All others, and all other names
//            (PickleGlobals.swift), are errors. Nothing is looked up, imported or called.
// Safety     Lengths are compared with what is left before use; the memo cannot be sparse; the
//            stack, the number of opcodes and the program's size have limits; no recursion.
// Read       ByteReader.swift, PickleGraph.swift ← this file → PickleGlobals.swift
// Tests      Tests/FormatsTests/PickleTests.swift

/// What a reader of pickles accepts.
public struct PickleLimits: Sendable {
  /// Bytes of a program.
  public var programSize = 64 << 20
  public var opcodeCount = 20_000_000
  public var stackDepth = 1_000_000
  public var memoCount = 5_000_000
  /// Whether globals that are not allowed become opaque values, and are listed, instead of an error.
  ///
  /// They are never called either way.
  public var passesOverUnknownGlobals = false

  public init() {}
}

/// Which program this is.
enum PickleKind {
  /// `data.pkl` of an archive.
  case archive
  /// The same in a TorchScript archive: classes named `__torch__.…` are allowed.
  case script
  /// A part of a file from before PyTorch 1.6.
  case legacy
}

/// Runs one program.
struct PickleMachine {
  private(set) var reader: ByteReader
  let kind: PickleKind
  let limits: PickleLimits
  var graph = PickleGraph()
  /// The numbers of storages by their keys.
  var storageNumbers: [ByteKey: Int32] = [:]

  private var stack: [PickleNode] = []
  private var marks: [Int] = []
  private var memo: [PickleNode] = []
  private var opcodeCount = 0
  private var globalNodes: [String: PickleNode] = [:]

  private init(_ reader: ByteReader, _ kind: PickleKind, _ limits: PickleLimits) {
    self.reader = reader
    self.kind = kind
    self.limits = limits
    // Values without content exist once.
    graph.values = [.none, .truth(false), .truth(true), .tuple(0), .opaque]
    graph.lists = [[]]
  }

  /// Runs the program at a reader's position.
  ///
  /// - Parameters:
  ///   - reader: Moved behind the program.
  ///   - kind: Which program it is.
  ///   - limits: What to refuse.
  /// - Returns: The graph, checked.
  /// - Throws: `unsupported` for an opcode, `unsafe` for a global, and what else is wrong.
  static func run(
    _ reader: inout ByteReader, _ kind: PickleKind, limits: PickleLimits
  ) throws(FormatError) -> PickleGraph {
    var machine = PickleMachine(reader, kind, limits)
    try machine.run()
    reader = machine.reader
    try machine.graph.check()
    return machine.graph
  }

  static func fail(
    _ kind: FormatError.Kind, _ problem: String, at place: FormatError.Place = .unknown,
    _ remedy: String = ""
  ) -> FormatError {
    FormatError(kind, format: "pickle", at: place, problem, remedy: remedy)
  }

  func fail(
    _ kind: FormatError.Kind, _ problem: String, _ remedy: String = ""
  ) -> FormatError {
    PickleMachine.fail(kind, problem, at: reader.place, remedy)
  }

  private mutating func run() throws(FormatError) {
    guard try reader.byte() == 0x80 else { throw fail(.malformed, "a program begins with PROTO") }
    let version = try reader.byte()
    guard version == 2 else { throw fail(.unsupported, "protocol \(version); PyTorch writes 2") }
    while true {
      opcodeCount += 1
      if opcodeCount > limits.opcodeCount {
        throw fail(.limitExceeded, "more than \(limits.opcodeCount) opcodes")
      }
      let opcode = try reader.byte()
      if opcode == UInt8(ascii: ".") {
        graph.root = try pop()
        guard stack.isEmpty, marks.isEmpty else {
          throw fail(.malformed, "\(stack.count) values are left on the stack at the end")
        }
        return
      }
      try step(opcode)
      if stack.count + marks.count > limits.stackDepth {
        throw fail(.limitExceeded, "more than \(limits.stackDepth) values on the stack")
      }
    }
  }

  private mutating func step(_ opcode: UInt8) throws(FormatError) {
    switch opcode {
    case 0x28: marks.append(stack.count)  // MARK
    case 0x4E: stack.append(0)  // NONE
    case 0x88: stack.append(2)  // NEWTRUE
    case 0x89: stack.append(1)  // NEWFALSE
    case 0x29: stack.append(3)  // EMPTY_TUPLE
    case 0x4B: push(.integer(Int64(try reader.number(UInt8.self))))  // BININT1
    case 0x4D: push(.integer(Int64(try reader.number(UInt16.self))))  // BININT2
    case 0x4A: push(.integer(Int64(try reader.number(Int32.self))))  // BININT
    case 0x8A: try long()  // LONG1
    case 0x47:  // BINFLOAT: big-endian
      push(.real(Double(bitPattern: try reader.number(UInt64.self).byteSwapped)))
    case 0x58: pushText(try reader.text(try reader.count(UInt32.self)))  // BINUNICODE
    case 0x5D: push(.list(newList([])))  // EMPTY_LIST
    case 0x7D: push(.dictionary(newDictionary()))  // EMPTY_DICT
    case 0x85: pushTuple(try pop(1))  // TUPLE1
    case 0x86: pushTuple(try pop(2))  // TUPLE2
    case 0x87: pushTuple(try pop(3))  // TUPLE3
    case 0x74: pushTuple(try popToMark())  // TUPLE
    case 0x61: try append(try pop(1))  // APPEND
    case 0x65: try append(try popToMark())  // APPENDS
    case 0x73: try setItems(try pop(2))  // SETITEM
    case 0x75: try setItems(try popToMark())  // SETITEMS
    case 0x71: try put(Int(try reader.number(UInt8.self)))  // BINPUT
    case 0x72: try put(try reader.count(UInt32.self))  // LONG_BINPUT
    case 0x68: try get(Int(try reader.number(UInt8.self)))  // BINGET
    case 0x6A: try get(try reader.count(UInt32.self))  // LONG_BINGET
    case 0x63: try global()  // GLOBAL
    case 0x52:  // REDUCE
      let arguments = try pop()
      stack.append(try reduced(try pop(), arguments))
    case 0x81:  // NEWOBJ
      let arguments = try pop()
      stack.append(try newObject(try pop(), arguments))
    case 0x62:  // BUILD
      let state = try pop()
      try build(try top(), state)
    case 0x51: push(.storage(try storage(try pop())))  // BINPERSID
    default:
      throw fail(
        .unsupported, "the opcode 0x\(String(opcode, radix: 16))",
        "save plain tensors with torch.save(model.state_dict(), …)")
    }
  }

  // MARK: Stack

  private func top() throws(FormatError) -> PickleNode {
    guard let node = stack.last, stack.count > marks.last ?? 0 else {
      throw fail(.malformed, "an opcode needs a value; the stack has none")
    }
    return node
  }

  private mutating func pop() throws(FormatError) -> PickleNode {
    let node = try top()
    stack.removeLast()
    return node
  }

  private mutating func pop(_ count: Int) throws(FormatError) -> [PickleNode] {
    guard stack.count - (marks.last ?? 0) >= count else {
      throw fail(.malformed, "an opcode needs \(count) values; the stack has fewer")
    }
    defer { stack.removeLast(count) }
    return Array(stack[(stack.count - count)...])
  }

  private mutating func popToMark() throws(FormatError) -> [PickleNode] {
    guard let mark = marks.popLast() else { throw fail(.malformed, "an opcode needs a mark") }
    defer { stack.removeLast(stack.count - mark) }
    return Array(stack[mark...])
  }

  private mutating func push(_ value: PickleGraph.Value) { stack.append(node(value)) }

  /// A new node.
  mutating func node(_ value: PickleGraph.Value) -> PickleNode {
    graph.values.append(value)
    return PickleNode(graph.values.count - 1)
  }

  mutating func newList(_ elements: [PickleNode]) -> Int32 {
    graph.lists.append(elements)
    return Int32(graph.lists.count - 1)
  }

  mutating func newDictionary() -> Int32 {
    graph.dictionaries.append([])
    return Int32(graph.dictionaries.count - 1)
  }

  private mutating func pushText(_ text: String) {
    graph.texts.append(text)
    push(.text(Int32(graph.texts.count - 1)))
  }

  private mutating func pushTuple(_ elements: [PickleNode]) {
    if elements.isEmpty { stack.append(3) } else { push(.tuple(newList(elements))) }
  }

  // MARK: Opcodes with something to check

  private mutating func long() throws(FormatError) {
    let range = try reader.skip(Int(try reader.byte()))
    guard range.count <= 8 else { return push(.largeInteger) }
    var value: Int64 = 0
    for (i, index) in range.enumerated() {
      value |= Int64(bitPattern: UInt64(reader.bytes[index]) << UInt64(8 * i))
    }
    // The last byte's highest bit is the sign.
    let unused = Int64(64 - 8 * range.count)
    push(.integer(range.isEmpty ? 0 : (value << unused) >> unused))
  }

  private mutating func append(_ elements: [PickleNode]) throws(FormatError) {
    switch graph[try top()] {
    case .list(let i): graph.lists[Int(i)] += elements
    case .opaque: break
    default: throw fail(.malformed, "something is appended to what is no list")
    }
  }

  private mutating func setItems(_ items: [PickleNode]) throws(FormatError) {
    guard items.count % 2 == 0 else { throw fail(.malformed, "a key has no value") }
    switch graph[try top()] {
    case .dictionary(let i):
      for pair in stride(from: 0, to: items.count, by: 2) {
        graph.dictionaries[Int(i)].append((items[pair], items[pair + 1]))
      }
    case .opaque: break
    default: throw fail(.malformed, "a pair is set in what is no dictionary")
    }
  }

  private mutating func put(_ index: Int) throws(FormatError) {
    // A program that numbers its values in order needs no more places than it has opcodes.
    guard index <= opcodeCount, index < limits.memoCount else {
      throw fail(.limitExceeded, "the memo has no place \(index)")
    }
    let node = try top()
    if index >= memo.count {
      memo += repeatElement(-1, count: index + 1 - memo.count)
    }
    memo[index] = node
  }

  private mutating func get(_ index: Int) throws(FormatError) {
    guard index < memo.count, memo[index] >= 0 else {
      throw fail(.malformed, "the memo holds nothing at \(index)")
    }
    stack.append(memo[index])
  }

  private mutating func global() throws(FormatError) {
    let module = try line()
    let name = "\(module).\(try line())"
    if let known = globalNodes[name] { return stack.append(known) }
    var found = PickleGlobal(name, kind)
    if found == nil, limits.passesOverUnknownGlobals {
      graph.passedOver.append(name)
      found = .unknown
    }
    guard let found else {
      throw fail(
        .unsafe,
        "the program names \(FormatError.quoted(name)), which is not among what is allowed",
        "save plain tensors with torch.save(model.state_dict(), …)")
    }
    graph.globals.append(found)
    push(.global(Int32(graph.globals.count - 1)))
    globalNodes[name] = stack.last
  }

  private mutating func line() throws(FormatError) -> String {
    var bytes: [UInt8] = []
    while true {
      let byte = try reader.byte()
      if byte == 0x0A { return String(decoding: bytes, as: UTF8.self) }
      guard (0x21...0x7E).contains(byte), bytes.count < 256 else {
        throw fail(.malformed, "the name of a global is not printable, or longer than 256 bytes")
      }
      bytes.append(byte)
    }
  }
}
