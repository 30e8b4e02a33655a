import Kernels
import Randomness
import Tensors
import TestSupport
import Testing

@testable import Training

@Suite("Clusters") struct ClusterTests {
  let data = EvaluationFixture.clouds(200, 6, classes: 5, distance: 0.8)

  @Test("from the same centres, k-means ends where scikit-learn's does")
  func lloyd() throws {
    let stored = try EvaluationFixture.stored()
    let first = data.features.gathered(rows: [0, 40, 80, 120, 160])
    let found = Clusters(data.features, from: first)
    let expected = try stored.values("k-means labels").map { Int($0) }
    #expect(found.numbers == expected)
    // Centres are kept in single precision.
    #expect(
      relativeError(found.centres.scalars.map(Double.init), try stored.values("k-means centres"))
        < 1e-6)
    #expect(relativeError([found.inertia], try stored.values("k-means inertia")) < 1e-7)
    let agreement = ClusterAgreement(clusters: found.numbers, classes: data.labels)
    #expect(abs(agreement.accuracy - (try stored.values("k-means accuracy")[0])) < 1e-12)
    #expect(abs(agreement.mutualInformation - (try stored.values("k-means nmi")[0])) < 1e-12)
    #expect(abs(agreement.randIndex - (try stored.values("k-means ari")[0])) < 1e-12)
  }

  @Test("restarts are no worse than scikit-learn's one, and the same at any number of threads")
  func restarts() throws {
    defer { ThreadTeam.count = 0 }
    var all: [Clusters] = []
    for threads in [1, 2, 3] {
      ThreadTeam.count = threads
      all.append(Clusters(data.features, count: 5, restarts: 5, key: RandomKey(seed: 3)))
    }
    #expect(all[0].numbers == all[1].numbers && all[1].numbers == all[2].numbers)
    #expect(all[0].centres == all[2].centres && all[0].inertia == all[2].inertia)
    let single = try EvaluationFixture.stored().values("k-means inertia")[0]
    #expect(all[0].inertia <= single * (1 + 1e-6))
  }

  @Test("agreement is scikit-learn's", arguments: ["same", "coarse", "one", "other"])
  func agreement(name: String) throws {
    let y = data.labels
    let clusters =
      switch name {
      case "same": y.map { ($0 + 2) % 5 }
      case "coarse": y
      case "one": y
      default: y
      }
    let classes =
      switch name {
      case "same": y
      case "coarse": y.map { $0 / 2 }
      case "one": y.map { _ in 0 }
      default: EvaluationFixture.labels(200, classes: 7)
      }
    let found = ClusterAgreement(clusters: clusters, classes: classes)
    let expected = try EvaluationFixture.stored().values("agreement \(name)")
    #expect(abs(found.mutualInformation - expected[0]) < 1e-12)
    #expect(abs(found.randIndex - expected[1]) < 1e-12)
    if name == "same" { #expect(found.accuracy == 1 && found.assignment[0] == 3) }
  }

  @Test(
    "the cheapest assignment is SciPy's",
    arguments: [(1, 1), (3, 3), (6, 6), (5, 9), (20, 20), (12, 7)])
  func assignment(n: Int, m: Int) throws {
    let values = EvaluationFixture.u(n * m, offset: 17 * n + m)
    let cost = (0..<n).map { Array(values[$0 * m..<($0 + 1) * m]) }
    let found = optimalAssignment(cost)
    let columns = found.compactMap { $0 }
    #expect(columns.count == min(n, m) && Set(columns).count == columns.count)
    let sum = zip(cost, found).reduce(0.0) { total, one in total + (one.1.map { one.0[$0] } ?? 0) }
    #expect(abs(sum - (try EvaluationFixture.stored().values("assignment \(n) \(m)")[0])) < 1e-12)
  }

  @Test("equal images, and as many clusters as images, are defined")
  func degenerate() {
    let equal = Tensor<Float>([4, 2], repeating: 1)
    let found = Clusters(equal, count: 3, restarts: 2, key: RandomKey(seed: 1))
    #expect(found.inertia == 0 && found.numbers.allSatisfy { (0..<3).contains($0) })
    let own = Clusters(
      Tensor<Float>([3, 1], [1, 2, 5]), count: 3, restarts: 3, key: RandomKey(seed: 1))
    #expect(own.inertia == 0 && Set(own.numbers).count == 3)
    #expect(ClusterAgreement(clusters: [], classes: []).accuracy == 0)
  }
}
