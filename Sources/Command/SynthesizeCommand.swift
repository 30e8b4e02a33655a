// mvmr synthesize: the built-in data set as files in the STL-10 binary format.
//
// Read       Datasets/STL10Writer.swift ← this file

import Foundation
import MVMR

extension Option {
  static let train = Option(
    name: "--train", value: "N", help: "labelled training images (default: 5000)")
  static let test = Option(name: "--test", value: "N", help: "test images (default: 8000)")
  static let unlabeled = Option(
    name: "--unlabeled", value: "N", help: "images without labels (default: 20000)")
}

extension Command {
  static let synthesize = Command(
    "synthesize", "Write drawn shapes of ten classes, 96 × 96, in the STL-10 binary format.",
    options: [.train, .test, .unlabeled, .seed], positional: "DIR",
    examples: ["synthesize ~/data/shapes", "synthesize ~/data/shapes --train 1000 --unlabeled 0"]
  ) { arguments in
    guard arguments.positional.count == 1 else {
      throw UsageError(what: "one directory is wanted", remedy: "write mvmr synthesize DIR")
    }
    let directory = arguments.positional[0]
    let counts = 0...10_000_000
    try SyntheticShapes.writeSTL10(
      to: directory, train: arguments.integer(.train, in: 1...10_000_000) ?? 5000,
      test: arguments.integer(.test, in: 1...10_000_000) ?? 8000,
      unlabeled: arguments.integer(.unlabeled, in: counts) ?? 20000,
      seed: UInt64(arguments.integer(.seed, in: 0...Int.max) ?? 0))
    print("Written to \(directory). Train on it with:")
    print("  mvmr pretrain --config Examples/configs/stl10_resnet18.yaml --data \(directory)")
    return 0
  }
}
