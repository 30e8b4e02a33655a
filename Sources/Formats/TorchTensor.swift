// Tensors of a PyTorch file: views into storages.
//
// Source     torch/_utils.py (_rebuild_tensor, _v2, _v3), torch/serialization.py (persistent ids)
// Formula    element (i₀, …) is storage[offset + Σ iₖ strideₖ], counted in elements
// Idea       Several tensors may share a storage: tied weights, slices, transposed views. Whatever
//            the view, its last element must lie in the storage, or the file is refused.
// Read       PickleGlobals.swift ← this file → TorchContent.swift, StridedCopy.swift
// Tests      Tests/FormatsTests/PickleTests.swift, WeightFileTests.swift

/// An element type as PyTorch names it.
struct TorchType: Hashable, Sendable {
  /// Such as `float32`.
  let name: String
  /// nil for the untyped storage of bytes, and for types no file of ours can hold.
  let dtype: DType?
  /// Bytes of an element.
  let width: Int

  private init(_ name: String, _ dtype: DType?, _ width: Int) {
    self.name = name
    self.dtype = dtype
    self.width = width
  }

  static let untyped = TorchType("bytes", nil, 1)

  private static let all: [(storage: String?, type: TorchType)] = [
    ("Double", TorchType("float64", .f64, 8)), ("Float", TorchType("float32", .f32, 4)),
    ("Half", TorchType("float16", .f16, 2)), ("BFloat16", TorchType("bfloat16", .bf16, 2)),
    ("Long", TorchType("int64", .i64, 8)), ("Int", TorchType("int32", .i32, 4)),
    ("Short", TorchType("int16", .i16, 2)), ("Char", TorchType("int8", .i8, 1)),
    ("Byte", TorchType("uint8", .u8, 1)), ("Bool", TorchType("bool", .bool, 1)),
    ("ComplexFloat", TorchType("complex64", .c64, 8)),
    ("ComplexDouble", TorchType("complex128", nil, 16)), (nil, TorchType("complex32", nil, 4)),
    (nil, TorchType("uint16", .u16, 2)), (nil, TorchType("uint32", .u32, 4)),
    (nil, TorchType("uint64", .u64, 8)), (nil, TorchType("float8_e5m2", .f8e5m2, 1)),
    (nil, TorchType("float8_e4m3fn", .f8e4m3, 1)),
    (nil, TorchType("float8_e8m0fnu", .f8e8m0, 1)),
    (nil, TorchType("float8_e4m3fnuz", .f8e4m3fnuz, 1)),
    (nil, TorchType("float8_e5m2fnuz", .f8e5m2fnuz, 1)),
  ]

  /// The type of a token such as `torch.float32`.
  init?(name: String) {
    guard name.hasPrefix("torch."),
      let known = TorchType.all.first(where: { $0.type.name == name.dropFirst(6) })
    else { return nil }
    self = known.type
  }

  /// The type of a storage class such as `torch.FloatStorage`.
  init?(storageClass: String) {
    if storageClass == "torch.storage.UntypedStorage" || storageClass == "torch.UntypedStorage" {
      self = .untyped
      return
    }
    guard storageClass.hasPrefix("torch."), storageClass.hasSuffix("Storage"),
      let known = TorchType.all.first(where: {
        $0.storage.map { $0 == storageClass.dropFirst(6).dropLast(7) } ?? false
      })
    else { return nil }
    self = known.type
  }

  /// The storage class that holds a type; nil if there is none.
  static func storageClass(of dtype: DType) -> String? {
    all.first { $0.type.dtype == dtype }?.storage.map { "\($0)Storage" }
  }
}

/// Raw memory of a file that tensors look into.
struct TorchStorage: Hashable, Sendable {
  /// Decimal digits; names the record.
  let key: String
  let type: TorchType
  /// Elements.
  let count: Int
  var byteCount: Int { count * type.width }
}

/// A view into a storage.
struct TorchTensor: Sendable {
  /// The number of the storage.
  let storage: Int
  let dtype: DType
  /// The first element, counted in elements of `dtype`.
  let offset: Int
  let shape: [Int]
  let strides: [Int]
}

