@testable import Formats

/// Pickle programs and PyTorch archives by hand, to say what no honest program says.
enum Pickle {
  static func text(_ value: String) -> [UInt8] {
    [0x58] + littleEndian(UInt32(value.utf8.count)) + Array(value.utf8)
  }

  static func integer(_ value: Int) -> [UInt8] {
    Int32(exactly: value).map { [0x4A] + littleEndian($0) } ?? [0x8A, 8] + littleEndian(value)
  }

  static func integers(_ values: [Int]) -> [UInt8] { [0x28] + values.flatMap(integer) + [0x74] }

  static func global(_ module: String, _ name: String) -> [UInt8] {
    Array("c\(module)\n\(name)\n".utf8)
  }

  static let start: [UInt8] = [0x80, 2]
  static let reduce: [UInt8] = [0x52]
  static let stop: [UInt8] = [0x2E]
  static let hooks = global("collections", "OrderedDict") + [0x29, 0x52]

  static func storage(
    _ count: Int, key: String = "0", type: (String, String) = ("torch", "FloatStorage")
  ) -> [UInt8] {
    [0x28] + text("storage") + global(type.0, type.1) + text(key) + text("cpu") + integer(count)
      + [0x74, 0x51]
  }

  /// A program that makes one tensor.
  static func tensor(
    count: Int = 4, offset: Int = 0, size: [Int] = [4], stride: [Int] = [1], key: String = "0"
  ) -> [UInt8] {
    start + global("torch._utils", "_rebuild_tensor_v2") + [0x28] + storage(count, key: key)
      + integer(offset) + integers(size) + integers(stride) + [0x89] + hooks + [0x74] + reduce
      + stop
  }

  /// A PyTorch archive around a program.
  static func archive(
    _ program: [UInt8],
    records: [(String, [UInt8])] = [("data/0", [UInt8](repeating: 0, count: 16))]
  ) throws -> [UInt8] {
    var entries = OrderedMap<[UInt8]>()
    entries.insert(program, for: "archive/data.pkl")
    for (name, bytes) in records { entries.insert(bytes, for: "archive/\(name)") }
    entries.insert(Array("3\n".utf8), for: "archive/version")
    return try zipArchive(entries).flatMap { $0 }
  }
}
