import Foundation
import Notebook
import Testing

@testable import NotebookRunner

/// The build that these tests belong to: `swift test` builds the program too.
private let build: String = {
  for argument in CommandLine.arguments where argument.contains(".xctest") {
    var url = URL(filePath: argument)
    while url.path.count > 1 {
      url.deleteLastPathComponent()
      let list = url.appending(path: "mvmr.product/Objects.LinkFileList").path
      if FileManager.default.fileExists(atPath: list) { return url.path }
    }
  }
  return ".build/debug"
}()

private func run(_ text: String) throws -> NotebookRun {
  let compiler = try NotebookCompiler(CompiledModules(folder: build))
  return try NotebookRun(NotebookSource(text, path: "Sources/09-test.swift"), with: compiler)
}

@Suite("Notebook runs", .serialized) struct NotebookRunTests {
  @Test("cells share their state, use the library, and show text and pictures in order")
  func state() throws {
    let outcome = try run(
      """
      // %% [markdown]
      // Two cells.

      // %%
      import MVMR
      import Notebook

      let a = Tensor<Double>([2], [1, 2])
      func doubled(_ x: Tensor<Double>) -> Tensor<Double> { x + a }

      // %%
      print(doubled(a).scalars)
      display(Image(width: 2, height: 2), title: "black")
      print("after")
      """)
    #expect(outcome.outputs.count == 2 && outcome.outputs[0].isEmpty)
    guard outcome.outputs[1].count == 3, case .picture(let picture) = outcome.outputs[1][1] else {
      Issue.record("\(outcome.outputs)")
      return
    }
    #expect(outcome.outputs[1][0] == .text("[2.0, 4.0]\n"))
    #expect(picture.title == "black" && picture.png.starts(with: [0x89, 0x50]))
    #expect(outcome.outputs[1][2] == .text("after\n"))
    #expect(outcome.remarks.isEmpty, "\(outcome.remarks)")
  }

  @Test("a compiler's error names the notebook, the cell and the line of the file")
  func compilerError() throws {
    let error = #expect(throws: NotebookError.self) {
      try run("// %%\nlet a = 1\n\n// %%\nprint(a)\n\nprint(missing)\n")
    }
    #expect(error?.place == "Sources/09-test.swift:7" && error?.cell == 2, "\(error as Any)")
    #expect(
      error?.details.contains("09-test.swift, cell [2]:7:7: error: cannot find 'missing'") == true)
    let module = #expect(throws: NotebookError.self) { try run("// %%\nimport Tensorz\n") }
    #expect(module?.cell == 1 && module?.remedy.contains("Representations, ") == true)
  }

  @Test("a failure while running names the cell, the line and the reason; text before it is kept")
  func failures() throws {
    let error = #expect(throws: NotebookError.self) {
      try run(
        """
        // %%
        struct Broken: Error {}
        func fail() throws {
          throw Broken()
        }
        // %%
        print("before")
        try fail()
        """)
    }
    #expect(error?.place == "Sources/09-test.swift:8" && error?.cell == 2, "\(error as Any)")
    #expect(error?.details.contains("Broken") == true, "\(error as Any)")
    let trap = #expect(throws: NotebookError.self) {
      try run("// %%\nimport Tensors\nlet x = Tensor<Float>([2], [1])\nprint(x)\n")
    }
    #expect(trap?.place == "Sources/09-test.swift:3", "\(trap as Any)")
    #expect(trap?.details.contains("To mend: pass as many scalars") == true, "\(trap as Any)")
    let early = #expect(throws: NotebookError.self) {
      try run("// %%\nimport Foundation\nexit(0)\n// %%\nprint(1)\n")
    }
    #expect(early?.problem.contains("before its last cell") == true, "\(early as Any)")
  }

  @Test("a missing compiler and a folder that is no build say how to mend it")
  func missing() throws {
    let library = try CompiledModules(folder: build)
    #expect(library.names.contains("Charts") && !library.names.contains("Command"))
    let error = #expect(throws: NotebookError.self) {
      try NotebookCompiler(library, path: "/nowhere:/tmp")
    }
    #expect(error?.remedy.contains("PATH") == true)
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(
      at: folder.appending(path: "mvmr.product"), withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let none = #expect(throws: NotebookError.self) { try CompiledModules(folder: folder.path) }
    #expect(none?.remedy.contains("swift build -c release") == true)
    try "/elsewhere/.build/release/Tensors.build/Tensor.swift.o\n".write(
      to: folder.appending(path: "mvmr.product/Objects.LinkFileList"), atomically: true,
      encoding: .utf8)
    let half = #expect(throws: NotebookError.self) { try CompiledModules(folder: folder.path) }
    #expect(half?.place == "\(folder.path)/Tensors.build/Tensor.swift.o")
    #expect(half?.problem.contains("not built") == true)
  }

  @Test("a notebook that fails does not keep the next one from running")
  func batch() throws {
    let compiler = try NotebookCompiler(CompiledModules(folder: build))
    let sources = [
      try NotebookSource("// %%\nlet x: Int = \"\"\n", path: "a.swift"),
      try NotebookSource("// %%\nprint(2)\n", path: "b.swift"),
    ]
    var seen: [String] = []
    try NotebookBatch(sources, with: compiler).run { source, result in
      seen.append("\(source.title) \((try? result.get())?.outputs.description ?? "fails")")
    }
    #expect(seen.first == "a fails" && seen.last?.contains("2\\n") == true, "\(seen)")
  }
}
