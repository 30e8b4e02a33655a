import Foundation

@testable import Formats

/// A disk in memory that records every operation, can fail any one of them, and can be rebuilt as a
/// power cut might have left it.
///
/// Only what was synchronised is certain. Content that was not may be lost, cut, zero or noise, one
/// sector of 512 bytes at a time; names that were not may be old or new, in every combination that
/// respects the order of changes to one name.
final class SimulatedDisk: FileSystem {
  enum Operation {
    case create(String, file: Int)
    case link(String, file: Int)
    case rename(String, to: String, file: Int)
    case remove(String)
    case write(file: Int, bytes: [UInt8], count: Int)
    case allocate(file: Int, byteCount: Int)
    case synchronize(file: Int)
    case synchronizeDirectory
    /// A save of this version begins.
    case started(Int)
    /// A save of this version was reported as done.
    case acknowledged(Int)

    /// The names an operation changes; empty for operations on content.
    var names: [String] {
      switch self {
      case .create(let name, _), .link(let name, _), .remove(let name): [name]
      case .rename(let name, let target, _): [name, target]
      default: []
      }
    }
  }

  enum Fault {
    case error(Int32)
    case shortWrite
  }

  var names: [String: Int] = [:]
  var contents: [Int: [UInt8]] = [:]
  private(set) var log: [Operation] = []
  /// Which call fails, counted from 0, and how.
  var fault: (call: Int, kind: Fault)?
  private(set) var calls = 0
  /// A disk that lies about synchronising, to show that the simulation would notice.
  var ignoresSynchronize = false
  var ignoresSynchronizeDirectory = false
  /// A file system without hard links.
  var refusesLinks = false
  private let initialNames: [String: Int]
  private let initialContents: [Int: [UInt8]]
  private var open: [Int32: (file: Int, position: Int)] = [:]
  private var nextHandle: Int32 = 3

  init(_ files: [String: [UInt8]]) {
    for (i, (name, bytes)) in files.sorted(by: { $0.key < $1.key }).enumerated() {
      names[name] = i
      contents[i] = bytes
    }
    initialNames = names
    initialContents = contents
  }

  func mark(_ operation: Operation) { log.append(operation) }

  var openHandleCount: Int { open.count }

  private func step(_ operation: String) throws(SystemError) {
    defer { calls += 1 }
    if let fault, fault.call == calls, case .error(let code) = fault.kind {
      throw SystemError(code: code, operation: operation)
    }
  }

  private func handle(for file: Int) -> FileHandleNumber {
    nextHandle += 1
    open[nextHandle] = (file, 0)
    return FileHandleNumber(nextHandle)
  }

  func open(_ path: String) throws(SystemError) -> FileHandleNumber {
    try step("open")
    guard let file = names[path] else { throw SystemError(code: ENOENT, operation: "open") }
    return handle(for: file)
  }

  func size(of file: FileHandleNumber) throws(SystemError) -> Int {
    try step("fstat")
    return contents[open[file.number]?.file ?? -1]?.count ?? 0
  }

  func read(_ file: FileHandleNumber, count: Int) throws(SystemError) -> [UInt8] {
    try step("read")
    guard let (id, position) = open[file.number], let bytes = contents[id] else { return [] }
    let end = min(position + count, bytes.count)
    open[file.number] = (id, end)
    return Array(bytes[position..<end])
  }

  func create(_ path: String) throws(SystemError) -> FileHandleNumber {
    try step("open")
    if names[path] != nil { throw SystemError(code: EEXIST, operation: "open") }
    let file = contents.count
    contents[file] = []
    names[path] = file
    log.append(.create(path, file: file))
    return handle(for: file)
  }

  func allocate(_ file: FileHandleNumber, byteCount: Int) throws(SystemError) {
    try step("posix_fallocate")
    guard let id = open[file.number]?.file else { return }
    contents[id] = [UInt8](repeating: 0, count: byteCount)
    log.append(.allocate(file: id, byteCount: byteCount))
  }

  func write(
    _ file: FileHandleNumber, _ bytes: [UInt8], _ range: Range<Int>
  ) throws(SystemError) -> Int {
    let isShort = fault.map { fault in
      if case .shortWrite = fault.kind { return fault.call == calls }
      return false
    }
    try step("write")
    let part = Array(isShort == true ? bytes[range].prefix(range.count / 2 + 1) : bytes[range])
    guard let (id, position) = open[file.number], var content = contents[id] else { return 0 }
    content.replaceSubrange(
      position..<min(content.count, position + part.count), with: part)
    contents[id] = content
    open[file.number] = (id, position + part.count)
    log.append(.write(file: id, bytes: content, count: position + part.count))
    return part.count
  }

  func synchronize(_ file: FileHandleNumber) throws(SystemError) {
    try step("fsync")
    if let id = open[file.number]?.file, !ignoresSynchronize { log.append(.synchronize(file: id)) }
  }

