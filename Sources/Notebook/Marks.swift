// Marks in the output of a notebook's program: where it is, and what it shows.
//
// Format     A mark is one line that begins with the character U+001E, which no text uses:
//              ␞at CELL LINE                          the statement on this line begins
//              ␞picture WIDTH HEIGHT PNG TITLE        a picture in base 64, its size in points
//              ␞end                                   the last cell is done
//            Everything between marks is text of the cell that was named last.
// Idea       One stream keeps text and pictures in order, and after a crash the last mark says which
//            statement it was: neither a debugger nor debug information is needed for that.
// Read       Display.swift ← this file → NotebookRunner/CapturedOutput.swift
// Tests      Tests/NotebookRunnerTests/CapturedOutputTests.swift

import Foundation

/// A picture on its way into a notebook.
public struct PictureRecord: Hashable, Sendable {
  /// The bytes of a PNG file.
  public let png: [UInt8]
  /// Points across when shown.
  public let width: Int
  /// Points down when shown.
  public let height: Int
  /// One line for readers who see no pictures.
  public let title: String

  /// A picture with the size it is shown in.
  public init(png: [UInt8], width: Int, height: Int, title: String) {
    self.png = png
    self.width = width
    self.height = height
    self.title = title
  }
}

/// One mark.
public enum Mark: Hashable, Sendable {
  case at(cell: Int, line: Int)
  case picture(PictureRecord)
  case end

  /// The mark's line without the first character.
  public var line: String {
    switch self {
    case .at(let cell, let line): return "at \(cell) \(line)"
    case .picture(let picture):
      let title = picture.title.split(whereSeparator: \.isWhitespace).joined(separator: " ")
      let data = Data(picture.png).base64EncodedString()
      return "picture \(picture.width) \(picture.height) \(data) \(title)"
    case .end: return "end"
    }
  }

  /// A mark from its line; nil for a line that is none.
  public init?(line: some StringProtocol) {
    let words = line.split(separator: " ", maxSplits: 4, omittingEmptySubsequences: false)
    switch (words.first, words.count) {
    case ("end", 1): self = .end
    case ("at", 3):
      guard let cell = Int(words[1]), let line = Int(words[2]) else { return nil }
      self = .at(cell: cell, line: line)
    case ("picture", 5):
      guard let width = Int(words[1]), let height = Int(words[2]),
        let png = Data(base64Encoded: String(words[3]))
      else { return nil }
      self = .picture(
        PictureRecord(png: Array(png), width: width, height: height, title: String(words[4])))
    default: return nil
    }
  }
}

/// The way of marks into the output.
public enum Marks {
  /// What a mark begins with.
  public static let character: Character = "\u{1E}"
  /// The environment variable by which the runner asks for marks.
  public static let variable = "MVMR_NOTEBOOK"

  /// Whether somebody reads the marks.
  static let areWanted = ProcessInfo.processInfo.environment[variable] != nil

  /// Writes a mark.
  static func emit(_ mark: Mark) {
    guard areWanted else { return }
    print("\(character)\(mark.line)")
    fflush(nil)  // so that the mark is there even if the next statement ends the program
  }
}

/// Says that a statement begins; the runner puts it before each statement of a cell.
public func reached(cell: Int, line: Int) { Marks.emit(.at(cell: cell, line: line)) }

/// Says that the last cell is done.
public func reachedEnd() { Marks.emit(.end) }
