// What commands print: the pages' terminal outputs come from the program itself.
//
// Passages   <!-- passage: mvmr gradcheck softmax -->   a command line in place of a registered name; the page then
//            shows the command and all that it prints. `&&`, `;` and `|` are the shell's.
// Where      In an empty folder of its own, so that a command may write files and the next may read them.
// Rounding   Errors of a gradient check are rounding noise, other numbers for vectors of another width. So errors
//            below 1e-6 are the same as long as they differ by less than a factor of ten.
// Read       PageFilling.swift ← this file → BookUpdate.swift
// Tests      Tests/DocumentationTests/TerminalTests.swift

import Foundation

/// The built program, as pages run it.
public struct Terminal: Sendable {
  private let program: URL

  /// Runs one program.
  ///
  /// - Parameter program: The file `mvmr`, which pages call by that name.
  public init(program: URL) { self.program = program }

  /// Whether a passage of this name is a command line.
  static func runs(_ name: String) -> Bool { name.hasPrefix("mvmr ") }

  /// A command line and its output, as Markdown.
  ///
  /// - Parameter line: Commands, each beginning with `mvmr`.
  /// - Returns: Two fences: what to type in the clone, and what is printed.
  /// - Throws: `BookError` when a command fails.
  func passage(_ line: String) throws -> [String] {
    let typed = line.components(separatedBy: " && ").map { "swift run -c release \($0)" }
    return ["```sh"] + typed + ["```", "", "```text"] + (try output(of: line)) + ["```"]
  }

  private func output(of line: String) throws -> [String] {
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "mvmr-terminal-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let process = Process()
    process.executableURL = URL(filePath: "/bin/sh")
    process.arguments = ["-c", line]
    process.currentDirectoryURL = folder
    var environment = ProcessInfo.processInfo.environment
    let others = environment["PATH"].map { ":\($0)" } ?? ""
    environment["PATH"] = program.deletingLastPathComponent().path + others
    process.environment = environment
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let bytes = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw BookError(
        line, "ended with status \(process.terminationStatus)",
        remedy: "run it by hand; `mvmr` is \(program.path)")
    }
    var lines = String(decoding: bytes, as: UTF8.self)
      .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    while lines.last?.isEmpty == true { lines.removeLast() }
    while lines.first?.isEmpty == true { lines.removeFirst() }
    return lines
  }

  /// Whether two outputs say the same but for the digits of rounding errors.
  static func agree(_ shown: some Sequence<String>, _ printed: some Sequence<String>) -> Bool {
    shown.elementsEqual(printed, by: agree)
  }

  private static func agree(_ shown: String, _ printed: String) -> Bool {
    if shown == printed { return true }
    let (a, b) = (shown.split(separator: " "), printed.split(separator: " "))
    return a.elementsEqual(b) { a, b in
      if a == b { return true }
      guard let x = rounding(a), let y = rounding(b) else { return false }
      return x < 10 * y && y < 10 * x
    }
  }

  /// An error such as 3.1e-08.
  private static func rounding(_ word: Substring) -> Double? {
    guard word.contains("e-"), let value = Double(word), value > 0, value < 1e-6 else { return nil }
    return value
  }
}
