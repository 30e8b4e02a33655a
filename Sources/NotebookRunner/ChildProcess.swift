// A program run to its end, its output in files.
//
// Idea       Files and not pipes: nothing can wait for anything, however much is printed, and their size is
//            known before they are read.
// Read       this file → NotebookCompiler.swift, NotebookRun.swift
// Tests      Tests/NotebookRunnerTests/NotebookRunTests.swift

import Foundation

/// What a program left behind.
struct ChildProcess {
  /// 0 for success; 128 and the number of the signal that ended it.
  let status: Int32
  let output: String
  let errors: String

  /// Bytes that are read of what a program prints.
  static let largestOutput = 64 << 20

  /// Runs a program.
  ///
  /// - Parameters:
  ///   - program: Its file.
  ///   - arguments: Its arguments.
  ///   - environment: What is added to the environment.
  ///   - scratch: A folder for its output.
  ///   - name: What the files in it are called.
  ///   - place: What an error is about.
  /// - Returns: What it left behind.
  /// - Throws: `NotebookError` when it cannot be started or prints too much.
  static func run(
    _ program: String, _ arguments: [String], environment: [String: String] = [:],
    scratch: String, name: String, place: String
  ) throws(NotebookError) -> ChildProcess {
    let (outputPath, errorPath) = ("\(scratch)/\(name).output", "\(scratch)/\(name).errors")
    for path in [outputPath, errorPath] {
      guard FileManager.default.createFile(atPath: path, contents: nil) else {
        throw NotebookError(
          "a file for a program's output cannot be made", at: path,
          remedy: "make room there, or name another folder in the environment's TMPDIR")
      }
    }
    let process = Process()
    process.executableURL = URL(filePath: program)
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment
      .merging(environment) { $1 }
    process.standardInput = FileHandle.nullDevice
    do {
      process.standardOutput = try FileHandle(forWritingTo: URL(filePath: outputPath))
      process.standardError = try FileHandle(forWritingTo: URL(filePath: errorPath))
      try process.run()
    } catch {
      throw NotebookError(
        "\(program) cannot be started (\(error.localizedDescription))", at: place,
        remedy: "check that it is there and may be executed")
    }
    process.waitUntilExit()
    let signal: Int32 = process.terminationReason == .uncaughtSignal ? 128 : 0
    return ChildProcess(
      status: signal + process.terminationStatus, output: try text(outputPath, place),
      errors: try text(errorPath, place))
  }

  private static func text(_ path: String, _ place: String) throws(NotebookError) -> String {
    let size =
      (try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int) ?? 0
    guard size <= largestOutput, let data = FileManager.default.contents(atPath: path) else {
      throw NotebookError(
        "more than \(largestOutput >> 20) MB were printed", at: place, remedy: "print less")
    }
    return String(decoding: data, as: UTF8.self)
  }
}
