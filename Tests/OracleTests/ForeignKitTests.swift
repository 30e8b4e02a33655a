import Foundation
import Testing

@testable import Oracle

@Suite("A kit computed by PyTorch") struct ForeignKitTests {
  /// Made by Tests/Reference/check_kit.py: inputs of ours, results of other programs.
  private var directory: String {
    URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../Reference/fixtures/kit").standardizedFileURL.path
  }

  @Test("what PyTorch and its relatives computed is within tolerance here")
  func agreement() throws {
    let report = try KitReport(directory)
    #expect(report.passes, "\(report.table)")
  }

  @Test("it has every operation, and asks for no tolerance of its own")
  func completeness() throws {
    let kit = try ConformanceKit(directory: directory)
    #expect(Set(kit.entries.map(\.operation)) == Set(OracleOperation.all.map(\.name)))
    for entry in kit.entries {
      let golden = try GoldenCase(path: "\(directory)/\(entry.file)")
      #expect(golden.operation.name == entry.operation)
      let own = golden.operation.tolerance(golden.attributes, golden.scalar)
      #expect(golden.tolerance.relative == own.relative, "\(entry.file)")
      #expect(golden.tolerance.absolute == own.absolute, "\(entry.file)")
    }
  }
}
