// mvmr bench.
import MVMR
extension Command {
  static let bench = Command("bench", "Measure speed.", positional: "[NAME…]", examples: ["bench"]) { _ in 0 }
}
