// What chapters 7, 8 and 15 say of speeds: taken from the page that recorded them.
//
// Recorded   docs/performance.md, "Against PyTorch"
// Read       this file → ../Registry.swift

extension Fact {
  static let chapter15 = [
    Fact(name: "rate-scattering") { rounded(try rate("representation/scattering-96", $0), 0) },
    Fact(name: "rate-gradients") { rounded(try rate("representation/hog-96", $0), 0) },
    Fact(name: "rate-resnet50") { rounded(try rate("step/resnet50-96", $0), 1) },
    Fact(name: "speed-gradients") { try cell("representation/hog-96", 4, $0) },
    // Two views of 105,000 images.
    Fact(name: "hours-epoch") {
      rounded(210_000 / (try rate("step/resnet50-96", $0)) / 3600, 1)
    },
    Fact(name: "days-thousand-epochs") {
      rounded(210_000_000 / (try rate("step/resnet50-96", $0)) / 86_400, 0)
    },
  ]

  private static func rate(_ benchmark: String, _ repository: Repository) throws -> Double {
    Double(try cell(benchmark, 2, repository)) ?? .nan
  }

  private static func cell(
    _ benchmark: String, _ column: Int, _ repository: Repository
  ) throws -> String {
    let rows = tableRows(try repository.text("docs/performance.md"))
    guard let row = rows.first(where: { $0[0] == "`\(benchmark)`" && $0.count == 5 }) else {
      throw BookError(
        "docs/performance.md", "no row compares \(benchmark) with PyTorch",
        remedy: "record it with Tests/Reference/compare_speed.py")
    }
    return row[column]
  }
}
