// The names a pickle may use, and what each of them stands for.
//
// Source     torch/_utils.py, torch/storage.py, torch/serialization.py; the list is formed from what
//            PyTorch's own writers name
// Idea       A name is a token, compared with this table. Where Python would call it (REDUCE), the
//            table says which plain value comes out. A name that is not here is an error that says it.
// Read       PickleMachine.swift ← this file → TorchTensor.swift
// Tests      Tests/FormatsTests/PickleTests.swift

/// A known global.
enum PickleGlobal: Hashable {
  case orderedDictionary
  case counter
  case rebuildTensor
  case rebuildTensorV2
  case rebuildTensorV3
  case rebuildParameter
  case size
  case device
  case elementType(TorchType)
  case storage(TorchType)
  case encode
  case set
  case byteArray
  case complex
  /// A class of a TorchScript archive.
  case scriptClass
  /// A function that only tags its first argument.
  case scriptTag
  /// Not allowed, but passed over on request.
  case unknown

  init?(_ name: String, _ kind: PickleKind) {
    switch name {
    case "collections.OrderedDict": self = .orderedDictionary
    case "collections.Counter": self = .counter
    case "torch._utils._rebuild_tensor": self = .rebuildTensor
    case "torch._utils._rebuild_tensor_v2": self = .rebuildTensorV2
    case "torch._utils._rebuild_tensor_v3": self = .rebuildTensorV3
    case "torch._utils._rebuild_parameter": self = .rebuildParameter
    case "torch.Size": self = .size
    case "torch.device": self = .device
    case "_codecs.encode": self = .encode
    case "builtins.set", "__builtin__.set": self = .set
    case "builtins.bytearray", "__builtin__.bytearray": self = .byteArray
    case "builtins.complex", "__builtin__.complex": self = .complex
    default:
      if let type = TorchType(storageClass: name) {
        self = .storage(type)
      } else if let type = TorchType(name: name) {
        self = .elementType(type)
      } else if kind == .script, name.hasPrefix("__torch__.") {
        self = .scriptClass
      } else if kind == .script, PickleGlobal.scriptTags.contains(name) {
        self = .scriptTag
      } else {
        return nil
      }
    }
  }

  private static let scriptTags: Set<String> = Set(
    ["build_intlist", "build_doublelist", "build_boollist", "build_tensorlist", "restore_type_tag"]
      .map { "torch.jit._pickle.\($0)" })
}

extension PickleMachine {
  private func wrongArguments(_ what: String) -> FormatError {
    fail(.malformed, "\(what) has other arguments than PyTorch gives it")
  }

  private func global(_ node: PickleNode) throws(FormatError) -> PickleGlobal {
    switch graph[node] {
    case .global(let i): return graph.globals[Int(i)]
    case .opaque: return .unknown
    default: throw fail(.malformed, "something is called that is no global")
    }
  }

  /// REDUCE: what a function would return.
  mutating func reduced(
    _ function: PickleNode, _ tuple: PickleNode
  ) throws(FormatError) -> PickleNode {
    guard let arguments = graph.tuple(tuple) else {
      throw fail(.malformed, "the arguments of a call are no tuple")
    }
    switch try global(function) {
    case .orderedDictionary:
      guard arguments.isEmpty else { throw wrongArguments("OrderedDict") }
      return node(.dictionary(newDictionary()))
    case .counter:
      if arguments.isEmpty { return node(.dictionary(newDictionary())) }
      guard arguments.count == 1, graph.dictionary(arguments[0]) != nil else {
        throw wrongArguments("Counter")
      }
      return arguments[0]
    case .rebuildTensor, .rebuildTensorV2, .rebuildTensorV3:
      graph.tensors.append(try tensor(try global(function), arguments))
      return node(.tensor(Int32(graph.tensors.count - 1)))
    case .rebuildParameter:
      guard arguments.count == 3, case .tensor = graph[arguments[0]],
        case .truth = graph[arguments[1]], graph.dictionary(arguments[2])?.isEmpty == true
      else { throw wrongArguments("_rebuild_parameter") }
      return arguments[0]
    case .size:
      guard arguments.count == 1, graph.tuple(arguments[0]) != nil else {
        throw wrongArguments("torch.Size")
      }
      return arguments[0]
    case .device:
      guard (1...2).contains(arguments.count), graph.text(arguments[0]) != nil else {
        throw wrongArguments("torch.device")
      }
      return arguments[0]
    case .encode:
      guard arguments.count == 2, let text = graph.text(arguments[0]),
        ["latin1", "latin-1"].contains(graph.text(arguments[1]) ?? ""),
        text.unicodeScalars.allSatisfy({ $0.value <= 255 })
      else { throw wrongArguments("_codecs.encode") }
      return node(.bytes)
    case .set:
      guard arguments.count == 1, graph.list(arguments[0]) != nil else {
        throw wrongArguments("set")
      }
      return arguments[0]
    case .byteArray: return node(.bytes)
    case .complex:
      guard arguments.count == 2 else { throw wrongArguments("complex") }
      return tuple
    case .scriptTag:
      guard let value = arguments.first else { throw wrongArguments("a TorchScript tag") }
      return value
    case .unknown: return 4
    case .elementType, .storage, .scriptClass:
      throw fail(.unsafe, "a type is called as a function")
    }
  }

  /// NEWOBJ: an object without attributes.
  mutating func newObject(
    _ type: PickleNode, _ arguments: PickleNode
  ) throws(FormatError) -> PickleNode {
    switch try global(type) {
    case .scriptClass:
      guard graph.tuple(arguments)?.isEmpty == true else {
        throw wrongArguments("a TorchScript class")
      }
      graph.attributes.append(-1)
      return node(.object(Int32(graph.attributes.count - 1)))
    case .unknown: return 4
    default: throw fail(.unsafe, "an object is made of a global that is no TorchScript class")
    }
  }

  /// BUILD: attributes of an object.
  mutating func build(_ target: PickleNode, _ state: PickleNode) throws(FormatError) {
    switch graph[target] {
    case .dictionary:
      // An OrderedDict's `_metadata`: versions of modules, which no tensor depends on.
      guard graph.dictionary(state) != nil else {
        throw fail(.malformed, "the attributes of a dictionary are no dictionary")
      }
    case .object(let i):
      guard graph.attributes[Int(i)] < 0 else {
        throw fail(.malformed, "an object gets its attributes twice")
      }
      guard graph.dictionary(state) != nil else {
        throw fail(.unsupported, "an object with a state of its own, such as packed parameters")
      }
      graph.attributes[Int(i)] = state
    case .opaque: break
    default: throw fail(.malformed, "attributes are given to a value that has none")
    }
  }
}
