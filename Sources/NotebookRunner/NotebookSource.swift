// A notebook as it is written: one Swift file, cut into cells by comments.
//
// Format     `// %% [markdown]` begins a cell of prose, whose lines are comments; `// %%` begins a cell of
//            code. What follows `%%` besides `[markdown]` is for the reader of the file. Comments before
//            the first cell belong to the file, not to the notebook.
// Source     the percent format of jupytext, for Swift
// Idea       The source of truth is Swift: it can be searched, formatted and reviewed, and line 57 of an
//            error message is line 57 of the file.
// Read       this file → NotebookProgram.swift, NotebookDocument.swift
// Tests      Tests/NotebookRunnerTests/NotebookSourceTests.swift

import Foundation

/// One cell.
public struct NotebookCell: Hashable, Sendable {
  /// What a cell holds.
  public enum Kind: String, Sendable {
    case markdown
    case code
  }
  public let kind: Kind
  /// Its lines, without comment signs in a cell of prose, without empty ones at both ends.
  public let lines: [String]
  /// The line of the file that `lines[0]` is.
  public let firstLine: Int
}

/// A notebook's source file.
public struct NotebookSource: Hashable, Sendable {
  /// Where it lies, as the user named it.
  public let path: String
  public let cells: [NotebookCell]

  /// The file's name without its ending: `03-distance-correlation`.
  public var title: String {
    let name = path.split(separator: "/").last.map(String.init) ?? path
    return name.hasSuffix(".swift") ? String(name.dropLast(6)) : name
  }

  /// The cells that are run, in order; the first is cell [1].
  public var codeCells: [NotebookCell] { cells.filter { $0.kind == .code } }

  /// Bytes that a source may have.
  static let largestFile = 1 << 20

  /// Reads a file.
  ///
  /// - Throws: `NotebookError` when it cannot be read or is no notebook.
  public init(path: String) throws(NotebookError) {
    guard path.hasSuffix(".swift") else {
      let isResult = path.hasSuffix(".ipynb")
      throw NotebookError(
        isResult ? "this is what a run writes, not what it reads" : "a notebook is a Swift file",
        at: path,
        remedy: isResult
          ? "name its source, a .swift file in the folder Sources beside it"
          : "name a file that ends in .swift")
    }
    guard let data = FileManager.default.contents(atPath: path) else {
      throw NotebookError(
        "there is no such file, or it cannot be read", at: path,
        remedy: "name a source such as Notebooks/Sources/01-tensors-and-gradients.swift")
    }
    guard data.count <= NotebookSource.largestFile, let text = String(data: data, encoding: .utf8)
    else {
      throw NotebookError(
        "it is no text of at most a million bytes", at: path, remedy: "save it as UTF-8, or cut it")
    }
    try self.init(text, path: path)
  }

  /// Reads the text of a file.
  ///
  /// - Parameters:
  ///   - text: The file's content.
  ///   - path: What to call it.
  /// - Throws: `NotebookError` naming the line.
  public init(_ text: String, path: String) throws(NotebookError) {
    self.path = path
    var cells: [NotebookCell] = []
    var open: (kind: NotebookCell.Kind, lines: [String], first: Int)?
    func close() {
      guard let (kind, all, start) = open else { return }
      var (lines, first) = (all, start)
      while lines.last?.isEmpty == true { lines.removeLast() }
      while lines.first?.isEmpty == true {
        lines.removeFirst()
        first += 1
      }
      if !lines.isEmpty { cells.append(NotebookCell(kind: kind, lines: lines, firstLine: first)) }
    }
    for (i, raw) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      let number = i + 1
      let line = NotebookSource.withoutBlanksAtItsEnd(raw)
      guard !line.contains("\u{1E}") else {
        throw NotebookError(
          "the line holds the control character U+001E", at: "\(path):\(number)",
          remedy: "delete it: it marks what a cell shows")
      }
      if let kind = NotebookSource.beginning(line) {
        close()
        open = (kind, [], number + 1)
      } else if open == nil {
        guard line.isEmpty || line.hasPrefix("//") else {
          throw NotebookError(
            "there is Swift before the first cell", at: "\(path):\(number)",
            remedy: "write a line `// %%` before it")
        }
      } else if open?.kind == .code {
        open?.lines.append(line)
      } else {
        open?.lines.append(try NotebookSource.prose(line, at: "\(path):\(number)"))
      }
    }
    close()
    self.cells = cells
    guard cells.contains(where: { $0.kind == .code }) else {
      throw NotebookError(
        "there is no cell of code", at: path, remedy: "begin one with a line `// %%`")
    }
  }

  /// The kind of cell that a line begins.
  private static func beginning(_ line: String) -> NotebookCell.Kind? {
    guard line == "// %%" || line.hasPrefix("// %% ") else { return nil }
    return line.hasPrefix("// %% [markdown]") ? .markdown : .code
  }

  /// A line of prose without its comment sign.
  private static func prose(_ line: String, at place: String) throws(NotebookError) -> String {
    if line.isEmpty || line == "//" { return "" }
    guard line.hasPrefix("// ") else {
      throw NotebookError(
        "a cell of prose holds a line that is no comment", at: place,
        remedy: "begin the line with `// `, or the cell of code with a line `// %%`")
    }
    return String(line.dropFirst(3))
  }

  private static func withoutBlanksAtItsEnd(_ line: Substring) -> String {
    var line = line
    while let last = line.last, last == " " || last == "\t" || last == "\r" { line.removeLast() }
    return String(line)
  }
}
