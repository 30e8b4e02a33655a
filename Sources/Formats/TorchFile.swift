// PyTorch's files, read without Python: archives, TorchScript, and the format before 1.6.
//
// Source     torch/serialization.py; caffe2/serialize/inline_container.cc (archives)
// Archive    a zip file with one folder: data.pkl (a pickle), data/<key> (one storage each), version
// TorchScript the same with constants.pkl and code/, which is never looked at
// Legacy     five pickles (magic number, protocol 1001, system, the object, a list of keys), then for
//            each key a 64-bit count and the raw elements
// Idea       The pickle says which tensors there are; the storages are read when somebody asks. A
//            storage that several tensors share is kept after it was read once.
// Safety     A storage must have exactly the bytes the pickle says. Expanded views (stride 0) can be
//            larger than the file; all tensors together may take 8 times its size and 64 MiB.
// Checksums  Archives have them and they are verified. Legacy files have none: damage in their
//            numbers cannot be seen, and `hasChecksums` says so.
// Read       ZipArchive.swift, TorchLegacy.swift, TorchContent.swift ← this file → WeightFile.swift
// Tests      Tests/FormatsTests/WeightFileTests.swift, TorchHostileTests.swift

import Synchronization

/// A PyTorch file whose tensors are read one at a time.
public final class TorchFile: Sendable {
  /// What the file is.
  public enum Variant: String, Sendable {
    case archive = "PyTorch archive"
    case script = "TorchScript archive"
    case legacy = "PyTorch file from before 1.6"
  }

  /// What a reader accepts.
  public struct Limits: Sendable {
    public var zip = ZipLimits()
    public var pickle = PickleLimits()
    public init() {}
  }

  /// Where a storage's bytes are.
  private enum Record: Sendable {
    case entry(ZipArchive.Entry)
    case range(start: Int)
  }

  public let variant: Variant
  public var hasChecksums: Bool { variant != .legacy }
  /// Numbers, texts and truth values of the file, by name, as text.
  public let values: OrderedMap<String>
  /// Globals that were passed over, if the limits allow that.
  public let passedOver: [String]

  private let source: ByteSource
  private let archive: ZipArchive?
  private let tensors: OrderedMap<TorchTensor>
  private let storages: [TorchStorage]
  private let records: [Record]
  private let isShared: [Bool]
  private let cache = Mutex<[Int: [UInt8]]>([:])

  /// The first bytes of a legacy file.
  static let legacyMagic: [UInt8] = [
    0x80, 2, 0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, 0x2E,
  ]

  /// Reads what the file holds, without the numbers.
  ///
  /// - Parameters:
  ///   - source: A file in any of the three variants.
  ///   - limits: What to refuse.
  /// - Throws: An error that names the opcode, the global, the tensor or the record.
  public init(_ source: ByteSource, limits: Limits = Limits()) throws(FormatError) {
    self.source = source
    let start = try source.bytes(at: 0, count: min(15, source.size), format: "PyTorch")
    let graph: PickleGraph
    let kind: PickleKind
    var records: [Record] = []
    if start == TorchFile.legacyMagic {
      archive = nil
      variant = .legacy
      kind = .legacy
      let parts = try LegacyParts.read(source, limits.pickle)
      graph = parts.graph
      records = try parts.storageOffsets(source).map { .range(start: $0) }
    } else {
      let zip = try ZipArchive(source, limits: limits.zip)
      let folder = try TorchFile.folder(zip)
      let isScript = zip.entries["\(folder)/constants.pkl"] != nil
      archive = zip
      variant = isScript ? .script : .archive
      kind = isScript ? .script : .archive
      graph = try TorchFile.program(zip, folder, kind, limits.pickle)
      for storage in graph.storages {
        guard let entry = zip.entries["\(folder)/data/\(storage.key)"] else {
          throw TorchFile.fail(.malformed, "there is no record data/\(storage.key)")
        }
        guard entry.size == storage.byteCount else {
          throw TorchFile.fail(
            .malformed,
            "record data/\(storage.key) has \(entry.size) bytes; \(storage.count) elements of type "
              + "\(storage.type.name) take \(storage.byteCount)")
        }
        records.append(.entry(entry))
      }
    }
    let content = try TorchContent(graph, kind)
    tensors = content.tensors
    values = content.values
    passedOver = graph.passedOver
    storages = graph.storages
    self.records = records
    var users = [Int](repeating: 0, count: graph.storages.count)
    for entry in content.tensors { users[entry.value.storage] += 1 }
    isShared = users.map { $0 > 1 }
  }

