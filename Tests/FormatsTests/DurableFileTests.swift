import Foundation
import Testing

@testable import Formats

/// Checkpoints that tell their version by their content.
private func version(_ number: Int) -> SafeTensorsFile {
  let values = (0..<300).map { Float($0 * 7 + number) }
  return SafeTensorsFile(
    metadata: ["version": String(number)],
    tensors: ["weight": TensorRecord(values, shape: [300])])
}

private func load(_ disk: SimulatedDisk) -> Int? {
  let file = DurableFile("runs/model", through: disk)
  let loaded = try? file.load { path throws(FormatError) in
    try SafeTensorsFile(path: path, through: disk)
  }
  guard let content = loaded?.content, let text = content.metadata["version"],
    let number = Int(text), content == version(number)
  else { return nil }
  return number
}

@Suite("Durable files in a power cut") struct DurableFileCrashTests {
  /// Saves versions 1 and 2 over version 0 and returns how many crash states load a version that
  /// was neither reported as done, nor begun later, or nothing at all.
  private func failures(on disk: SimulatedDisk) throws -> (states: Int, failures: Int) {
    for number in 1...2 {
      disk.mark(.started(number))
      try version(number).write(to: "runs/model", through: disk, verifies: number == 2)
      disk.mark(.acknowledged(number))
    }
    var (states, failures) = (0, 0)
    for count in 0...disk.log.count {
      var (safe, begun) = (0, 0)
      for operation in disk.log.prefix(count) {
        if case .started(let number) = operation { begun = number }
        if case .acknowledged(let number) = operation { safe = number }
      }
      for state in disk.crashes(after: count) {
        states += 1
        guard let found = load(state), (safe...begun).contains(found) else {
          failures += 1
          continue
        }
      }
    }
    return (states, failures)
  }

  private func freshDisk() throws -> SimulatedDisk {
    SimulatedDisk(["runs/model": try version(0).serialized()])
  }

  @Test("after every operation, every disk a power cut may leave holds a complete version")
  func powerCut() throws {
    let result = try failures(on: freshDisk())
    #expect(result.failures == 0)
    #expect(result.states > 200, "only \(result.states) states")
  }

  @Test("the same holds where there are no hard links")
  func withoutLinks() throws {
    let disk = try freshDisk()
    disk.refusesLinks = true
    #expect(try failures(on: disk).failures == 0)
  }

  @Test("the simulation notices when the content or the directory is not synchronised")
  func control() throws {
    let content = try freshDisk()
    content.ignoresSynchronize = true
    #expect(try failures(on: content).failures > 0)
    let directory = try freshDisk()
    directory.ignoresSynchronizeDirectory = true
    #expect(try failures(on: directory).failures > 0)
  }

