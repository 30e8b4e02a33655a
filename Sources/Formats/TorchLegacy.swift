// The frame of a PyTorch file from before 1.6.
//
// Source     torch/serialization.py, _legacy_load
// Layout     pickles: magic number, 1001, a dictionary about the system, the object, a list of storage
//            keys; then for each key in that order a 64-bit count and the raw elements
// Idea       Nothing but the programs themselves says how long they are, so they are run one after the
//            other over a window of the file that grows until they fit.
// Read       PickleMachine.swift ← this file → TorchFile.swift
// Tests      Tests/FormatsTests/TorchHostileTests.swift, WeightFileTests.swift

/// The pickles at the beginning of a legacy file.
struct LegacyParts {
  let graph: PickleGraph
  /// Storage numbers in the order of the file.
  let order: [Int]
  /// Where the storages begin.
  let end: Int

  /// Reads with a window that grows, because only the programs tell how long they are.
  static func read(
    _ source: ByteSource, _ limits: PickleLimits
  ) throws(FormatError) -> LegacyParts {
    var window = 1 << 20
    while true {
      let count = min(window, source.size, limits.programSize)
      let bytes = try source.bytes(at: 0, count: count, format: "PyTorch")
      do throws(FormatError) {
        return try LegacyParts(bytes, limits)
      } catch {
        guard error.kind == .truncated, count < source.size else { throw error }
        if count == limits.programSize {
          throw TorchFile.fail(.limitExceeded, "the programs take more than \(count) bytes")
        }
        window *= 8
      }
    }
  }

  private init(_ bytes: [UInt8], _ limits: PickleLimits) throws(FormatError) {
    var reader = ByteReader(bytes, at: TorchFile.legacyMagic.count, format: "pickle")
    let version = try PickleMachine.run(&reader, .legacy, limits: limits)
    guard version.integer(version.root) == 1001 else {
      throw TorchFile.fail(.unsupported, "a protocol other than 1001", at: .byte(15))
    }
    let system = try PickleMachine.run(&reader, .legacy, limits: limits)
    guard let order = system.value("little_endian", in: system.root),
      case .truth(true) = system[order]
    else {
      throw TorchFile.fail(.unsupported, "the file was not written on a little-endian machine")
    }
    graph = try PickleMachine.run(&reader, .legacy, limits: limits)
    let list = try PickleMachine.run(&reader, .legacy, limits: limits)
    guard let keys = list.list(list.root) else {
      throw TorchFile.fail(.malformed, "the storages' keys are no list", at: reader.place)
    }
    var numbers: [ByteKey: Int] = [:]
    for (number, storage) in graph.storages.enumerated() {
      numbers[ByteKey(text: storage.key)] = number
    }
    var sequence: [Int] = []
    for key in keys {
      guard let text = list.text(key), let number = numbers.removeValue(forKey: ByteKey(text: text))
      else {
        throw TorchFile.fail(
          .malformed, "the list of storages names one twice, or one that no tensor uses")
      }
      sequence.append(number)
    }
    guard numbers.isEmpty else {
      throw TorchFile.fail(.malformed, "\(numbers.count) storages are missing in the list of them")
    }
    self.order = sequence
    end = reader.position
  }

  /// Where each storage's elements begin, by its number.
  func storageOffsets(_ source: ByteSource) throws(FormatError) -> [Int] {
    var offsets = [Int](repeating: 0, count: order.count)
    var position = end
    for number in order {
      let storage = graph.storages[number]
      var reader = ByteReader(
        try source.bytes(at: position, count: 8, format: "PyTorch"), format: "PyTorch",
        base: position)
      let count = try reader.number(Int64.self)
      guard count == storage.count else {
        throw TorchFile.fail(
          .malformed,
          "storage \(storage.key) has \(count) elements; its tensors say \(storage.count)",
          at: .byte(position))
      }
      position += 8
      guard storage.byteCount <= source.size - position else {
        throw TorchFile.fail(
          .truncated,
          "storage \(storage.key) needs \(storage.byteCount) bytes; \(source.size - position) follow",
          at: .byte(position), "the file was cut: copy it again")
      }
      offsets[number] = position
      position += storage.byteCount
    }
    guard position == source.size else {
      throw TorchFile.fail(
        .trailing, "\(source.size - position) bytes follow the last storage", at: .byte(position))
    }
    return offsets
  }
}