  func close(_ file: FileHandleNumber) throws(SystemError) {
    open[file.number] = nil
    try step("close")
  }

  func link(_ path: String, as name: String) throws(SystemError) {
    try step("link")
    if refusesLinks { throw SystemError(code: EPERM, operation: "link") }
    guard let file = names[path] else { throw SystemError(code: ENOENT, operation: "link") }
    if names[name] != nil { throw SystemError(code: EEXIST, operation: "link") }
    names[name] = file
    log.append(.link(name, file: file))
  }

  func rename(_ path: String, to target: String) throws(SystemError) {
    try step("rename")
    guard let file = names[path] else { throw SystemError(code: ENOENT, operation: "rename") }
    if names[target] == file { return }  // POSIX: two names of one file stay as they are
    names[path] = nil
    names[target] = file
    log.append(.rename(path, to: target, file: file))
  }

  func remove(_ path: String) throws(SystemError) {
    try step("unlink")
    guard names.removeValue(forKey: path) != nil else {
      throw SystemError(code: ENOENT, operation: "unlink")
    }
    log.append(.remove(path))
  }

  func synchronizeDirectory(_ path: String) throws(SystemError) {
    try step("fsync")
    if !ignoresSynchronizeDirectory { log.append(.synchronizeDirectory) }
  }

  func lock(_ path: String) throws(SystemError) -> FileHandleNumber {
    try step("flock")
    return handle(for: -1)
  }
}

extension SimulatedDisk {
  /// Every disk a power cut after the first `count` operations may leave.
  func crashes(after count: Int) -> [SimulatedDisk] {
    var names = initialNames
    var durable = initialContents
    var unwritten: [Int: (bytes: [UInt8], count: Int)] = [:]
    var pending: [Operation] = []
    for operation in log.prefix(count) {
      switch operation {
      case .create(_, let file):
        durable[file] = []
        pending.append(operation)
      case .link, .rename, .remove: pending.append(operation)
      case .allocate(let file, let byteCount):
        unwritten[file] = ([UInt8](repeating: 0, count: byteCount), 0)
      case .write(let file, let bytes, let count): unwritten[file] = (bytes, count)
      case .synchronize(let file):
        if let written = unwritten.removeValue(forKey: file) { durable[file] = written.bytes }
      case .synchronizeDirectory:
        for operation in pending { SimulatedDisk.apply(operation, to: &names) }
        pending = []
      case .started, .acknowledged: break
      }
    }
    var disks: [SimulatedDisk] = []
    for mask in 0..<(1 << pending.count) {
      guard SimulatedDisk.respectsOrder(pending, mask) else { continue }
      var changed = names
      for (i, operation) in pending.enumerated() where mask >> i & 1 == 1 {
        SimulatedDisk.apply(operation, to: &changed)
      }
      var variants = [durable]
      for (file, written) in unwritten where changed.values.contains(file) {
        let damaged = SimulatedDisk.damages(durable[file] ?? [], written.bytes)
        variants = variants.flatMap { contents in
          damaged.map { contents.merging([file: $0]) { $1 } }
        }
      }
      for contents in variants {
        let disk = SimulatedDisk([:])
        disk.names = changed
        disk.contents = contents
        disks.append(disk)
      }
    }
    return disks
  }

  /// A change of a name can be on the disk only if the earlier changes of that name are.
  private static func respectsOrder(_ pending: [Operation], _ mask: Int) -> Bool {
    for (i, operation) in pending.enumerated() where mask >> i & 1 == 1 {
      for (j, earlier) in pending[..<i].enumerated() where mask >> j & 1 == 0 {
        if !Set(operation.names).isDisjoint(with: earlier.names) { return false }
      }
    }
    return true
  }

  private static func apply(_ operation: Operation, to names: inout [String: Int]) {
    switch operation {
    case .create(let name, let file), .link(let name, let file): names[name] = file
    case .rename(let name, let target, let file):
      names[name] = nil
      names[target] = file
    case .remove(let name): names[name] = nil
    default: break
    }
  }

  /// Old content, new content, and every mixture of good, empty and noisy sectors of the new.
  private static func damages(_ old: [UInt8], _ new: [UInt8]) -> [[UInt8]] {
    let sectors = (new.count + 511) / 512
    var variants = [old, new]
    for length in stride(from: 0, to: new.count, by: 512) { variants.append(Array(new[..<length])) }
    var combination = 1
    let combinations = Int(pow(3, Double(min(sectors, 4))))
    while combination < combinations {
      var bytes = new
      var digits = combination
      for sector in 0..<sectors {
        for i in (sector * 512)..<min(sector * 512 + 512, new.count) where digits % 3 > 0 {
          bytes[i] = digits % 3 == 1 ? 0 : UInt8(truncatingIfNeeded: i &* 167 &+ 13)
        }
        digits /= 3
      }
      variants.append(bytes)
      combination += 1
    }
    return variants
  }
}