  @Test(
    "whatever call fails, a complete version loads and no debris is left",
    arguments: [true, false], [true, false])
  func faults(keepsPrevious: Bool, leftover: Bool) throws {
    var files = ["runs/model": try version(0).serialized()]
    if leftover {
      files["runs/.model.tmp"] = [1, 2, 3]
      if keepsPrevious { files["runs/.model.prev.tmp"] = [4] }
    }
    func save(_ fault: (Int, SimulatedDisk.Fault)?) -> (SimulatedDisk, FormatError?) {
      let disk = SimulatedDisk(files)
      disk.fault = fault
      let error = formatError {
        try version(1).write(
          to: "runs/model", through: disk, keepsPrevious: keepsPrevious, verifies: true)
      }
      return (disk, error)
    }
    let callCount = save(nil).0.calls
    #expect(callCount > 12)
    let kinds: [SimulatedDisk.Fault] = [
      .error(EIO), .error(ENOSPC), .error(EINTR), .error(EROFS), .shortWrite,
    ]
    for call in 0..<callCount {
      for kind in kinds {
        let (disk, error) = save((call, kind))
        disk.fault = nil
        let found = load(disk)
        #expect(found == 1 || (found == 0 && error != nil), "call \(call), \(kind)")
        // Call 0 takes the lock: without it the temporary files may be another writer's.
        let debris = disk.names.keys.filter { $0.hasSuffix(".tmp") }
        #expect(debris.isEmpty || call == 0, "call \(call), \(kind): \(debris)")
        #expect(disk.openHandleCount == 0)
        if case .shortWrite = kind { #expect(error == nil && found == 1) }
        if let error { #expect(error.kind == .io && error.path == "runs/model") }
      }
    }
  }
}

@Suite("Durable files on a real disk") struct DurableFileTests {
  private func text(_ path: String) -> String? {
    (try? Data(contentsOf: URL(filePath: path))).map { String(decoding: $0, as: UTF8.self) }
  }

  @Test("the file is replaced, its predecessor kept, a leftover removed")
  func replace() throws {
    try withTemporaryDirectory { directory in
      let path = directory + "/a file"
      try Data("torn".utf8).write(to: URL(filePath: directory + "/.a file.tmp"))
      let file = DurableFile(path)
      for content in ["one", "", "three"] {
        try file.write([Array(content.utf8), []], verifies: true)
        #expect(text(path) == content)
      }
      #expect(text(path + ".prev") == "")
      let names = try FileManager.default.contentsOfDirectory(atPath: directory).sorted()
      #expect(names == [".a file.lock", "a file", "a file.prev"])
      let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
      #expect((mode ?? 0) & 0o600 == 0o600)
    }
  }

  @Test("a file larger than one chunk arrives whole")
  func large() throws {
    try withTemporaryDirectory { directory in
      let bytes = (0..<(5 << 19)).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
      try DurableFile(directory + "/x").write([[9], bytes, [7]], verifies: true)
      let read = try PosixFileSystem().readFile(directory + "/x", limit: 1 << 24, format: "x")
      #expect(read == [9] + bytes + [7])
      let small = formatError {
        _ = try PosixFileSystem().readFile(directory + "/x", limit: 9, format: "x")
      }
      #expect(small?.kind == .limitExceeded)
    }
  }

  @Test(
    "a run killed at any moment leaves a complete file and no growing debris",
    arguments: [3, 7, 11, 16, 22, 29])
  func kill(milliseconds: UInt32) async throws {
    let directory = FileManager.default.temporaryDirectory.appending(
      path: "killed-\(UUID().uuidString)"
    ).path
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: directory) }
    try version(0).write(to: directory + "/model")
    await #expect(processExitsWith: .signal(SIGKILL)) {
      [directory = directory as String, milliseconds = milliseconds as UInt32] in
      Thread.detachNewThread {
        usleep(1000 * milliseconds)
        _ = Foundation.kill(getpid(), SIGKILL)
      }
      for number in 1..<1_000_000 { try version(number).write(to: directory + "/model") }
    }
    let loaded = try DurableFile(directory + "/model").load { path throws(FormatError) in
      try SafeTensorsFile(path: path)
    }
    #expect(loaded.passedOver == nil)
    let number = Int(loaded.content.metadata["version"] ?? "") ?? -1
    #expect(loaded.content == version(number))
    let debris = try FileManager.default.contentsOfDirectory(atPath: directory)
      .filter { $0.hasSuffix(".tmp") }
    #expect(Set(debris).isSubset(of: [".model.tmp", ".model.prev.tmp"]))
    // The next run is not disturbed by what is left.
    try version(7).write(to: directory + "/model")
    #expect(try SafeTensorsFile(path: directory + "/model") == version(7))
  }

  @Test("a second writer is refused while the first holds the lock")
  func lock() throws {
    try withTemporaryDirectory { directory in
      let system = PosixFileSystem()
      let held = try system.lock(directory + "/.x.lock")
      let error = formatError { try DurableFile(directory + "/x").write([[1]]) }
      #expect(error?.remedy.contains("other run") == true)
      try system.close(held)
      try DurableFile(directory + "/x").write([[1]])
    }
  }

  @Test("a missing directory is an error that names the file")
  func missingDirectory() {
    let error = formatError { try DurableFile("/nowhere/at/all").write([[1]]) }
    #expect(error?.kind == .io && error?.description.contains("/nowhere/at/all") == true)
  }

  @Test("a damaged file falls back to its predecessor and says why; two damaged ones say both")
  func fallback() throws {
    try withTemporaryDirectory { directory in
      let path = directory + "/model"
      let file = DurableFile(path)
      let read = { (path: String) throws(FormatError) in try SafeTensorsFile(path: path) }
      try version(1).write(to: path)
      try version(2).write(to: path)
      let newest = try file.load(read)
      #expect(newest.content == version(2) && newest.passedOver == nil)
      try Data([1, 2, 3]).write(to: URL(filePath: path))
      let older = try file.load(read)
      #expect(older.content == version(1) && older.path == path + ".prev")
      #expect(older.passedOver?.kind == .truncated)
      try Data([1, 2, 3]).write(to: URL(filePath: path + ".prev"))
      let error = formatError { _ = try file.load(read) }
      #expect(error?.problem.contains("(1)") == true && error?.problem.contains("(2)") == true)
    }
  }
}
