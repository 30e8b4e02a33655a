// mvmr gradcheck: every operation, layer and loss against central differences, in Double.
//
// Read       Autodiff/GradientCheck.swift ← this file
// Tests      Tests/CommandTests/CommandTests.swift

import Foundation
import MVMR

extension Command {
  static let gradcheck = Command(
    "gradcheck", "Compare the gradient of every operation, layer and loss with differences.",
    positional: "[NAME…]",
    examples: ["gradcheck", "gradcheck conv2D distanceCorrelation"]
  ) { arguments in
    let families = [
      ("Operations", GradientCase.operations), ("Layers", GradientCase.layers),
      ("Losses", GradientCase.losses),
    ]
    func isChosen(_ one: GradientCase) -> Bool {
      arguments.positional.isEmpty
        || arguments.positional.contains { one.name.lowercased().contains($0.lowercased()) }
    }
    let names = families.flatMap(\.1).filter(isChosen).map(\.name)
    let width = max(44, 4 + (names.map(\.count).max() ?? 0))
    let limit = 1e-6
    var failures = 0
    var checked = 0
    for (family, cases) in families {
      let chosen = cases.filter(isChosen)
      if chosen.isEmpty { continue }
      let heading = family.padding(toLength: width, withPad: " ", startingAt: 0)
      print("\n\(heading)largest relative error")
      for one in chosen {
        let report = one.check()
        // Written so that a NaN fails.
        let passes = report.worstError <= limit
        checked += 1
        if !passes { failures += 1 }
        let name = "  \(one.name)".padding(toLength: width, withPad: " ", startingAt: 0)
        print("\(name)\(String(format: "%.1e", report.worstError))  \(passes ? "ok" : "FAILS")")
        if !passes { print("    at \(report.place)") }
      }
    }
    guard checked > 0 else {
      throw UsageError(what: "no operation, layer or loss is called like that")
    }
    print("\n\(checked) checked, \(failures) above \(limit)")
    return failures == 0 ? 0 : 1
  }
}
