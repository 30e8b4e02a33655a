// The program of a notebook: all its cells, one after the other, with a mark before each statement.
//
// Idea       One program, so that what a cell defines the next ones see, without an interpreter or a
//            debugger. `#sourceLocation` gives each line the name and number it has for its reader; the
//            marks (Notebook/Marks.swift) cut the output into cells, and tell where a program ended that
//            did not end well.
// Statements A mark stands before a line that begins a statement at the outermost level: one that starts in
//            column 1 with a letter or a parenthesis, outside strings and comments of several lines. What
//            continues a statement is indented, or starts with a closing bracket, a point, `else`, `case`.
// Read       NotebookSource.swift ← this file → NotebookRun.swift
// Tests      Tests/NotebookRunnerTests/NotebookProgramTests.swift

/// Swift text made from a notebook.
public struct NotebookProgram: Sendable {
  /// The whole program.
  public let text: String

  /// What compiler and program call a cell: `03-distance-correlation.swift, cell [4]`.
  public static func name(of source: NotebookSource, cell: Int) -> String {
    // Between quotes in the program.
    let title = source.title.map { "\\\"\n".contains($0) ? "_" : $0 }
    return "\(String(title)).swift, cell [\(cell)]"
  }

  /// The program of a notebook.
  public init(_ source: NotebookSource) {
    // Line by line, so that nothing printed is lost when a later statement ends the program.
    var lines = [
      "import Foundation", "import Notebook", "setvbuf(stdout, nil, Int32(_IOLBF), 0)",
    ]
    for (i, cell) in source.codeCells.enumerated() {
      let name = NotebookProgram.name(of: source, cell: i + 1)
      var statements = StatementFinder()
      for (offset, line) in cell.lines.enumerated() {
        let number = cell.firstLine + offset
        let begins = statements.begins(line)
        if begins || offset == 0 {
          lines.append("Notebook.reached(cell: \(i + 1), line: \(number))")
          lines.append("#sourceLocation(file: \"\(name)\", line: \(number))")
        }
        lines.append(line)
      }
    }
    lines.append("Notebook.reachedEnd()")
    text = lines.joined(separator: "\n") + "\n"
  }
}

/// Finds the lines at which outermost statements begin.
struct StatementFinder {
  private var isInString = false
  private var isInComment = false
  private var followsAttribute = false

  /// Words that continue a statement, or may not follow an expression.
  private static let continuing: Set<Substring> = [
    "else", "catch", "case", "default", "where", "import",
  ]

  /// Whether the next line begins a statement; lines are asked for in order.
  mutating func begins(_ line: String) -> Bool {
    let wasInside = isInString || isInComment
    let followed = followsAttribute
    step(over: line)
    guard !wasInside, let first = line.first else { return false }
    // `@Something` on a line of its own belongs to the declaration below.
    followsAttribute = first == "@" || (followed && first == "/")
    if followed { return false }
    guard first.isLetter || first == "_" || first == "(" || first == "`" else { return false }
    let word = line.prefix { $0.isLetter || $0 == "_" }
    return !StatementFinder.continuing.contains(word)
  }

  /// Follows strings and comments of several lines.
  private mutating func step(over line: String) {
    var rest = line[...]
    while !rest.isEmpty {
      if isInComment {
        guard let end = rest.firstRange(of: "*/") else { return }
        isInComment = false
        rest = rest[end.upperBound...]
      } else if isInString {
        guard let end = rest.firstRange(of: "\"\"\"") else { return }
        isInString = false
        rest = rest[end.upperBound...]
      } else if rest.hasPrefix("//") {
        return
      } else if rest.hasPrefix("/*") {
        isInComment = true
        rest = rest.dropFirst(2)
      } else if rest.hasPrefix("\"\"\"") {
        isInString = true
        rest = rest.dropFirst(3)
      } else if rest.hasPrefix("\"") {
        rest = StatementFinder.afterString(rest.dropFirst())
      } else {
        rest = rest.dropFirst()
      }
    }
  }

  /// What follows a string of one line.
  private static func afterString(_ text: Substring) -> Substring {
    var rest = text
    while let next = rest.popFirst() {
      if next == "\"" { break }
      if next == "\\" { rest = rest.dropFirst() }
    }
    return rest
  }
}