  /// The tensors: name, type, shape.
  var infos: [TensorInfo] {
    tensors.map { TensorInfo(name: $0.key, dtype: $0.value.dtype, shape: $0.value.shape) }
  }

  /// The tensor of a name, dense and row-major; nil if there is none.
  ///
  /// - Throws: `checksum` if its storage is damaged.
  public func tensor(_ name: String) throws(FormatError) -> TensorRecord? {
    guard let tensor = tensors[name] else { return nil }
    let bytes = try storage(tensor.storage)
    guard
      let dense = denseCopy(
        of: bytes, width: tensor.dtype.bitCount / 8, shape: tensor.shape, strides: tensor.strides,
        offset: tensor.offset)
    else {
      throw TorchFile.fail(
        .malformed, "tensor \(FormatError.quoted(name)) reaches beyond its storage")
    }
    return try TensorRecord(dtype: tensor.dtype, shape: tensor.shape, bytes: dense)
  }

  private func storage(_ number: Int) throws(FormatError) -> [UInt8] {
    if let known = cache.withLock({ $0[number] }) { return known }
    let bytes: [UInt8]
    switch records[number] {
    case .entry(let entry): bytes = try archive?.read(entry) ?? []
    case .range(let start):
      bytes = try source.bytes(at: start, count: storages[number].byteCount, format: "PyTorch")
    }
    if isShared[number] { cache.withLock { $0[number] = bytes } }
    return bytes
  }

  static func fail(
    _ kind: FormatError.Kind, _ problem: String, at place: FormatError.Place = .unknown,
    _ remedy: String = ""
  ) -> FormatError {
    FormatError(kind, format: "PyTorch", at: place, problem, remedy: remedy)
  }

  /// The one folder all entries lie in.
  private static func folder(_ zip: ZipArchive) throws(FormatError) -> String {
    let names = zip.entries.keys
    let folder = names.first.map { String($0.prefix { $0 != "/" }) } ?? ""
    guard !folder.isEmpty, names.allSatisfy({ $0.utf8.starts(with: "\(folder)/".utf8) }) else {
      throw fail(.malformed, "the archive's entries do not lie in one folder")
    }
    return folder
  }

  private static func program(
    _ zip: ZipArchive, _ folder: String, _ kind: PickleKind, _ limits: PickleLimits
  ) throws(FormatError) -> PickleGraph {
    guard let entry = zip.entries["\(folder)/data.pkl"] else {
      throw fail(
        .badMagic, "the archive holds no data.pkl", at: .unknown,
        "choose a file that torch.save or torch.jit.save wrote")
    }
    if let order = zip.entries["\(folder)/byteorder"], order.size <= 16 {
      let text = String(decoding: try zip.read(order), as: UTF8.self)
      guard text == "little" else {
        throw fail(.unsupported, "the byte order \(FormatError.quoted(text))")
      }
    }
    guard entry.size <= limits.programSize else {
      throw fail(.limitExceeded, "data.pkl has \(entry.size) bytes")
    }
    var reader = ByteReader(try zip.read(entry), format: "pickle")
    let graph = try PickleMachine.run(&reader, kind, limits: limits)
    guard reader.remaining == 0 else {
      throw fail(.trailing, "\(reader.remaining) bytes follow the program in data.pkl")
    }
    return graph
  }
}
