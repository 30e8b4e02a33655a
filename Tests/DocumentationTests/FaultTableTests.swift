import Book
import Foundation
import Testing

@Suite("The table of faults") struct FaultTableTests {
  private struct Fault {
    let name: String
    let path: String
    /// The code as it stands in the file, and as the fault makes it; a blank for any run of blanks.
    let original: String
    let planted: String
  }

  private func faults() throws -> [Fault] {
    let table = try repository.text("Tests/Reference/faults.txt").split(separator: "\n")
      .filter { !$0.hasPrefix("#") }
    var faults: [Fault] = []
    var name = ""
    var path = ""
    var code = ""
    func finish() {
      guard !code.isEmpty else { return }
      faults.append(
        Fault(name: name, path: path, original: text(code, 0), planted: text(code, 1)))
      (path, code) = ("", "")
    }
    for line in table {
      if line.hasPrefix("  ") {
        code += line + " "
      } else if line.hasPrefix("Sources/") {
        path = String(line)
      } else {
        finish()
        name = String(line.prefix { $0 != ":" })
      }
    }
    finish()
    return faults
  }

  /// Code with the first or the second part of each ⟦… ⇒ …⟧.
  private func text(_ code: String, _ part: Int) -> String {
    var result = ""
    for piece in code.components(separatedBy: "⟦") {
      let halves = piece.components(separatedBy: "⟧")
      if halves.count == 2 { result += halves[0].components(separatedBy: " ⇒ ")[part] }
      result += halves[halves.count - 1]
    }
    return collapsed(result)
  }

  private func collapsed(_ text: String) -> String {
    text.split { $0 == " " || $0 == "\n" }.joined(separator: " ")
  }

  @Test("each fault matches its source exactly once, and changes it")
  func matches() throws {
    let faults = try faults()
    #expect(faults.count > 200)
    #expect(Set(faults.map(\.name)).count == faults.count, "a name is there twice")
    var sources: [String: String] = [:]
    for fault in faults {
      let source = try sources[fault.path] ?? collapsed(repository.text(fault.path))
      sources[fault.path] = source
      #expect(
        source.components(separatedBy: fault.original).count == 2,
        "\(fault.name) does not match \(fault.path) once: mend Tests/Reference/faults.txt")
      #expect(fault.original != fault.planted, "\(fault.name) changes nothing")
    }
  }

  @Test("docs/mutation.md tells of each fault, in this order, that it is found")
  func page() throws {
    let rows = tableRows(try repository.text("docs/mutation.md")).filter { $0[0].hasPrefix("`") }
    let names = try faults().map { "`\($0.name)`" }
    // After a change of the table: Tests/Reference/plant_faults.py --markdown docs/mutation.md
    #expect(rows.map { $0[0] } == names)
    for row in rows { #expect(row.count == 7 && row[3] != "**nothing**", "\(row[0])") }
  }
}
