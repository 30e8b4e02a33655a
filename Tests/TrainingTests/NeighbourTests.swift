import Tensors
import TestSupport
import Testing

@testable import Training

@Suite("Neighbours") struct NeighbourTests {
  let training = EvaluationFixture.clouds(150, 8, classes: 5)
  let test = EvaluationFixture.clouds(60, 8, classes: 5, offset: 3000)

  @Test("the nearest are scikit-learn's", arguments: NeighbourMetric.allCases)
  func search(metric: NeighbourMetric) throws {
    let stored = try EvaluationFixture.stored()
    let found = nearestNeighbours(
      of: test.features, among: training.features, count: 12, by: metric)
    let name = "neighbours \(metric.rawValue)"
    let expected = try stored.values("\(name) indices").map { Int($0) }
    #expect(found.indices == expected)
    // Sums of eight products in single precision.
    #expect(
      relativeError(found.values.map(Double.init), try stored.values("\(name) values")) < 2e-6)
  }

  @Test("majorities are scikit-learn's where no two classes are level", arguments: [1, 5, 12])
  func majority(k: Int) throws {
    for metric in NeighbourMetric.allCases {
      let votes = try EvaluationFixture.stored().values("neighbours \(metric.rawValue) votes \(k)")
      var (clear, right, level) = (0, 0, 0)
      for (row, label) in test.labels.enumerated() {
        let line = Array(votes[row * 5..<row * 5 + 5])
        let most = line.max() ?? 0
        if line.filter({ $0 == most }).count > 1 {
          level += 1
        } else {
          clear += 1
          if line[label] == most { right += 1 }
        }
      }
      let result = classifyByNeighbours(
        training: training, test: test, counts: [k], metric: metric, vote: .majority)[0]
      #expect(result.tied == Double(level) / 60)
      let hits = Int((result.accuracy * 60).rounded())
      #expect(hits >= right && hits <= right + level)
      #expect(clear + level == 60 && (k > 1 || level == 0))
    }
  }

  @Test("weighted votes are scikit-learn's", arguments: [1, 5, 12])
  func weighted(k: Int) throws {
    let expected = try EvaluationFixture.stored().values("neighbours weighted \(k)")[0]
    let all = classifyByNeighbours(
      training: training, test: test, counts: [1, 5, 12], metric: .cosine,
      vote: .weighted(temperature: 0.07))
    #expect(abs((all.first { $0.count == k }?.accuracy ?? -1) - expected) < 1e-12)
  }

  @Test("equally many votes go to the class that is nearer, equally near ones to the lower class")
  func ties() {
    let references = LabelledFeatures(
      features: Tensor([4, 1], [1, 3, -2.5, -4]), labels: [2, 2, 1, 1])
    func class1(at x: Float) -> Double {
      classifyByNeighbours(
        training: references, test: LabelledFeatures(features: Tensor([1, 1], [x]), labels: [1]),
        counts: [4], metric: .euclidean, vote: .majority)[0].accuracy
    }
    #expect(class1(at: -1) == 1 && class1(at: 1) == 0)
    let mirrored = LabelledFeatures(features: Tensor([2, 1], [1, -1]), labels: [1, 0])
    let result = classifyByNeighbours(
      training: mirrored, test: LabelledFeatures(features: Tensor([1, 1], [0]), labels: [0]),
      counts: [2], metric: .euclidean, vote: .majority)[0]
    #expect(result.accuracy == 1 && result.tied == 1)
  }

  @Test("blocks of queries and references change nothing")
  func blocks() {
    let many = Tensor<Float>([2500, 4], EvaluationFixture.u(10_000).map { Float($0) })
    let few = Tensor<Float>([1100, 4], EvaluationFixture.u(4400, offset: 77).map { Float($0) })
    let found = nearestNeighbours(of: few, among: many, count: 3, by: .euclidean)
    let (a, b) = (few.scalars, many.scalars)
    for row in [0, 1023, 1024, 1099] {
      var distances: [(Double, Int)] = []
      for i in 0..<2500 {
        var sum = 0.0
        for j in 0..<4 {
          let difference = Double(a[row * 4 + j]) - Double(b[i * 4 + j])
          sum += difference * difference
        }
        distances.append((sum, i))
      }
      // Rows repeat after 1009, so equal distances are there: the lower number comes first.
      let expected = distances.sorted { abs($0.0 - $1.0) > 1e-9 ? $0.0 < $1.0 : $0.1 < $1.1 }
        .prefix(3).map(\.1)
      #expect(Array(found.indices[row * 3..<row * 3 + 3]) == Array(expected), "row \(row)")
    }
  }
}