extension PickleMachine {
  /// BINPERSID: the storage that a tuple describes.
  mutating func storage(_ id: PickleNode) throws(FormatError) -> Int32 {
    guard let parts = graph.tuple(id), let first = parts.first,
      let tag = graph.text(first)
    else { throw fail(.malformed, "a persistent id is no tuple that says what it is") }
    guard tag == "storage" else {
      throw fail(
        .unsafe, "a persistent id of kind \(FormatError.quoted(tag)): the file holds code",
        "save the state dictionary instead of the module")
    }
    guard parts.count == (kind == .legacy ? 6 : 5), case .global(let type) = graph[parts[1]],
      case .storage(let element) = graph.globals[Int(type)], let key = graph.text(parts[2]),
      graph.text(parts[3]) != nil, let count = graph.integer(parts[4])
    else { throw fail(.malformed, "a storage has another description than PyTorch gives it") }
    if kind == .legacy {
      guard case .none = graph[parts[5]] else {
        throw fail(.unsupported, "a storage that is a view of another one, as in very old files")
      }
    }
    guard (1...19).contains(key.utf8.count), key.utf8.allSatisfy({ (0x30...0x39).contains($0) })
    else { throw fail(.unsafe, "the storage key \(FormatError.quoted(key)) is no number") }
    guard (0...TensorRecord.largestExtent / 16).contains(count) else {
      throw fail(.limitExceeded, "storage \(key) has \(count) elements")
    }
    let storage = TorchStorage(key: key, type: element, count: count)
    if let number = storageNumbers[ByteKey(text: key)] {
      guard graph.storages[Int(number)] == storage else {
        throw fail(.malformed, "storage \(key) is described in two ways")
      }
      return number
    }
    graph.storages.append(storage)
    let number = Int32(graph.storages.count - 1)
    storageNumbers[ByteKey(text: key)] = number
    return number
  }

  /// REDUCE of the three functions that make tensors.
  func tensor(
    _ function: PickleGlobal, _ arguments: [PickleNode]
  ) throws(FormatError) -> TorchTensor {
    let counts =
      function == .rebuildTensor ? 4...4 : function == .rebuildTensorV2 ? 6...7 : 7...8
    guard counts.contains(arguments.count), case .storage(let number) = graph[arguments[0]] else {
      throw fail(.malformed, "a tensor has another description than PyTorch gives it")
    }
    let storage = graph.storages[Int(number)]
    var type = storage.type
    if function != .rebuildTensor {
      guard case .truth = graph[arguments[4]], graph.dictionary(arguments[5])?.isEmpty == true
      else { throw fail(.unsupported, "a tensor with hooks") }
      if arguments.count == counts.upperBound {
        let metadata = arguments[counts.upperBound - 1]
        switch graph[metadata] {
        case .none: break
        case .dictionary(let i) where graph.dictionaries[Int(i)].isEmpty: break
        default: throw fail(.unsupported, "a tensor with metadata, such as a conjugated one")
        }
      }
    }
    if function == .rebuildTensorV3 {
      guard case .global(let i) = graph[arguments[6]],
        case .elementType(let named) = graph.globals[Int(i)], storage.type == .untyped
      else { throw fail(.malformed, "a tensor over bytes does not say its element type") }
      type = named
    }
    guard let dtype = type.dtype else {
      throw fail(.unsupported, "a tensor of element type \(type.name)")
    }
    let offset = try extent(arguments[1], "offset")
    let shape = try extents(arguments[2], "size")
    let strides = try extents(arguments[3], "stride")
    guard shape.count == strides.count, shape.count <= 64 else {
      throw fail(.malformed, "a tensor has \(shape.count) sizes and \(strides.count) strides")
    }
    guard let count = TensorRecord.elementCount(of: shape) else {
      throw fail(.limitExceeded, "a tensor of size \(shape) overflows")
    }
    if count > 0 {
      let elements = storage.byteCount / type.width
      guard let last = lastElement(shape: shape, strides: strides, offset: offset), last < elements
      else {
        throw fail(
          .malformed,
          "a tensor of size \(shape), stride \(strides), offset \(offset) reaches beyond storage "
            + "\(storage.key) of \(elements) elements")
      }
    }
    return TorchTensor(
      storage: Int(number), dtype: dtype, offset: offset, shape: shape, strides: strides)
  }

  private func extents(_ node: PickleNode, _ what: String) throws(FormatError) -> [Int] {
    guard let parts = graph.tuple(node) else {
      throw fail(.malformed, "the \(what) of a tensor is no tuple")
    }
    var extents: [Int] = []
    for part in parts { extents.append(try extent(part, what)) }
    return extents
  }

  private func extent(_ node: PickleNode, _ what: String) throws(FormatError) -> Int {
    guard let value = graph.integer(node), value >= 0 else {
      throw fail(.malformed, "the \(what) of a tensor is no whole number ≥ 0")
    }
    guard value <= TensorRecord.largestExtent else {
      throw fail(.limitExceeded, "the \(what) of a tensor is \(value)")
    }
    return value
  }
}
