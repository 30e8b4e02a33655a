import Datasets
import Foundation
import Images
import Tensors
import TestSupport
import Testing

@testable import Training

@Suite("Images of many labels", .serialized) struct VOCEvaluationTests {
  @Test("each class's plane is scikit-learn's, difficult pairs left out")
  func optimum() throws {
    let stored = try EvaluationFixture.stored()
    let data = EvaluationFixture.clouds(80, 5, classes: 4)
    // The targets follow the standardised features, as in the script.
    let x = data.features.converted(to: Double.self)
    let centred = x - x.mean(over: 0, keepingAxes: true)
    let deviation = (centred * centred).mean(over: 0, keepingAxes: true).map(.squareRoot)
    let standard = (centred / deviation).scalars
    let (a, b) = (EvaluationFixture.u(240, offset: 700), EvaluationFixture.u(240, offset: 900))
    let presences = (0..<80).map { (i: Int) -> [Presence] in
      (0..<3).map { (c: Int) -> Presence in
        if b[3 * i + c] >= 0.4 { return .difficult }
        return a[3 * i + c] + 0.6 * standard[5 * i + c] > 0.2 ? .present : .absent
      }
    }
    let head = MultiLabelHead(
      MultiLabelFeatures(features: data.features, presences: presences), 1e-2, tolerance: 1e-11)
    #expect(head.minimum.largestSlope <= 1e-11)
    for c in 0..<3 {
      let ours = head.weight.slice(c..<c + 1, axis: 0).scalars + [head.bias.scalars[c]]
      // A slope of 1e-11 over a curvature of at least the penalty: 1e-9 apart at most.
      #expect(relativeError(ours, try stored.values("one-vs-rest \(c)")) < 1e-9)
    }
  }

  /// Bright images show class 0, reddish ones class 1; sizes differ.
  func images(_ count: Int, offset: Int) -> InMemoryMultiLabelImages {
    var (all, presences): ([Image], [[Presence]]) = ([], [])
    let u = EvaluationFixture.u(2 * count, offset: offset)
    for i in 0..<count {
      let (bright, red) = (u[2 * i] > 0, u[2 * i + 1] > 0)
      let (width, height) = (20 + i % 7, 24 - i % 5)
      var bytes: [UInt8] = []
      for p in 0..<width * height {
        let base = (bright ? 150 : 60) + p * (i + 3) % 17
        bytes += [UInt8(base + (red ? 60 : 0)), UInt8(base), UInt8(base)]
      }
      all.append(Image(width: width, height: height, bytes: bytes))
      presences.append([
        bright ? .present : .absent, i % 11 == 3 ? .difficult : red ? .present : .absent,
      ])
    }
    return InMemoryMultiLabelImages(
      name: "shades", images: all, presences: presences, classNames: ["bright", "red"])
  }

  @Test("from images to a record, a table and a picture")
  func protocolOfVOC() throws {
    try TinyRun.withDirectory { directory in
      let folder = "\(directory)/run"
      _ = try PreTrainingRun(
        TinyRun.configuration("epochs=1", "warmup_epochs=0"), output: folder
      ).run()
      let encoder = try FrozenCheckpoint(folder)
      let result = try encoder.evaluateMultiLabel(
        training: images(40, offset: 0), test: images(30, offset: 300), side: 16)
      #expect(result.precision.curves[0].positives > 5)
      #expect(result.precision.area > 0.9, "\(result.table)")
      #expect(result.record.metrics["map_11_points"]?.double == result.precision.elevenPoints)
      #expect(result.record.split == .init(training: 40, validation: 8, test: 30))
      #expect(try EvaluationRecord(result.record.json) == result.record)
      #expect(result.table.contains("| bright |") && result.table.contains("**mean**"))
      try result.draw(to: "\(directory)/curves.png")
      try result.draw(to: "\(directory)/curves.svg")
      let svg = try String(contentsOfFile: "\(directory)/curves.svg", encoding: .utf8)
      #expect(svg.contains("bright, AP"))
      let none = InMemoryMultiLabelImages(
        name: "none", images: [], presences: [], classNames: ["bright", "red"])
      #expect(throws: TrainingError.self) {
        try encoder.evaluateMultiLabel(training: images(10, offset: 0), test: none, side: 16)
      }
    }
  }
}
