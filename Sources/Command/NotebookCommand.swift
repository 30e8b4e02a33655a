// mvmr notebook run: Swift files with cells, run without Jupyter, and their documents.
//
// Read       NotebookRunner/NotebookBatch.swift, NotebookRunner/NotebookComparison.swift → this file
// Tests      Tests/CommandTests/NotebookCommandTests.swift

import Foundation
import MVMR
import NotebookRunner

extension Option {
  static let allNotebooks = Option(
    name: "--all", value: nil, help: "every notebook of the folder \(Command.notebooks)")
  static let checkNotebooks = Option(
    name: "--check", value: nil,
    help: "write nothing; end with 1 where a document is not what the run gives")
}

extension Command {
  /// Where the project's own notebooks are written.
  static let notebooks = "Notebooks/Sources"

  static let notebookRun = Command(
    "notebook run", "Run notebooks written in Swift, and write them with their outputs.",
    options: [.allNotebooks, .checkNotebooks], positional: "FILE…",
    examples: [
      "notebook run Notebooks/Sources/03-distance-correlation.swift", "notebook run --all",
      "notebook run --all --check",
    ]
  ) { arguments in
    let paths = try notebookPaths(arguments)
    var sources: [NotebookSource] = []
    for path in paths { sources.append(try NotebookSource(path: path)) }
    let compiler = try NotebookCompiler(CompiledModules.ofThisProgram())
    let batch = NotebookBatch(
      sources, with: compiler, threads: try arguments.integer(.threads, in: 1...1024))
    var isRight = true
    try batch.run { source, result in
      do {
        let run = try result.get()
        if !run.remarks.isEmpty { CommandLineTool.write(run.remarks) }
        let line = try finish(run, onlyChecks: arguments.has(.checkNotebooks))
        print(line.text)
        isRight = isRight && line.isRight
      } catch {
        isRight = false
        CommandLineTool.write("error: \(error)\n")
      }
    }
    return isRight ? 0 : 1
  }

  private static func notebookPaths(_ arguments: Arguments) throws -> [String] {
    guard arguments.has(.allNotebooks) else {
      guard !arguments.positional.isEmpty else {
        throw UsageError(
          what: "no notebook is named", remedy: "name its source, or write --all for all of them")
      }
      return arguments.positional
    }
    guard arguments.positional.isEmpty else {
      throw UsageError(
        what: "--all and '\(arguments.positional[0])' exclude each other",
        remedy: "give one of them")
    }
    let names = (try? FileManager.default.contentsOfDirectory(atPath: notebooks)) ?? []
    let sources = names.filter { $0.hasSuffix(".swift") }.sorted()
    guard !sources.isEmpty else {
      throw UsageError(
        what: "there are no notebooks in \(notebooks)",
        remedy: "go to the folder of Package.swift first, or name files")
    }
    return sources.map { "\(notebooks)/\($0)" }
  }

  /// Writes a document, or compares it with the one that is there.
  private static func finish(
    _ run: NotebookRun, onlyChecks: Bool
  ) throws -> (text: String, isRight: Bool) {
    let document = NotebookDocument(run)
    let path = NotebookDocument.path(of: run.source)
    guard onlyChecks else {
      try document.write(to: path)
      return ("\(path): \(run.summary)", true)
    }
    let comparison = NotebookComparison(document, with: path)
    if let difference = comparison.difference {
      return (
        """
        \(path) differs: \(difference)
          To mend: mvmr notebook run \(run.source.path)
        """, false
      )
    }
    let near = comparison.nearPictures
    return (
      "\(path) is what the run gives"
        + (near == 0 ? "" : ", \(near) pictures but for rounding"), true
    )
  }
}
