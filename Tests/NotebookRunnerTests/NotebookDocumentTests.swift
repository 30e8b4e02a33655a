import Formats
import Foundation
import Images
import Notebook
import Testing

@testable import NotebookRunner

/// A run that no compiler has seen.
func finishedRun(
  _ text: String, _ outputs: [[CellOutput]], path: String = "Notebooks/Sources/01-a.swift"
) throws -> NotebookRun {
  NotebookRun(try NotebookSource(text, path: path), outputs: outputs)
}

/// A picture of one grey.
func grey(_ level: UInt8, side: Int = 4) throws -> CellOutput {
  let bytes = [UInt8](repeating: level, count: 3 * side * side)
  let png = try PNGWriter.encode(width: side, height: side, channels: 3, bytes: bytes)
  return .picture(PictureRecord(png: png, width: side, height: side, title: "grey"))
}

@Suite("Notebook documents") struct NotebookDocumentTests {
  private let text = "// %% [markdown]\n// # \"Ä\"\n//\n// text\n// %%\nprint(1)\n"

  @Test("the document has the members of nbformat 4.5, sorted, with one blank a level")
  func document() throws {
    let run = try finishedRun(text, [[.text("1\n2"), try grey(7)]])
    let document = NotebookDocument(run)
    let cells = document.json["cells"]?.array ?? []
    #expect(cells.count == 2 && document.json["nbformat_minor"]?.integer == 5)
    let source: JSONValue = ["# \"Ä\"\n", "\n", "text"]
    #expect(cells[0]["source"] == source && cells[0]["outputs"] == nil)
    #expect(cells[1]["execution_count"]?.integer == 1)
    let outputs = cells[1]["outputs"]?.array ?? []
    let stream: JSONValue = ["1\n", "2"]
    #expect(outputs[0]["text"] == stream && outputs[0]["name"] == "stdout")
    #expect(outputs[1]["data"]?["image/png"]?.string?.hasPrefix("iVBORw0KGgo") == true)
    #expect(document.text.hasPrefix("{\n \"cells\": [\n  {\n   \"cell_type\": \"markdown\",\n"))
    #expect(document.text.hasSuffix("\n \"nbformat\": 4,\n \"nbformat_minor\": 5\n}\n"))
    #expect(document.text.contains("\"outputs\": []") == false)
    #expect(document.text.contains("\"metadata\": {}"))
  }

  @Test("a cell's id follows from its place and its source, and from nothing else")
  func ids() throws {
    func ids(_ text: String, _ output: String) throws -> [String] {
      let count = try NotebookSource(text, path: "a.swift").codeCells.count
      let run = try finishedRun(text, Array(repeating: [.text(output)], count: count))
      return NotebookDocument(run).json["cells"]?.array?.compactMap { $0["id"]?.string } ?? []
    }
    let twice = "// %%\nprint(1)\n// %%\nprint(1)\n"
    let first = try ids(twice, "1")
    #expect(Set(first).count == 2 && first.allSatisfy { $0.count == 16 })
    #expect(try ids(twice, "other") == first)
    #expect(try ids("// %%\nprint(2)\n// %%\nprint(1)\n", "1")[1] == first[1])
  }

  @Test("the document lies beside the folder Sources, or beside its source")
  func paths() throws {
    func path(_ source: String) throws -> String {
      NotebookDocument.path(of: try NotebookSource(text, path: source))
    }
    #expect(try path("/a/Notebooks/Sources/01-a.swift") == "/a/Notebooks/01-a.ipynb")
    #expect(try path("/a/mine.swift") == "/a/mine.ipynb" && path("mine.swift") == "mine.ipynb")
    #expect(try path("Sources/01-a.swift") == "01-a.ipynb")
  }

  @Test("a file that is right is left alone; one that cannot be written says so")
  func writing() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appending(path: "a.ipynb").path
    let document = NotebookDocument(try finishedRun(text, [[.text("1\n")]]))
    try document.write(to: path)
    let first = try FileManager.default.attributesOfItem(atPath: path)[.modificationDate] as? Date
    try document.write(to: path)
    let second = try FileManager.default.attributesOfItem(atPath: path)[.modificationDate] as? Date
    #expect(first == second)
    #expect(try String(contentsOfFile: path, encoding: .utf8) == document.text)
    #expect(throws: NotebookError.self) { try document.write(to: "/nowhere/at/all.ipynb") }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["a.ipynb"])
    let long = String(repeating: "x", count: 1_000_001)
    let large = NotebookDocument(try finishedRun(text, [[.text(long)]]))
    let error = #expect(throws: NotebookError.self) { try large.write(to: path) }
    #expect(error?.problem.contains("kB; pages") == true)
    #expect(try String(contentsOfFile: path, encoding: .utf8) == document.text)
  }
}
