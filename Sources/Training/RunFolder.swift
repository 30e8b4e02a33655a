// The folder of a run: what was asked, what happened, what came out.
//
//   config.yaml              the resolved configuration; reading it starts the same run
//   metrics.jsonl            one JSON object a line: steps, evaluations
//   checkpoint.safetensors   the latest state (and .prev, the one before)
//   curves.svg, curves.png   losses and accuracies
//   result.json              what was achieved
//
// Read       Formats/JSONLines.swift ← this file → Curves.swift

import Formats
import Foundation

/// The files of a run.
public struct RunFolder: Sendable {
  /// The folder.
  public let path: String
  static let checkpointName = "checkpoint.safetensors"

  /// The checkpoint's path.
  public var checkpoint: String { "\(path)/\(RunFolder.checkpointName)" }
  /// The metrics' path.
  public var metrics: String { "\(path)/metrics.jsonl" }
  /// The result's path.
  public var result: String { "\(path)/result.json" }

  /// Creates a folder, and proves that it can be written to before a run spends time.
  ///
  /// - Parameter path: The folder; by default `runs/<date and time>`.
  /// - Throws: `TrainingError` when it cannot be created or written to, or holds another run.
  public init(creating path: String?) throws {
    let path = path ?? "runs/\(RunFolder.timestamp())"
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw TrainingError(
        "the output folder '\(path)' cannot be created: \(error.localizedDescription)",
        remedy: "choose another with --output DIR")
    }
    guard FileManager.default.isWritableFile(atPath: path) else {
      throw TrainingError(
        "the output folder '\(path)' cannot be written to",
        remedy: "change its permissions, or choose another with --output DIR")
    }
    self.path = path
    if FileManager.default.fileExists(atPath: checkpoint) {
      throw TrainingError(
        "the output folder '\(path)' already holds a run",
        remedy: "continue it with --resume \(path), or choose another with --output DIR")
    }
  }

  /// The folder a checkpoint lies in.
  ///
  /// - Parameter path: A run's folder, or the checkpoint in it.
  public init(resuming path: String) {
    let parent = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    self.path = RunFolder.isFolder(path) ? path : parent
  }

  static func isFolder(_ path: String) -> Bool {
    (try? URL(filePath: path).resourceValues(forKeys: [.isDirectoryKey]))?.isDirectory ?? false
  }

  /// Writes a text file of the run, whole or not at all.
  public func write(_ text: String, to name: String) throws {
    try DurableFile("\(path)/\(name)").write([Array(text.utf8)], keepsPrevious: false)
  }

  private static func timestamp() -> String {
    let formatter = DateFormatter()
    formatter.locale = Locale(identifier: "en_US_POSIX")
    formatter.dateFormat = "yyyy-MM-dd-HHmmss"
    return formatter.string(from: Date())
  }

  /// 16 hexadecimal digits.
  static func hexadecimal(_ bits: UInt64) -> String {
    let digits = String(bits, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
