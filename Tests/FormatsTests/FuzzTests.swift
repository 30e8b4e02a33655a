import Foundation
import Fuzzing
import Testing

/// A short attack; `swift run -c release Fuzz 100000` is the long one.
@Suite("Mutated files") struct FuzzTests {
  static let targets = Result {
    try FuzzTarget.all(
      root: URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..")
        .standardizedFileURL)
  }

  @Test("2000 mutants of each format end in a value or an error, within a second")
  func mutants() throws {
    for target in try Self.targets.get() {
      let outcome = target.run(0..<2000)
      #expect(outcome.accepted + outcome.refused == 2000)
      #expect(outcome.refused > 100, "\(target.name): the mutants change nothing")
      #expect(
        outcome.accepted > 0, "\(target.name): no mutant gets through, so nothing deep is tried")
      #expect(outcome.slowest < .seconds(1), "\(target.name) number \(outcome.slowestNumber)")
    }
  }

  @Test("a mutant is a function of its number")
  func deterministic() throws {
    for (a, b) in zip(try Self.targets.get(), try Self.targets.get()) {
      #expect(a.mutant(17) == b.mutant(17) && a.mutant(17) != a.mutant(18))
    }
  }
}
