import Notebook
import Testing

@testable import NotebookRunner

@Suite("Captured output") struct CapturedOutputTests {
  private let picture = PictureRecord(
    png: [137, 80, 78, 71], width: 3, height: 4, title: "A title of words")

  @Test("a mark survives its way through a line of text")
  func marks() {
    for mark in [Mark.at(cell: 3, line: 57), .picture(picture), .end] {
      #expect(Mark(line: mark.line) == mark)
    }
    for line in ["", "at 1", "at x 2", "picture 1 2", "picture 1 2 ? t", "ending"] {
      #expect(Mark(line: line) == nil)
    }
  }

  @Test("text and pictures stay in order, and belong to the cell that was named last")
  func order() {
    let stream =
      "\u{1E}at 1 5\nfirst\nsecond \u{1E}picture 3 4 iVBORw== A title of words\nthird\n"
      + "\u{1E}at 1 7\nfourth\n\u{1E}at 3 11\nfifth\n\u{1E}end\n"
    let output = CapturedOutput(stream, cells: 3)
    let first: [CellOutput] = [
      .text("first\nsecond "), .picture(picture), .text("third\nfourth\n"),
    ]
    #expect(output.cells == [first, [], [.text("fifth\n")]])
    #expect(output.isComplete && output.last?.cell == 3 && output.last?.line == 11)
  }

  @Test("an output that breaks off says where; what is no mark stays text")
  func brokenOff() {
    let output = CapturedOutput("\u{1E}at 2 9\nhalf\u{1E}a foreign mark\n", cells: 2)
    #expect(!output.isComplete && output.last?.line == 9)
    #expect(output.cells[1] == [.text("halfa foreign mark\n")])
    #expect(CapturedOutput("", cells: 1).last == nil)
    #expect(CapturedOutput("\u{1E}at 9 1\nbeyond\n", cells: 2).cells == [[], []])
  }
}
