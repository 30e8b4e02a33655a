// A program's output, sorted by cell.
//
// Read       Notebook/Marks.swift → this file → NotebookRun.swift, NotebookDocument.swift
// Tests      Tests/NotebookRunnerTests/CapturedOutputTests.swift

import Notebook

/// One thing that a cell showed.
public enum CellOutput: Hashable, Sendable {
  case text(String)
  case picture(PictureRecord)
}

/// What every cell showed, and how far the program came.
public struct CapturedOutput: Hashable, Sendable {
  /// One entry for each code cell; text between two pictures is one output.
  public private(set) var cells: [[CellOutput]]
  /// The statement that was begun last: its cell, from 1, and its line in the file.
  public private(set) var last: (cell: Int, line: Int)? {
    get { lastCell.map { ($0, lastLine) } }
    set {
      lastCell = newValue?.cell
      lastLine = newValue?.line ?? 0
    }
  }
  private var lastCell: Int?
  private var lastLine = 0
  /// Whether the program came to its end.
  public private(set) var isComplete = false

  /// Sorts an output.
  ///
  /// - Parameters:
  ///   - stream: All that the program printed.
  ///   - count: Number of code cells.
  public init(_ stream: String, cells count: Int) {
    cells = Array(repeating: [], count: count)
    let parts = stream.split(separator: Marks.character, omittingEmptySubsequences: false)
    for (i, part) in parts.enumerated() {
      var text = part
      if i > 0 {
        let line = part.prefix { $0 != "\n" }
        text = part.dropFirst(line.count + 1)
        switch Mark(line: line) {
        case .at(let cell, let line): last = (cell, line)
        case .picture(let picture): show(.picture(picture))
        case .end: isComplete = true
        case nil: text = part
        }
      }
      if !text.isEmpty { show(.text(String(text))) }
    }
  }

  private mutating func show(_ output: CellOutput) {
    let cell = max(1, lastCell ?? 1) - 1
    guard cells.indices.contains(cell) else { return }
    if case .text(let more) = output, case .text(let before) = cells[cell].last {
      cells[cell][cells[cell].count - 1] = .text(before + more)
    } else {
      cells[cell].append(output)
    }
  }
}
