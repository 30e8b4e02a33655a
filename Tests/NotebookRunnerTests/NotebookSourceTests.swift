import Testing

@testable import NotebookRunner

@Suite("Notebook sources") struct NotebookSourceTests {
  private let text = """
    // A page of the book.

    // %% [markdown]
    // # Title
    //
    // A formula: $x^2$

    // %%
    let x = 2

    // %% a remark
    print(x)
    """

  @Test("cells keep their lines, their kind and their place in the file")
  func cells() throws {
    let source = try NotebookSource(text, path: "Sources/01-first.swift")
    #expect(source.title == "01-first")
    #expect(source.cells.map(\.kind) == [.markdown, .code, .code])
    let prose = ["# Title", "", "A formula: $x^2$"]
    #expect(source.cells[0].lines == prose)
    #expect(source.cells[1].lines == ["let x = 2"] && source.cells[1].firstLine == 9)
    #expect(source.codeCells.last?.firstLine == 12)
  }

  @Test(
    "what is no notebook is refused with its line",
    arguments: [
      ("let x = 1\n// %%\nprint(x)", "n.swift:1", "before the first cell"),
      ("// %% [markdown]\nlet x = 1", "n.swift:2", "no comment"),
      ("// %% [markdown]\n//x", "n.swift:2", "no comment"),
      ("// %% [markdown]\n// only prose", "n.swift", "no cell of code"),
      ("", "n.swift", "no cell of code"),
      ("// %%\nprint(\"\u{1E}\")", "n.swift:2", "U+001E"),
    ])
  func refusals(text: String, place: String, problem: String) {
    let error = #expect(throws: NotebookError.self) {
      try NotebookSource(text, path: "n.swift")
    }
    #expect(error?.place == place && error?.problem.contains(problem) == true, "\(error as Any)")
  }

  @Test("a document, another kind of file and a missing one are refused with the way out")
  func files() {
    func refusal(_ path: String) -> NotebookError? {
      #expect(throws: NotebookError.self) { try NotebookSource(path: path) }
    }
    #expect(refusal("Notebooks/01.ipynb")?.remedy.contains("Sources") == true)
    #expect(refusal("notes.txt")?.remedy.contains(".swift") == true)
    #expect(refusal("/nowhere/at/all.swift")?.problem.contains("no such file") == true)
  }
}
