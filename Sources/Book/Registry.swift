// Everything the book states, draws and lists, by name.
//
// Idea       A chapter that has facts or figures lists them in a file of its own in Chapters, and is named here.
//            What a command measured is not measured again: it is taken from the page that recorded it, so that
//            two pages cannot say two things.
// Read       Fact.swift ← this file → BookUpdate.swift
// Tests      Tests/DocumentationTests/BookTests.swift

import Autodiff
import Networks
import Objectives
import Oracle

extension Fact {
  /// Every fact a page may state.
  public static let all: [Fact] =
    counted + measured + chapter02 + chapter07 + chapter09 + chapter10 + chapter11 + chapter15

  /// What can be counted in the repository.
  ///
  /// What grows with daily work is rounded down, so that one more test makes no page stale.
  static let counted: [Fact] = [
    Fact(name: "source-files", counted: { below($0.sources.count, by: 50) }),
    Fact(name: "tests") { repository in
      // What `swift test` counts: functions that are tests.
      let files = repository.files(below: "Tests", ending: ".swift")
      return below(
        try files.reduce(0) { sum, path in
          let lines = try repository.text(path).split(separator: "\n")
          return sum + lines.count { $0.drop { $0 == " " }.hasPrefix("@Test") }
        }, by: 50)
    },
    Fact(name: "gradient-cases") {
      below(
        [GradientCase.operations, GradientCase.layers, GradientCase.losses].joined().count, by: 10)
    },
    Fact(name: "oracle-operations") { "\(OracleOperation.all.count)" },
    Fact(name: "planted-faults") { repository in
      let rows = tableRows(try repository.text("docs/mutation.md"))
      return "\(rows.count { $0.count == 7 && $0[0].hasPrefix("`") })"
    },
    Fact(name: "golden-cases") { try $0.agreement(from: "operations agree, ", to: " of") },
    Fact(name: "largest-error") { try $0.agreement(from: "largest relative error ", to: ";") },
  ]

  /// What docs/performance.md recorded beside PyTorch.
  static let measured: [Fact] = [
    Fact(name: "speed-matrix-product") { try $0.ratio(of: "matmul/1024") },
    Fact(name: "speed-resnet18") { try $0.ratio(of: "step/resnet18-96") },
    Fact(name: "speed-resnet50") { try $0.ratio(of: "step/resnet50-96") },
    Fact(name: "speed-scattering") { try $0.ratio(of: "representation/scattering-96") },
  ]
}

/// The largest multiple of `step` that is less than a count: "over 850".
func below(_ count: Int, by step: Int) -> String { "\((count - 1) / step * step)" }

extension Figure {
  /// Every figure a page may show.
  public static let all: [Figure] =
    chapter02 + chapter04 + chapter07 + chapter08 + chapter09 + chapter10 + chapter11
}

extension Passage {
  /// Every passage that floors below the command line can write.
  public static let all: [Passage] =
    [
      Passage(name: "equation-jumps", lines: EquationIndex.jumps),
      Passage(name: "equation-hunt", lines: EquationIndex.huntTable),
      Passage(name: "oracle-operations") { _ in
        let heading = "| operation | computes | source | attributes | tolerance |"
        return [heading, "| --- | --- | --- | --- | --- |"]
          + OracleOperation.all.map(\.documentationRow)
      },
      Passage(name: "recipe-forecast") { try $0.recipeForecast() },
    ] + chapter02
}

extension Repository {
  /// A piece of the line in which docs/agreement.md sums up: "86 of 86 operations agree, …".
  fileprivate func agreement(from open: String, to close: String) throws -> String {
    let page = try text("docs/agreement.md")
    guard let found = pieces(of: page, from: open, to: close).first else {
      throw BookError(
        "docs/agreement.md", "nothing stands there between '\(open)' and '\(close)'",
        remedy: "write the page with check_kit.py --markdown")
    }
    return found
  }

  /// What `mvmr forecast` said of every recipe, each with a link to its file.
  fileprivate func recipeForecast() throws -> [String] {
    let record = "docs/data/recipe-forecast.txt"
    let folder = "Examples/configs"
    let remedy = "mvmr forecast \(folder)/*.yaml > \(record), on a machine with nothing else to do"
    let lines = try text(record).split(separator: "\n").map(String.init)
    let recipes = files(below: folder, ending: ".yaml").map { $0.dropFirst(folder.count + 1) }
    guard lines.count > 2 else { throw BookError(record, "it has no rows", remedy: remedy) }
    let rows = lines[2...].filter { $0.hasPrefix("| ") }
    let named = rows.compactMap { $0.split(separator: " ").dropFirst().first }
    guard named.sorted() == recipes.sorted() else {
      throw BookError(record, "its rows are not the recipes of \(folder)", remedy: remedy)
    }
    let linked = zip(rows, named).map { row, name in
      "| [\(name)](configs/\(name)) |" + row.dropFirst(name.count + 4)
    }
    let closing = lines.filter { $0.hasPrefix("Tried on") }
    return Array(lines[..<2]) + linked + [""] + closing
  }

  /// How many times PyTorch's speed docs/performance.md gives a benchmark.
  fileprivate func ratio(of benchmark: String) throws -> String {
    let rows = tableRows(try text("docs/performance.md"))
    guard let row = rows.first(where: { $0[0] == "`\(benchmark)`" && $0.count == 5 }) else {
      throw BookError(
        "docs/performance.md", "no row compares \(benchmark) with PyTorch",
        remedy: "record it with Tests/Reference/compare_speed.py")
    }
    return row[4]
  }
}
