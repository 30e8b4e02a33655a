import Foundation
import TestSupport
import Testing

@testable import Book

@Suite("Terminal outputs of pages") struct TerminalTests {
  private let terminal = Terminal(program: BuiltProgram.url)

  @Test("a page shows what to type and what the program prints")
  func output() throws {
    let lines = try terminal.passage("mvmr gradcheck lengthNormalized | tail -n 1")
    let expected = [
      "```sh", "swift run -c release mvmr gradcheck lengthNormalized | tail -n 1", "```", "",
      "```text", "1 checked, 0 above 1e-06", "```",
    ]
    #expect(lines == expected)
  }

  @Test("a command finds the files of the one before it, and leaves none in the clone")
  func files() throws {
    let lines = try terminal.passage(
      "mvmr oracle emit add -o case.safetensors && mvmr inspect case.safetensors")
    #expect(lines[1] == "swift run -c release mvmr oracle emit add -o case.safetensors")
    #expect(lines[2] == "swift run -c release mvmr inspect case.safetensors")
    #expect(lines.contains { $0.hasSuffix("are in case.safetensors") })
    #expect(!FileManager.default.fileExists(atPath: "case.safetensors"))
  }

  @Test("a command that fails is a problem of the page")
  func failure() {
    #expect(throws: BookError.self) { try terminal.passage("mvmr gradcheck nothing-like-it") }
  }

  @Test("digits of rounding errors may differ, an order of magnitude, a name or a verdict may not")
  func rounding() {
    let shown = ["  softmax   8.3e-10  ok", "8 checked, 0 above 1e-06"]
    func agrees(_ first: String, _ last: String = "8 checked, 0 above 1e-06") -> Bool {
      Terminal.agree(shown, [first, last])
    }
    #expect(agrees("  softmax   2.1e-10  ok"))
    #expect(!agrees("  softmax   8.5e-09  ok"))
    #expect(!agrees("  softmax   8.3e-10  FAILS"))
    #expect(!agrees("  maxsoft   8.3e-10  ok"))
    #expect(!agrees("  softmax   8.3e-10  ok", "9 checked, 0 above 1e-06"))
    #expect(!Terminal.agree(shown, shown + [""]))
  }
}
