// One door for every file of weights: which format it is, its tensors' names, and one at a time.
//
// Idea       The format is told by the first bytes, never by the name: PyTorch's files are called
//            .pt, .pth, .th, .ckpt, .bin and .tar as their authors like. Opening reads names, types
//            and shapes; numbers are read tensor by tensor.
// Formats    safetensors · .npy · .npz · PyTorch archives, TorchScript, and files from before 1.6
// Read       SafeTensorsHeader.swift, NumPyArchive.swift, TorchFile.swift ← this file
//            → NameMaps/NameMap.swift, WeightFileWriter.swift
// Tests      Tests/FormatsTests/WeightFileTests.swift

/// What is known of a tensor before its numbers are read.
public struct TensorInfo: Hashable, Sendable {
  public let name: String
  public let dtype: DType
  /// Extents, slowest axis first.
  public let shape: [Int]
  /// Bytes of the dense tensor.
  public var byteCount: Int {
    TensorRecord.elementCount(of: shape).flatMap(dtype.byteCount(of:)) ?? Int.max
  }
}

/// Named tensors in a file.
public struct WeightFile: Sendable {
  private enum Content: Sendable {
    case safeTensors(ByteSource, SafeTensorsHeader, dataOffset: Int)
    case array(TensorRecord)
    case arrays(NumPyArchive)
    case torch(TorchFile)
  }

  /// What a reader accepts.
  public struct Limits: Sendable {
    public var safeTensors = SafeTensorsLimits()
    public var torch = TorchFile.Limits()
    /// Bytes of the file.
    public var fileSize = 16 << 30
    public init() {}
  }

  /// The format as people call it.
  public let format: String
  /// Whether damage in the numbers would be noticed.
  public let hasChecksums: Bool
  /// The tensors in the order of the file.
  public let tensors: [TensorInfo]
  /// Text and numbers beside the tensors.
  public let values: OrderedMap<String>
  /// Python objects that were passed over, if the limits allow that.
  public let passedOver: [String]

  private let content: Content
  private let path: String?
  /// Bytes that all tensors may take together, and those they take.
  private let allowed: Int
  private let needed: Int

  /// Opens a file.
  ///
  /// - Parameters:
  ///   - path: The file, of whatever name.
  ///   - limits: What to refuse.
  /// - Throws: `badMagic` if no format is recognised, or an error naming file, place and rule.
  public init(path: String, limits: Limits = Limits()) throws(FormatError) {
    do throws(FormatError) {
      try self.init(try ByteSource(path: path, limit: limits.fileSize), limits: limits)
    } catch { throw error.inFile(path) }
  }

  /// Opens bytes that may lie in a file or in memory.
  public init(_ source: ByteSource, limits: Limits = Limits()) throws(FormatError) {
    let start = try source.bytes(at: 0, count: min(512, source.size), format: "weights")
    path = source.path
    var passedOver: [String] = []
    if start.starts(with: NumPyHeader.magic) {
      let array = try NumPyArray.read(
        try source.bytes(at: 0, count: source.size, format: "npy"))
      content = .array(array)
      format = "NumPy array"
      hasChecksums = false
      tensors = [TensorInfo(name: "array", dtype: array.dtype, shape: array.shape)]
      values = [:]
    } else if start.starts(with: [0x50, 0x4B]) {
      let names = try ZipArchive(source, limits: limits.torch.zip).entries.keys
      if !names.isEmpty, names.allSatisfy({ $0.hasSuffix(".npy") }) {
        let arrays = try NumPyArchive(source, limits: limits.torch.zip)
        content = .arrays(arrays)
        format = "NumPy archive"
        hasChecksums = true
        tensors = arrays.infos
        values = [:]
      } else {
        let file = try TorchFile(source, limits: limits.torch)
        (content, format, hasChecksums) = (.torch(file), file.variant.rawValue, true)
        (tensors, values, passedOver) = (file.infos, file.values, file.passedOver)
      }
    } else if start.starts(with: TorchFile.legacyMagic) {
      let file = try TorchFile(source, limits: limits.torch)
      (content, format, hasChecksums) = (.torch(file), file.variant.rawValue, false)
      (tensors, values, passedOver) = (file.infos, file.values, file.passedOver)
    } else if start.count > 8, start[8] == UInt8(ascii: "{") {
      let (header, metadata, isVerified, offset) = try SafeTensorsFile.header(
        source, limits: limits.safeTensors)
      content = .safeTensors(source, header, dataOffset: offset)
      format = "safetensors"
      hasChecksums = isVerified
      tensors = header.slots.map { TensorInfo(name: $0.name, dtype: $0.dtype, shape: $0.shape) }
      values = metadata
    } else {
      throw WeightFile.unknown(start)
    }
    self.passedOver = passedOver
    allowed = 64 << 20 + 8 * min(source.size, 1 << 50)
    needed = tensors.reduce(0) {
      let (sum, overflow) = $0.addingReportingOverflow($1.byteCount)
      return overflow ? Int.max : sum
    }
  }

  /// The tensor of a name, which must exist.
  ///
  /// - Throws: `malformed` for an unknown name; `checksum` if its bytes are damaged; `limitExceeded`
  ///   if the file's tensors would take many times its size.
  public func tensor(_ name: String) throws(FormatError) -> TensorRecord {
    do throws(FormatError) {
      if let record = try record(name) { return record }
    } catch { throw error.inFile(path) }
    let nearest = nearestName(to: name, among: tensors.map(\.name))
    throw FormatError(
      .malformed, format: format, path: path,
      "there is no tensor \(FormatError.quoted(name)) among \(tensors.count)",
      remedy: nearest.map { "did you mean \(FormatError.quoted($0))?" } ?? "")
  }

  private func record(_ name: String) throws(FormatError) -> TensorRecord? {
    switch content {
    case .array(let array): return name == "array" ? array : nil
    case .arrays(let arrays):
      return try arrays.array(name)
    case .torch(let file):
      // A view can be larger than its storage, and so can the sum of many views of one.
      if needed > allowed {
        throw TorchFile.fail(
          .limitExceeded, "the tensors would take \(needed) bytes in memory; \(allowed) are allowed"
        )
      }
      return try file.tensor(name)
    case .safeTensors(let source, let header, let dataOffset):
      guard let slot = header.slot(name) else { return nil }
      return try TensorRecord(
        dtype: slot.dtype, shape: slot.shape,
        bytes: try source.bytes(
          at: dataOffset + slot.begin, count: slot.end - slot.begin, format: "safetensors"))
    }
  }

  /// All tensors.
  public func allTensors() throws(FormatError) -> OrderedMap<TensorRecord> {
    var all = OrderedMap<TensorRecord>()
    for info in tensors { all.insert(try tensor(info.name), for: info.name) }
    return all
  }

  private static func unknown(_ start: [UInt8]) -> FormatError {
    if start.count > 262, start[257..<262].elementsEqual("ustar".utf8) {
      return FormatError(
        .unsupported, format: "PyTorch", "a tar archive, as PyTorch wrote before 0.1.10",
        remedy: "load it with an old PyTorch and save it again")
    }
    if start.starts(with: [0x80]) {
      return FormatError(
        .badMagic, format: "PyTorch", "a bare pickle, not a file of torch.save",
        remedy: "load it in Python and save its tensors with torch.save")
    }
    return FormatError(
      .badMagic, format: "weights", "the first bytes belong to no format that is known here",
      remedy: "choose a .safetensors, .npz, .npy or PyTorch file")
  }
}
