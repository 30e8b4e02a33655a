// What chapter 10 shows: the terms of the objective during the main job.
//
// Recorded   docs/data/main-job.jsonl: metrics.jsonl of `swift run -c release mvmr pretrain`, every fifth step
// Read       Training/PreTrainingRun.swift ← this file → ../Registry.swift

import Charts
import Formats
import Foundation

/// The lines a run of the main job wrote.
struct MainJob {
  let lines: [JSONValue]

  static let path = "docs/data/main-job.jsonl"

  init(_ repository: Repository) throws {
    lines = try JSONLinesWriter.read("\(repository.root)/\(Self.path)")
    guard !lines.isEmpty else {
      throw BookError(
        Self.path, "the record is empty",
        remedy: "swift run -c release mvmr pretrain --output runs/main, then copy its metrics.jsonl"
      )
    }
  }

  /// One column against the step.
  func series(_ name: String, _ key: String) -> LineChart.Series {
    .init(
      name,
      lines.compactMap { line in
        guard let step = line["step"]?.double, let value = line[key]?.double else { return nil }
        return Point(step, value)
      })
  }

  /// The largest value of a column.
  func largest(_ key: String) -> Double { lines.compactMap { $0[key]?.double }.max() ?? .nan }

  /// The first and the last value of a column.
  func ends(_ key: String) -> (first: Double, last: Double) {
    let values = lines.compactMap { $0[key]?.double }
    return (values.first ?? .nan, values.last ?? .nan)
  }
}

extension Fact {
  static let chapter10: [Fact] =
    [
      Fact(name: "main-job-steps", counted: { "\(Int(try MainJob($0).ends("step").last))" }),
      Fact(name: "main-job-MSE-largest", counted: { rounded(try MainJob($0).largest("MSE"), 2) }),
    ]
    + ["MSE", "STD", "DC_zz"].flatMap { key in
      [
        Fact(
          name: "main-job-\(key)-first", counted: { rounded(try MainJob($0).ends(key).first, 2) }),
        Fact(name: "main-job-\(key)-last", counted: { rounded(try MainJob($0).ends(key).last, 2) }),
      ]
    }
}

extension Figure {
  static let chapter10 = [
    Figure(
      name: "three-losses",
      image: {
        let job = try MainJob(Repository(containing: "\(#filePath)/.."))
        return ChartSheet(
          panels: [
            LineChart(
              "L1: squared difference and hinge", xLabel: "step",
              series: [job.series("MSE", "MSE"), job.series("both hinges", "STD")]),
            LineChart(
              "L2, L3: 1 - dCor, and by chance", xLabel: "step",
              series: [
                job.series("views", "DC_zz"), job.series("scattering", "DC_full_img_scatnet"),
                job.series("gradients", "DC_full_img_hog"),
                job.series("views, chance", "DC_zz_chance"),
                job.series("scattering, chance", "DC_full_img_scatnet_chance"),
                job.series("gradients, chance", "DC_full_img_hog_chance"),
              ]),
          ], columns: 2
        ).image(scale: 1)
      })
  ]
}
