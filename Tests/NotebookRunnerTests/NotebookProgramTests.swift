import Testing

@testable import NotebookRunner

@Suite("Notebook programs") struct NotebookProgramTests {
  private func starts(_ text: String) -> [Int] {
    var finder = StatementFinder()
    return text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
      .filter { finder.begins(String($0.element)) }.map(\.offset)
  }

  @Test(
    "statements begin where they do, not inside strings, comments, brackets and declarations",
    arguments: [
      ("let a = 1\nprint(a)", [0, 1]),
      ("func f() {\n  print(1)\n}\nf()", [0, 3]),
      ("if a {\n} \nelse {\n}", [0]),
      ("switch a {\ncase 1: b()\ndefault: c()\n}", [0]),
      ("let s = \"\"\"\nlet not = here\n\"\"\"\nprint(s)", [0, 3]),
      ("/* let a = 1\nlet b = 2 */\nlet c = 3", [2]),
      ("@Sendable\nfunc f() {}\nlet x = \"/* \\\" \"\nlet y = 1", [2, 3]),
      ("// let a = 1\nlet b = 2  // \"\"\"\nlet c = 3", [1, 2]),
      (
        "import Foundation\nx\n  .map { $0 }\n(a, b) = (b, a)\n#if os(Linux)\nf()\n#endif",
        [1, 3, 5]
      ),
    ])
  func statements(text: String, expected: [Int]) {
    #expect(starts(text) == expected)
  }

  @Test("every line of a cell keeps its number in the file, and its cell's name")
  func places() throws {
    let source = try NotebookSource(
      "// %%\nlet a = 1\n\nprint(\n  a)\n// %%\nimport MVMR\nprint(a)\n", path: "x/07-run.swift")
    let lines = NotebookProgram(source).text.split(separator: "\n").map(String.init)
    var place: (file: String, line: Int)?
    var found: [String] = []
    for line in lines {
      if line.hasPrefix("#sourceLocation") {
        let parts = line.split(separator: "\"")
        place =
          parts.count == 3
          ? (String(parts[1]), Int(parts[2].filter(\.isNumber)) ?? -1) : nil
      } else if line.hasPrefix("Notebook.reached") {
        place = nil
      } else if let (file, number) = place {
        found.append("\(file):\(number) \(line)")
        place = (file, number + 1)
      }
    }
    let expected = [
      "07-run.swift, cell [1]:2 let a = 1", "07-run.swift, cell [1]:4 print(",
      "07-run.swift, cell [1]:5   a)", "07-run.swift, cell [2]:7 import MVMR",
      "07-run.swift, cell [2]:8 print(a)",
    ]
    #expect(found == expected)
  }
}
