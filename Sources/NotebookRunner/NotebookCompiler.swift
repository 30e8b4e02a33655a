// From a notebook to a program that can be run.
//
// Idea       `swiftc` of the toolchain, the modules beside the running program, one file: two seconds.
//            Compiled and not interpreted, since a notebook that trains a network is all loops.
// Language   Swift 5 mode: there the variables of a script may be used in its functions, as a reader
//            expects.
// Read       NotebookProgram.swift, CompiledModules.swift → this file → NotebookRun.swift
// Tests      Tests/NotebookRunnerTests/NotebookRunTests.swift

import Foundation

/// Compiles notebooks.
public struct NotebookCompiler: Sendable {
  /// The Swift compiler.
  public let compiler: String
  /// What notebooks import.
  public let library: CompiledModules

  /// The compiler on this machine.
  ///
  /// - Parameters:
  ///   - library: What notebooks import.
  ///   - path: Folders to look in, separated by colons, as in the environment's PATH.
  /// - Throws: `NotebookError` when there is none.
  public init(
    _ library: CompiledModules,
    path: String = ProcessInfo.processInfo.environment["PATH"] ?? ""
  ) throws(NotebookError) {
    let candidates = path.split(separator: ":").map { "\($0)/swiftc" }
    guard
      let found = candidates.first(where: { FileManager.default.isExecutableFile(atPath: $0) })
    else {
      throw NotebookError(
        "there is no Swift compiler: none of the folders in PATH holds swiftc", at: "swiftc",
        remedy: "install a toolchain of swift.org and put its usr/bin into PATH; a notebook is "
          + "compiled before it runs")
    }
    compiler = found
    self.library = library
  }

  /// Compiles a notebook.
  ///
  /// - Parameters:
  ///   - source: The notebook.
  ///   - scratch: A folder for what is made on the way, the notebook's own.
  /// - Returns: The program, and the compiler's warnings.
  /// - Throws: `NotebookError` that names the cell and the line.
  public func compile(
    _ source: NotebookSource, in scratch: String
  ) throws(NotebookError) -> (program: String, warnings: String) {
    let (main, program) = ("\(scratch)/main.swift", "\(scratch)/notebook")
    let response = library.objects.map { "\"\($0)\"\n" }.joined()
    do {
      try NotebookProgram(source).text.write(toFile: main, atomically: true, encoding: .utf8)
      try response.write(toFile: "\(scratch)/objects", atomically: true, encoding: .utf8)
    } catch {
      throw NotebookError(
        "the program cannot be written (\(error.localizedDescription))", at: scratch,
        remedy: "make room there, or name another folder in the environment's TMPDIR")
    }
    let arguments = [
      "-O", "-swift-version", "5", "-module-name", "NotebookProgram", "-diagnostic-style", "llvm",
      "-I", library.modules, "-o", program, main, "@\(scratch)/objects", "-Xlinker",
      "--gc-sections",
    ]
    let result = try ChildProcess.run(
      compiler, arguments, scratch: scratch, name: "compile", place: source.path)
    guard result.status == 0 else { throw failure(result.errors, of: source) }
    return (program, result.errors)
  }

  /// The first error of a compiler's output, with its cell and line.
  func failure(_ said: String, of source: NotebookSource) -> NotebookError {
    let title = NotebookProgram.name(of: source, cell: 0).prefix { $0 != "[" }
    for line in said.split(separator: "\n") {
      guard line.contains(": error: "), line.hasPrefix(title) else { continue }
      let place = line.dropFirst(title.count + 1).split(separator: ":", maxSplits: 2)
      guard let cell = place.first.flatMap({ Int($0.filter(\.isNumber)) }), place.count == 3
      else { continue }
      return NotebookError(
        "the cell does not compile", at: "\(source.path):\(place[1])", cell: cell, details: said,
        remedy: said.contains("no such module")
          ? "import one of \(library.names.joined(separator: ", ")); a new module wants "
            + "`swift build -c release` first"
          : "change the cell; the lines are those of \(source.path)")
    }
    return NotebookError(
      "the notebook does not compile", at: source.path, details: said,
      remedy: "build the package again with this compiler (\(compiler)): `swift build -c release`")
  }
}
