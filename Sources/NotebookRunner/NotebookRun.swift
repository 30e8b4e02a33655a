// A notebook, run: what each cell printed and showed.
//
// Steps      source → program → compiler → process → output, cell by cell → document
// Failure    A program that does not come to its end names the notebook, the cell and the line of the
//            statement it was in, and what it said: a thrown error, a failed `require`, an index out of
//            range alike. Nothing is written then.
// Read       NotebookCompiler.swift, CapturedOutput.swift ← this file → NotebookDocument.swift
// Tests      Tests/NotebookRunnerTests/NotebookRunTests.swift

import Foundation
import Notebook

/// A notebook with what its cells showed.
public struct NotebookRun: Sendable {
  public let source: NotebookSource
  /// One entry for each code cell.
  public let outputs: [[CellOutput]]
  /// What compiler and program said besides: warnings, lines on the error output.
  public let remarks: String

  /// One line for the terminal.
  public var summary: String {
    let pictures = outputs.joined().count { if case .picture = $0 { true } else { false } }
    return "\(source.cells.count) cells, \(source.codeCells.count) of code, \(pictures) pictures"
  }

  /// Bytes of one picture beyond which pages of a repository stop showing it.
  static let largestPicture = 150_000

  /// A notebook with given outputs.
  init(_ source: NotebookSource, outputs: [[CellOutput]]) {
    self.source = source
    self.outputs = outputs
    remarks = ""
  }

  /// Runs a notebook.
  ///
  /// - Parameters:
  ///   - source: The notebook.
  ///   - compiler: With the modules it imports.
  ///   - threads: Threads it computes with; nil for all. They change no bit.
  /// - Throws: `NotebookError` that names the cell and the line.
  public init(
    _ source: NotebookSource, with compiler: NotebookCompiler, threads: Int? = nil
  ) throws(NotebookError) {
    self = try ScratchFolder.during { (scratch) throws(NotebookError) in
      let (program, warnings) = try compiler.compile(source, in: scratch)
      return try NotebookRun(
        source, program: program, warnings: warnings, scratch: scratch, threads: threads)
    }
  }

  /// Runs a notebook's program.
  init(
    _ source: NotebookSource, program: String, warnings: String, scratch: String, threads: Int?
  ) throws(NotebookError) {
    // A notebook's own temporary files lie where they are removed with all others.
    var environment = [Marks.variable: "1", "TMPDIR": scratch, "SWIFT_BACKTRACE": "enable=no"]
    if let threads { environment["MVMR_THREADS"] = "\(threads)" }
    let child = try ChildProcess.run(
      program, [], environment: environment, scratch: scratch, name: "run", place: source.path)
    let captured = CapturedOutput(child.output, cells: source.codeCells.count)
    guard child.status == 0, captured.isComplete else {
      throw NotebookRun.failure(child, captured, source)
    }
    for (i, outputs) in captured.cells.enumerated() {
      for case .picture(let picture) in outputs where picture.png.count > NotebookRun.largestPicture
      {
        throw NotebookError(
          "the picture '\(picture.title)' has \(picture.png.count / 1000) kB; pages that show "
            + "notebooks take \(NotebookRun.largestPicture / 1000)", at: source.path, cell: i + 1,
          remedy: "show fewer pixels, or a part of it")
      }
    }
    self.source = source
    outputs = captured.cells
    remarks = warnings + child.errors
  }

  /// What to say of a program that did not come to its end.
  private static func failure(
    _ child: ChildProcess, _ captured: CapturedOutput, _ source: NotebookSource
  ) -> NotebookError {
    let (cell, line) = captured.last ?? (1, source.codeCells.first?.firstLine ?? 1)
    let isEarly = child.status == 0
    // A stack without names of lines says nothing that the line of the statement does not.
    let said = child.errors.split(separator: "\nCurrent stack trace:").first ?? ""
    let how =
      isEarly
      ? "the program ended here, before its last cell"
      : child.status > 128
        ? "the program stopped here (signal \(child.status - 128))"
        : "the program ended here with status \(child.status)"
    return NotebookError(
      how, at: "\(source.path):\(line)", cell: cell,
      details: said.trimmingCharacters(in: .newlines),
      remedy: isEarly
        ? "do not call exit" : "change the statement that begins on line \(line)")
  }
}

/// A folder for what is needed for a while.
enum ScratchFolder {
  /// Gives a new folder and removes it afterwards.
  static func during<Result>(
    _ body: (String) throws(NotebookError) -> Result
  ) throws(NotebookError) -> Result {
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "mvmr-notebook-\(UUID().uuidString)").path
    try make(folder)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    return try body(folder)
  }

  /// Makes a folder.
  static func make(_ folder: String) throws(NotebookError) {
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    } catch {
      throw NotebookError(
        "no temporary folder can be made (\(error.localizedDescription))", at: folder,
        remedy: "make room there, or name another folder in the environment's TMPDIR")
    }
  }
}
