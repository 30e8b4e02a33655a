// Several notebooks, one after the other.
//
// Idea       Compiling keeps one core busy and running all of them, so all are compiled first, as many at a
//            time as there are cores, and then run in order.
// Read       NotebookRun.swift ← this file → Command/NotebookCommand.swift
// Tests      Tests/NotebookRunnerTests/NotebookRunTests.swift

import Foundation
import Synchronization

/// Notebooks that are run together.
public struct NotebookBatch: Sendable {
  public let sources: [NotebookSource]
  public let compiler: NotebookCompiler
  /// Threads each computes with; nil for all.
  public let threads: Int?

  /// Notebooks with what compiles them.
  public init(_ sources: [NotebookSource], with compiler: NotebookCompiler, threads: Int? = nil) {
    self.sources = sources
    self.compiler = compiler
    self.threads = threads
  }

  private typealias Compiled = Result<(program: String, warnings: String), NotebookError>

  /// Runs all of them.
  ///
  /// - Parameter report: Called for each, in order, as soon as it has run.
  /// - Throws: `NotebookError` when there is no room for temporary files; what is wrong with a notebook
  ///   is reported, and the next one runs.
  public func run(
    report: (NotebookSource, Result<NotebookRun, NotebookError>) -> Void
  ) throws(NotebookError) {
    try ScratchFolder.during { (scratch) throws(NotebookError) in
      let compiled = Mutex([Int: Compiled]())
      let (sources, compiler) = (sources, compiler)
      DispatchQueue.concurrentPerform(iterations: sources.count) { i in
        let result = NotebookBatch.compile(sources[i], compiler, "\(scratch)/\(i)")
        compiled.withLock { $0[i] = result }
      }
      let programs = compiled.withLock { $0 }
      for (i, source) in sources.enumerated() {
        let folder = "\(scratch)/\(i)"
        let result: Result<NotebookRun, NotebookError>
        do throws(NotebookError) {
          guard let (program, warnings) = try programs[i]?.get() else { continue }
          result = .success(
            try NotebookRun(
              source, program: program, warnings: warnings, scratch: folder, threads: threads))
        } catch { result = .failure(error) }
        report(source, result)
        try? FileManager.default.removeItem(atPath: folder)
      }
    }
  }

  private static func compile(
    _ source: NotebookSource, _ compiler: NotebookCompiler, _ folder: String
  ) -> Compiled {
    do throws(NotebookError) {
      try ScratchFolder.make(folder)
      return .success(try compiler.compile(source, in: folder))
    } catch { return .failure(error) }
  }
}
