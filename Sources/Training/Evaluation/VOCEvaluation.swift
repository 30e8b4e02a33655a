// The VOC 2007 protocol: a linear head of many labels on frozen features, average precision of each class.
//
// Views      Shorter side 11/10 of the side, its middle square (330 and 300 pixels as released), normalised
//            with VOC's statistics; the encoder in evaluation mode throughout (D32), the same view in training
//            and in the test: a convex problem has no epochs that random views could fill (D33)
// Splits     trainval to fit to, test to measure on, as the baselines; released: train and val (D27)
// Result     Mean over classes of eleven-point precisions (VOC 2007), of areas, and the micro area of the
//            released code, side by side (D28)
// Read       MultiLabelHead.swift ← this file
// Tests      Tests/TrainingTests/VOCEvaluationTests.swift

import Autodiff
import Charts
import Datasets
import Formats
import Images
import Kernels
import Tensors

/// What a multi-label evaluation found.
public struct MultiLabelResult: Sendable {
  /// One name a class.
  public let classNames: [String]
  public let precision: MeanAveragePrecision
  /// The result with its protocol.
  public let record: EvaluationRecord

  /// A Markdown table: a class a row, in percent.
  public var table: String {
    func percent(_ value: Double?) -> String {
      value.map { "\((1000 * $0).rounded() / 10)" } ?? "–"
    }
    let rows = zip(classNames, precision.curves).map { name, curve in
      "| \(name) | \(curve.positives) | \(percent(curve.elevenPoints)) | \(percent(curve.area)) |"
    }
    return
      (["| class | images | AP, 11 points | AP, area |", "| --- | --- | --- | --- |"] + rows + [
        "| **mean** | | **\(percent(precision.elevenPoints))** | **\(percent(precision.area))** |"
      ]).joined(separator: "\n")
  }

  /// Draws precision over recall, a panel a class.
  ///
  /// - Parameter path: An SVG or PNG file, by its ending.
  /// - Throws: When the picture cannot be written.
  public func draw(to path: String) throws {
    let panels = zip(classNames, precision.curves).map { name, curve in
      // The curve begins at recall 0 with the precision of the largest score.
      var points = curve.precision.first.map { [Point(0, $0)] } ?? []
      for (r, p) in zip(curve.recall, curve.precision) { points.append(Point(r, p)) }
      let area = curve.area.map { ", AP \((1000 * $0).rounded() / 10)" } ?? ""
      return LineChart(
        "\(name)\(area)", xLabel: "recall", yLabel: "precision",
        series: [LineChart.Series("", points)])
    }
    try ChartSheet("Precision over recall", panels: panels, columns: 4).write(to: path)
  }
}

extension FrozenCheckpoint {
  /// Features of images of any size.
  ///
  /// - Parameters:
  ///   - images: Of any size.
  ///   - side: Of the square the encoder sees, in pixels.
  ///   - statistics: What pixels are normalised with.
  /// - Returns: One row of features an image.
  /// - Throws: When an image cannot be read, or the network sees images of another side only.
  public func features(
    _ images: some MultiLabelImages, side: Int, statistics: ChannelStatistics = .voc
  ) throws -> MultiLabelFeatures {
    if case .visionTransformer(let plan) = configuration.network, plan.imageSize != side {
      throw TrainingError(
        "the encoder sees images of \(plan.imageSize) pixels and no others",
        remedy: "write --size \(plan.imageSize)")
    }
    let normalization = PixelNormalization(statistics)
    let short = (side * 11 + 5) / 10
    let features = try outputs(
      of: images.count, atOnce: 32, workers: configuration.workers,
      prepare: { indices in
        normalization.tensor(
          try indices.map {
            try images.image($0).resized(shortSide: short).centerCropped(width: side, height: side)
          })
      }, network: { encoder.backbone(Variable($0), mode: .evaluation).value })
    return MultiLabelFeatures(
      features: features,
      presences: (0..<images.count).map(images.presence))
  }

  /// The protocol.
  ///
  /// - Parameters:
  ///   - training: Images to fit to.
  ///   - test: Images to measure on, of the same classes.
  ///   - side: Of the square the encoder sees, in pixels.
  ///   - tolerance: Largest slope at the end of the minimisation.
  /// - Returns: Precision of each class, and the record.
  /// - Throws: When there are no images, classes differ, or an image cannot be read.
  public func evaluateMultiLabel(
    training: some MultiLabelImages, test: some MultiLabelImages, side: Int = 300,
    tolerance: Double = 1e-5
  ) throws -> MultiLabelResult {
    guard training.classNames == test.classNames, training.count > 0, test.count > 0 else {
      throw TrainingError(
        "'\(training.name)' has \(training.count) images of \(training.classNames.count) classes, "
          + "'\(test.name)' \(test.count) of \(test.classNames.count)",
        remedy: "name two splits of one data set, none of them empty")
    }
    let head = MultiLabelHead(
      training: try features(training, side: side), tolerance: tolerance)
    let precision = head.precision(on: try features(test, side: side))
    let made = record(
      "voc",
      "a linear head a class on standardised features by L-BFGS; difficult pairs are left out",
      dataset: training.name,
      split: .init(
        training: training.count, validation: training.count / 5, test: test.count),
      views: "one: shorter side \((side * 11 + 5) / 10), middle \(side) pixels",
      epochChoice:
        "no epochs; the penalty on a held-out fifth of the training images, then all of them",
      metrics: [
        "map_11_points": .number(precision.elevenPoints), "map_area": .number(precision.area),
        "micro_area": .number(precision.micro ?? 0),
      ],
      settings: [
        "images": .string("\(training.name) → \(test.name)"),
        "penalty": .number(head.regularization),
        "largest_slope": .number(head.minimum.largestSlope),
        "average_precision": .object(
          OrderedMap(
            zip(training.classNames, precision.curves).map {
              ($0, $1.elevenPoints.map { .number($0) } ?? .null)
            })),
      ])
    return MultiLabelResult(
      classNames: training.classNames, precision: precision, record: made)
  }
}

extension OrderedMap {
  /// Pairs in order; of a repeated name the first stays.
  fileprivate init(_ pairs: [(String, Value)]) {
    self.init()
    for (key, value) in pairs { insert(value, for: key) }
  }
}
