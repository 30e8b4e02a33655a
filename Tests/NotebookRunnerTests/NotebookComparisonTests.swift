import Formats
import Foundation
import Images
import Notebook
import Testing

@testable import NotebookRunner

@Suite("Notebook comparison") struct NotebookComparisonTests {
  private let text = "// %% [markdown]\n// prose\n// %%\nprint(1)\n// %%\nprint(2)\n"

  private func document(_ outputs: [[CellOutput]], _ text: String? = nil) throws -> JSONValue {
    NotebookDocument(try finishedRun(text ?? self.text, outputs)).json
  }

  @Test("the first cell that differs is named, with both lines")
  func difference() throws {
    let committed = try document([[.text("1\n")], [.text("2\n3\n")]])
    func found(_ outputs: [[CellOutput]], _ text: String? = nil) throws -> String? {
      NotebookComparison(try document(outputs, text), committed).difference
    }
    #expect(
      try found([[.text("1\n")], [.text("2\n4\n")]]) == "cell [2]: it shows '3' there, '4' now")
    #expect(try found([[.text("1\n")], []]) == "cell [2]: it has 1 outputs there, 0 now")
    let other = text.replacing("print(1)", with: "print(1 + 0)")
    #expect(try found([[.text("1\n")], []], other) == "cell [1] has another source")
    let prose = text.replacing("// prose", with: "// Prose")
    #expect(try found([[], []], prose) == "the prose after cell [0] has another source")
    let shorter = "// %% [markdown]\n// prose\n// %%\nprint(1)\n"
    #expect(try found([[.text("1\n")]], shorter) == "it has 3 cells, the source 2")
  }

  @Test("a picture may differ by rounding, not by more and not in size")
  func pictures() throws {
    let committed = try document([[try grey(100, side: 10)], []])
    func found(_ output: CellOutput) throws -> NotebookComparison {
      NotebookComparison(try document([[output], []]), committed)
    }
    var bytes = [UInt8](repeating: 100, count: 300)
    bytes[17] = 101
    let png = try PNGWriter.encode(width: 10, height: 10, channels: 3, bytes: bytes)
    let near = try found(
      .picture(PictureRecord(png: png, width: 10, height: 10, title: "grey")))
    #expect(near.difference == nil && near.nearPictures == 1)
    #expect(try found(try grey(101, side: 10)).difference?.contains("1.0 levels") == true)
    #expect(try found(try grey(100, side: 9)).difference?.contains("size") == true)
    #expect(try found(.text("none")).difference != nil)
  }

  @Test("a file that is missing, damaged or written by another program is told apart")
  func files() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appending(path: "a.ipynb").path
    let ours = NotebookDocument(try finishedRun(text, [[.text("1\n")], []]))
    #expect(NotebookComparison(ours, with: path).difference == "there is no such file")
    try ours.write(to: path)
    #expect(NotebookComparison(ours, with: path).difference == nil)
    try Data(ours.json.text.utf8).write(to: URL(filePath: path))
    #expect(NotebookComparison(ours, with: path).difference?.contains("bytes differ") == true)
    try Data("{".utf8).write(to: URL(filePath: path))
    #expect(NotebookComparison(ours, with: path).difference?.contains("a.ipynb") == true)
  }
}
