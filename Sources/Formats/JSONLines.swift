// Metrics, one JSON object a line, that survive a crash and a resume.
//
// Idea       A line is written in one call and counts only with its line feed. Opening the file
//            drops what a crash left behind at its end; resuming from a step also drops the lines
//            of later steps, because the resumed run will write them again.
// Tests      Tests/FormatsTests/JSONLinesTests.swift

/// Appends JSON values to a file, one a line.
public final class JSONLinesWriter {
  public let path: String
  /// The values the file held when it was opened, after repair.
  public let existing: [JSONValue]
  /// Lines that were dropped on opening: incomplete, unreadable at the end, or beyond the step.
  public let droppedLineCount: Int

  private let system = PosixFileSystem()
  private let file: FileHandleNumber
  private var byteCount: Int

  /// Opens or creates a file.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - step: Lines whose `"step"` is greater are dropped; nil keeps all.
  /// - Throws: `io`, or `malformed` if a line that is not at the end is no JSON: this is not a
  ///   crash's trace, and dropping what follows would lose good lines.
  public init(_ path: String, resumingAfter step: Int? = nil) throws(FormatError) {
    self.path = path
    var bytes: [UInt8] = []
    do throws(FormatError) {
      bytes = try system.readFile(path, limit: 1 << 30, format: "JSON lines")
    } catch {
      if !JSONLinesWriter.isMissing(path, system) { throw error }
    }
    var (lines, dropped) = try JSONLinesWriter.lines(of: bytes, path: path)
    if let step {
      let all = lines.count
      lines.removeAll { ($0.value["step"]?.integer ?? Int.min) > step }
      dropped += all - lines.count
    }
    let kept = lines.flatMap { bytes[$0.range] + [0x0A] }
    if kept != bytes {
      try DurableFile(path, through: system).write([kept], keepsPrevious: false)
    }
    existing = lines.map(\.value)
    droppedLineCount = dropped
    byteCount = kept.count
    do throws(SystemError) { file = try system.openForAppending(path) } catch {
      throw JSONLinesWriter.report(error, path)
    }
  }

  deinit { try? system.close(file) }

  /// Appends one line.
  ///
  /// - Parameter value: Usually an object with a `"step"`.
  /// - Throws: `io`; the file then ends with the line before.
  public func append(_ value: JSONValue) throws(FormatError) {
    let line = Array((value.text + "\n").utf8)
    var written = 0
    while written < line.count {
      do throws(SystemError) {
        let count = try system.write(file, line, written..<line.count)
        if count <= 0 { throw SystemError(code: Errno.noSpace, operation: "write") }
        written += count
      } catch {
        if error.code == Errno.interrupted { continue }
        // Half a line must not become the beginning of the next one.
        try? system.truncate(file, byteCount: byteCount)
        throw JSONLinesWriter.report(error, path)
      }
    }
    byteCount += line.count
  }

  /// Forces all lines to the disk, for example before a checkpoint says they exist.
  public func synchronize() throws(FormatError) {
    do throws(SystemError) { try system.synchronize(file) } catch {
      throw JSONLinesWriter.report(error, path)
    }
  }

  /// Reads a file without changing it; an incomplete end is skipped.
  ///
  /// - Parameter path: The file.
  /// - Returns: Its values.
  /// - Throws: As the initialiser.
  public static func read(_ path: String) throws(FormatError) -> [JSONValue] {
    let bytes = try PosixFileSystem().readFile(path, limit: 1 << 30, format: "JSON lines")
    return try lines(of: bytes, path: path).lines.map(\.value)
  }

  private static func lines(
    of bytes: [UInt8], path: String
  ) throws(FormatError) -> (lines: [(value: JSONValue, range: Range<Int>)], dropped: Int) {
    var lines: [(value: JSONValue, range: Range<Int>)] = []
    var firstError: FormatError?
    var dropped = 0
    var start = 0
    var number = 0
    while start < bytes.count {
      number += 1
      guard let end = bytes[start...].firstIndex(of: 0x0A) else { return (lines, dropped + 1) }
      do throws(FormatError) {
        let value = try JSONValue(parsing: Array(bytes[start..<end]), format: "JSON lines")
        lines.append((value, start..<end))
      } catch {
        dropped += 1
        if firstError == nil {
          firstError = error.inFile(path)
          firstError?.place = .line(number, column: 0)
          firstError?.remedy = "remove or mend this line; the lines after it are readable"
        }
      }
      // Unreadable lines are a crash's trace only if nothing readable follows them.
      if let firstError, lines.last?.range.lowerBound == start { throw firstError }
      start = end + 1
    }
    return (lines, dropped)
  }

  private static func isMissing(_ path: String, _ system: PosixFileSystem) -> Bool {
    do throws(SystemError) {
      try system.close(try system.open(path))
      return false
    } catch {
      return error.code == Errno.noSuchFile
    }
  }

  private static func report(_ error: SystemError, _ path: String) -> FormatError {
    FormatError(
      .io, format: "JSON lines", path: path,
      "\(error.operation) failed: \(Errno.text(error.code))",
      remedy: "check that the directory exists, is writable and has room")
  }
}
