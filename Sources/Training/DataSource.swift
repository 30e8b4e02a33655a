// The three data sets of a run: images without labels, labelled ones, and the test images.
//
// Source     MV-MR released code: STL-10 trains on train + unlabelled (105,000 images), the others on
//            their training split; labels never reach the encoder
// Read       Datasets/ImageDataset.swift ← this file → PreTraining.swift

import Datasets
import Images

/// Where a run's images come from.
public struct DataSource: Sendable {
  /// Images the encoder is trained on; labels may be −1.
  public let training: any ImageDataset
  /// Images with labels, for probes.
  public let labelled: any ImageDataset
  /// Images that nothing is ever trained on.
  public let test: any ImageDataset
  /// Mean and deviation of the channels.
  public let statistics: ChannelStatistics

  /// Number of classes.
  public var classCount: Int { labelled.classCount }

  /// Whether probes have something to learn: one class an image.
  public var hasLabels: Bool {
    labelled.count > 0 && test.count > 0 && labelled.label(0) >= 0 && test.label(0) >= 0
  }

  /// Opens the data a configuration names.
  ///
  /// - Parameters:
  ///   - configuration: Names the data set, its size and how much of it is used.
  ///   - directory: Where the files are; overrides `dataset.path`. The synthetic set needs none.
  /// - Throws: `DatasetError` or `TrainingError`, saying what was looked for where.
  public init(_ configuration: Configuration, directory: String? = nil) throws {
    let directory = directory ?? configuration.datasetPath
    func path() throws -> String {
      if let directory { return directory }
      throw TrainingError(
        "the data set '\(configuration.datasetName.rawValue)' needs a directory",
        remedy: "pass --data DIR, or write dataset.path in the configuration")
    }
    let name = configuration.datasetName.rawValue
    let (trainCount, testCount) = (configuration.trainingImages, configuration.testImages)
    switch configuration.datasetName {
    case .synthetic:
      let seed = UInt64(configuration.seed)
      let size = configuration.imageSize
      training = SyntheticShapes(count: trainCount ?? 5000, size: size, seed: seed, split: .train)
      labelled = training
      test = SyntheticShapes(count: testCount ?? 1000, size: size, seed: seed, split: .test)
    case .stl10:
      let directory = try path()
      let train = try STL10(directory: directory, split: .train)
      training = first(trainCount, of: try STL10(directory: directory, split: .trainAndUnlabeled))
      labelled =
        try configuration.fold.map { fold in
          let folds = try STL10.folds(directory: directory, trainingImages: train.count)
          return DatasetSubset(train, indices: folds[fold])
        } ?? first(trainCount, of: train)
      test = first(testCount, of: try STL10(directory: directory, split: .test))
    case .folder, .imagenet, .imagenet50, .imagenet100, .imagenet200:
      (training, labelled, test) = try photographs(configuration, in: path())
    case .voc2007, .voc:
      let size = configuration.imageSize
      let directory = try path()
      training = spread(
        trainCount, of: try VOC2007(directory: directory, split: .trainAndValidation))
      labelled = SquareDataset(training, size: size)
      test = SquareDataset(
        spread(testCount, of: try VOC2007(directory: directory, split: .test)), size: size)
    case .tsv:
      let size = configuration.imageSize
      let directory = try path()
      training = spread(trainCount, of: try TabSeparatedImages(path: directory + "/train.tsv"))
      labelled = SquareDataset(training, size: size)
      test = SquareDataset(
        spread(testCount, of: try TabSeparatedImages(path: directory + "/test.tsv")), size: size)
    case .cifar10, .cifar20, .cifar100:
      guard let variant = CIFAR.Variant(rawValue: name) else {
        throw TrainingError("there is no CIFAR called '\(name)'", remedy: "use cifar10, 20 or 100")
      }
      training = first(trainCount, of: try CIFAR(variant, directory: path(), split: .train))
      labelled = training
      test = first(testCount, of: try CIFAR(variant, directory: path(), split: .test))
    }
    statistics = ChannelStatistics.forDataset(name) ?? .imageNet

    guard training.imageSize == configuration.imageSize || training.imageSize == 0 else {
      throw TrainingError(
        "dataset.size is \(configuration.imageSize), but \(name) has images of "
          + "\(training.imageSize) pixels",
        remedy: "write dataset.size: \(training.imageSize)")
    }
    if let wanted = configuration.classCount, hasLabels, wanted != labelled.classCount {
      throw TrainingError(
        "dataset.n_classes is \(wanted), but \(name) has \(labelled.classCount)",
        remedy: "write dataset.n_classes: \(labelled.classCount), or leave it out")
    }
    guard training.count >= configuration.batchSize else {
      throw TrainingError(
        "batch_size is \(configuration.batchSize), but there are \(training.count) training images",
        remedy: "make batch_size at most \(training.count)")
    }
  }
}

private func first(_ count: Int?, of dataset: some ImageDataset) -> any ImageDataset {
  guard let count, count < dataset.count else { return dataset }
  return DatasetSubset(dataset, indices: Array(0..<count))
}
