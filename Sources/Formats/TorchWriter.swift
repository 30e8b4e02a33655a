// Writing PyTorch archives that `torch.load(…, weights_only=True)` reads.
//
// Layout     archive/data.pkl (protocol 2), archive/data/<n> (one storage a tensor), byteorder, version
// Idea       The way out to PyTorch: nested dictionaries of tensors and plain values, written with the
//            few opcodes and names that the reader allows. The same content gives the same bytes.
// Read       TorchTensor.swift, ZipWriter.swift ← this file → WeightFileWriter.swift
// Tests      Tests/FormatsTests/WeightFileWriterTests.swift

/// What a PyTorch file can hold.
public indirect enum TorchValue: Sendable {
  case tensor(TensorRecord)
  /// Pairs in order; keys are texts or integers.
  case dictionary([(key: TorchValue, value: TorchValue)])
  case list([TorchValue])
  case tuple([TorchValue])
  case text(String)
  case integer(Int)
  case real(Double)
  case truth(Bool)
  case none

  /// A dictionary of named values.
  public static func named(_ pairs: [(String, TorchValue)]) -> TorchValue {
    .dictionary(pairs.map { (.text($0.0), $0.1) })
  }

  /// A state dictionary.
  public static func state(_ tensors: OrderedMap<TensorRecord>) -> TorchValue {
    .named(tensors.map { ($0.key, .tensor($0.value)) })
  }
}

/// A PyTorch archive as parts that follow one another.
///
/// - Parameter value: What `torch.load` shall return.
/// - Returns: Headers and contents.
/// - Throws: `unsupported` for element types without a storage class, `limitExceeded` above 4 GiB.
func torchArchive(_ value: TorchValue) throws(FormatError) -> [[UInt8]] {
  var writer = TorchPickleWriter()
  try writer.write(value)
  var entries = OrderedMap<[UInt8]>()
  entries.insert(writer.program + [0x2E], for: "archive/data.pkl")
  entries.insert(Array("little".utf8), for: "archive/byteorder")
  for (number, bytes) in writer.storages.enumerated() {
    entries.insert(bytes, for: "archive/data/\(number)")
  }
  entries.insert(Array("3\n".utf8), for: "archive/version")
  return try zipArchive(entries)
}

private struct TorchPickleWriter {
  var program: [UInt8] = [0x80, 2]
  var storages: [[UInt8]] = []

  mutating func write(_ value: TorchValue) throws(FormatError) {
    switch value {
    case .none: program.append(0x4E)
    case .truth(let value): program.append(value ? 0x88 : 0x89)
    case .integer(let value): integer(value)
    case .real(let value):
      program.append(0x47)
      program += littleEndian(value.bitPattern.byteSwapped)
    case .text(let value): text(value)
    case .list(let elements):
      program += [0x5D, 0x28]
      for element in elements { try write(element) }
      program.append(0x65)
    case .tuple(let elements):
      program.append(0x28)
      for element in elements { try write(element) }
      program.append(0x74)
    case .dictionary(let pairs):
      program += [0x7D, 0x28]
      for pair in pairs {
        try write(pair.key)
        try write(pair.value)
      }
      program.append(0x75)
    case .tensor(let record): try tensor(record)
    }
  }

  private mutating func text(_ value: String) {
    let bytes = Array(value.utf8)
    program.append(0x58)
    program += littleEndian(UInt32(truncatingIfNeeded: bytes.count)) + bytes
  }

  private mutating func integer(_ value: Int) {
    if let small = Int32(exactly: value) {
      program.append(0x4A)
      program += littleEndian(small)
    } else {
      program += [0x8A, 8] + littleEndian(Int64(value))
    }
  }

  private mutating func global(_ module: String, _ name: String) {
    program += Array("c\(module)\n\(name)\n".utf8)
  }

  private mutating func integers(_ values: [Int]) {
    program.append(0x28)
    for value in values { integer(value) }
    program.append(0x74)
  }

  private mutating func tensor(_ record: TensorRecord) throws(FormatError) {
    guard let storage = TorchType.storageClass(of: record.dtype) else {
      throw FormatError(
        .unsupported, format: "PyTorch",
        "a tensor of type \(record.dtype.rawValue) has no storage class",
        remedy: "write a .safetensors file")
    }
    var strides: [Int] = []
    var step = 1
    for extent in record.shape.reversed() {
      strides.append(step)
      step *= max(extent, 1)
    }
    global("torch._utils", "_rebuild_tensor_v2")
    program += [0x28, 0x28]
    text("storage")
    global("torch", storage)
    text(String(storages.count))
    text("cpu")
    integer(record.count)
    program += [0x74, 0x51]  // the tuple is a persistent id
    integer(0)
    integers(record.shape)
    integers(strides.reversed())
    program.append(0x89)
    global("collections", "OrderedDict")
    program += [0x29, 0x52, 0x74, 0x52]
    storages.append(record.bytes)
  }
}
