import Foundation
import Testing

@Suite("Notebook command", .serialized) struct NotebookCommandTests {
  @Test(
    "a wrong command line ends with 64 and says how to mend it",
    arguments: [
      (["notebook", "run"], "--all"), (["notebook"], "notebook run"),
      (["notebook", "run", "--all", "x.swift"], "exclude"),
      (["notebook", "rum", "x.swift"], "notebook run"),
    ])
  func misuse(arguments: [String], word: String) throws {
    try Program.expectUsageError(arguments, saying: word)
  }

  @Test("a notebook is run, written, found unchanged, and found changed")
  func life() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let source = folder.appending(path: "mine.swift")
    try "// %%\nimport Kernels\nprint(6 * 7)\n".write(
      to: source, atomically: true, encoding: .utf8)
    let missing = try Program.run(["notebook", "run", "--check", source.path])
    #expect(missing.status == 1 && missing.output.contains("no such file"), "\(missing.errors)")
    let first = try Program.run(["notebook", "run", source.path])
    #expect(first.status == 0 && first.output.contains("1 of code"), "\(first.errors)")
    let document = folder.appending(path: "mine.ipynb")
    let written = try Data(contentsOf: document)
    #expect(String(decoding: written, as: UTF8.self).contains("\"42\\n\""))
    let second = try Program.run(["notebook", "run", "--check", source.path])
    #expect(second.status == 0, "\(second.output)\(second.errors)")
    try "// %%\nimport Kernels\nprint(6 * 8)\n".write(
      to: source, atomically: true, encoding: .utf8)
    let third = try Program.run(["notebook", "run", "--check", source.path])
    #expect(third.status == 1 && third.output.contains("cell [1] has another source"))
    #expect(try Data(contentsOf: document) == written)
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    #expect(names == ["mine.ipynb", "mine.swift"])
  }
}
