import Datasets
import TestSupport
import Testing

@testable import Training

@Suite("Average precision") struct AveragePrecisionTests {
  /// Scores in steps of 1/20, so that many are equal, and what is true.
  func inputs() -> (scores: [Double], truth: [Double]) {
    let scores = EvaluationFixture.u(280, offset: 200).map {
      ($0 * 20).rounded(.toNearestOrEven) / 20
    }
    let noise = EvaluationFixture.u(280, offset: 4000)
    return (scores, zip(noise, scores).map { $0 + $1 > 0.1 ? 1 : 0 })
  }

  func column(_ values: [Double], _ c: Int) -> [Double] { (0..<70).map { values[4 * $0 + c] } }

  func presence(_ values: [Double]) -> [Presence] { values.map { $0 == 1 ? .present : .absent } }

  @Test("areas are scikit-learn's and torchmetrics', ties and all; eleven points are VOC's")
  func golden() throws {
    let stored = try EvaluationFixture.stored()
    let (scores, truth) = inputs()
    let small = EvaluationFixture.u(280, offset: 1234)
    let distinct = zip(scores, small).map { $0 + 1e-4 * $1 }
    func curves(_ scores: [Double]) -> MeanAveragePrecision {
      MeanAveragePrecision(
        scores: (0..<4).map { column(scores, $0) },
        truth: (0..<4).map { presence(column(truth, $0)) })
    }
    let tied = curves(scores)
    let areas = tied.curves.compactMap(\.area)
    #expect(relativeError(areas, try stored.values("precision area")) < 1e-14)
    // torchmetrics computes in single precision.
    #expect(relativeError(areas, try stored.values("precision torchmetrics")) < 2e-7)
    #expect(abs((tied.micro ?? 0) - (try stored.values("precision micro")[0])) < 1e-14)
    let fine = curves(distinct)
    #expect(
      relativeError(fine.curves.compactMap(\.area), try stored.values("precision distinct")) < 1e-14
    )
    #expect(
      relativeError(
        fine.curves.compactMap(\.elevenPoints), try stored.values("precision eleven")) < 1e-14)
    let mean = areas.reduce(0, +) / 4
    #expect(abs(tied.area - mean) < 1e-15 && tied.elevenPoints != tied.area)
  }

  @Test("a difficult pair is left out, wherever it stands")
  func difficult() {
    let without = PrecisionRecall(scores: [3, 1, 0], truth: [.present, .absent, .present])
    let with = PrecisionRecall(
      scores: [3, 2, 1, 0, 9], truth: [.present, .difficult, .absent, .present, .difficult])
    #expect(without == with)
    let negative = PrecisionRecall(
      scores: [3, 2, 1, 0, 9], truth: [.present, .absent, .absent, .present, .absent])
    #expect((negative.area ?? 1) < (with.area ?? 0))
  }

  @Test("by hand: 1, ⅔ and eleven points; no positives, no images, NaN")
  func byHand() {
    // Order: present, absent, present. r = ½, ½, 1; p = 1, ½, ⅔.
    let one = PrecisionRecall(scores: [3, 2, 1], truth: [.present, .absent, .present])
    #expect(abs((one.area ?? 0) - (0.5 + 0.5 * 2 / 3)) < 1e-15)
    #expect(abs((one.elevenPoints ?? 0) - (6 + 5 * 2.0 / 3) / 11) < 1e-15)
    #expect(PrecisionRecall(scores: [1, 2], truth: [.absent, .difficult]).area == nil)
    #expect(PrecisionRecall(scores: [], truth: []).elevenPoints == nil)
    let broken = PrecisionRecall(scores: [.nan, 1], truth: [.absent, .present])
    #expect(broken.area == 1)
    // All scores equal: the precision is the share of positives, in one step.
    let level = PrecisionRecall(
      scores: [1, 1, 1, 1], truth: [.present, .absent, .absent, .absent])
    #expect(level.area == 0.25 && level.recall == [1])
    let both = MeanAveragePrecision(
      scores: [[1, 2], [1, 2]], truth: [[.present, .absent], [.absent, .absent]])
    #expect(both.area == 0.5)
  }
}
