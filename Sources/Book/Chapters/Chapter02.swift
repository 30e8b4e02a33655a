// What chapter 2 shows: the ladder of matrix products, as it was measured.
//
// Recorded   docs/data/matrix-ladder.json by `swift run -c release MatrixLadder --record FILE`; a timing
//            is no function of the sources, so it is not computed again.
// Read       Examples/MatrixLadder/main.swift ← this file → ../Registry.swift

import Charts
import Formats
import Foundation

/// The record of a ladder.
struct MatrixLadder {
  struct Rung {
    let name: String
    let rate: Double
  }

  let date: String
  let peak: Double
  let rungs: [Rung]

  static let path = "docs/data/matrix-ladder.json"

  /// Reads the record.
  init(_ repository: Repository) throws {
    let json = try JSONValue(path: "\(repository.root)/\(Self.path)")
    guard let date = json["date"]?.string, let peak = json["peak"]?.double,
      let rungs = json["rungs"]?.array
    else {
      throw BookError(
        Self.path, "this is no record of a ladder",
        remedy: "swift run -c release MatrixLadder --record \(Self.path)")
    }
    self.date = date
    self.peak = peak
    self.rungs = rungs.compactMap { rung in
      guard let name = rung["name"]?.string, let rate = rung["gflops"]?.double else { return nil }
      return Rung(name: name, rate: rate)
    }
  }

  /// What each rung adds to the one before.
  static let reasons = [
    "the formula", "memory in order, so that the compiler may use vectors",
    "sums stay in a register; fused multiply-adds",
    "eight sums that do not wait for each other; one load of B serves eight",
    "B copied into panels that stay near", "24 sums, A packed too, three levels of memory",
  ]
}

extension Fact {
  static let chapter02 = [
    Fact(name: "ladder-first", counted: { rounded(try rates($0).first ?? .nan, 1) }),
    Fact(name: "ladder-last", counted: { rounded(try rates($0).last ?? .nan, 0) }),
  ]

  private static func rates(_ repository: Repository) throws -> [Double] {
    try MatrixLadder(repository).rungs.map(\.rate)
  }
}

extension Passage {
  static let chapter02 = [
    Passage(name: "matrix-ladder") { repository in
      let ladder = try MatrixLadder(repository)
      let rows = zip(ladder.rungs, MatrixLadder.reasons).map { rung, reason in
        "| \(rung.name) | \(rounded(rung.rate, 1)) | \(rounded(100 * rung.rate / ladder.peak, rung.rate < 0.1 * ladder.peak ? 1 : 0)) % | \(reason) |"
      }
      return ["| rung | GFLOP/s | of peak | what it adds |", "| --- | --- | --- | --- |"] + rows + [
        "",
        "Recorded \(ladder.date): AMD EPYC with AVX-512, one thread, processor time, best of several; peak "
          + "\(rounded(ladder.peak, 0)) GFLOP/s in the same minute.",
      ]
    }
  ]
}

extension Figure {
  static let chapter02 = [
    Figure(
      name: "ladder",
      image: {
        let ladder = try MatrixLadder(Repository(containing: "\(#filePath)/.."))
        return BarChart(
          "A matrix product of 1536 x 1536, one thread", yLabel: "GFLOP/s",
          groups: ladder.rungs.map { String($0.name.dropFirst(2)) } + ["peak"],
          series: [.init("", ladder.rungs.map(\.rate) + [ladder.peak])]
        ).image(scale: 1.5)
      })
  ]
}
