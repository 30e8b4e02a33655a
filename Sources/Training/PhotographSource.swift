// A folder of photographs as the three data sets of a run.
//
// Layout     DIR/train and DIR/val (or DIR/test) with a folder a class; or the class folders in DIR itself;
//            or pictures without classes
// Measuring  Where there is no second folder, every tenth image of each class, by a seeded draw, is kept out
//            of training and measured on: never an image that was trained on.
// Errata     D24: a percentage of labels is drawn balanced and without replacement
// Read       Datasets/ImageFiles.swift, Datasets/LabelFraction.swift ← this file → DataSource.swift
// Tests      Tests/TrainingTests/PhotographSourceTests.swift

import Datasets
import Randomness

/// What a folder of photographs gives a run.
///
/// - Parameters:
///   - configuration: Size, class list, percentage of labels, numbers of images.
///   - directory: The folder.
/// - Returns: Images of any extent to train on; labelled and test images in one size.
/// - Throws: `DatasetError`, or `TrainingError` when the directory holds no pictures.
func photographs(
  _ configuration: Configuration, in directory: String
) throws -> (training: any ImageDataset, labelled: any ImageDataset, test: any ImageDataset) {
  guard let layout = FolderLayout(directory) else {
    throw TrainingError(
      "there are no pictures in \(directory)",
      remedy: "pass a directory of JPEG or PNG files, of class folders, or with train and val")
  }
  let size = configuration.imageSize
  guard layout.hasClasses else {
    let all = spread(configuration.trainingImages, of: try ImageFiles(picturesIn: layout.training))
    let none = InMemoryDataset(name: "folder", images: [], labels: [], classNames: [])
    return (all, none, none)
  }
  let isSubset = [.imagenet50, .imagenet100, .imagenet200].contains(configuration.datasetName)
  if isSubset && configuration.classList == nil {
    throw TrainingError(
      "\(configuration.datasetName.rawValue) is a part of ImageNet, and which part a list must say",
      remedy: "write dataset.class_list: FILE, with a class folder a line")
  }
  let classes = try configuration.classList.map { try ImageFiles.classes(listedIn: $0) }
  let files = try ImageFiles(classesIn: layout.training, classes: classes)
  let key = RandomKey(seed: UInt64(configuration.seed)).child("photographs")
  var training = files
  var test = files
  if let folder = layout.test {
    test = try ImageFiles(classesIn: folder, classes: files.classNames)
  } else {
    let held = LabelFraction.balanced(10, of: files, key: key)
    let isHeld = Set(held)
    func part(_ indices: [Int]) -> ImageFiles {
      ImageFiles(
        name: files.name, directory: files.directory, classNames: files.classNames,
        entries: indices.map { files.entries[$0] })
    }
    training = part((0..<files.count).filter { !isHeld.contains($0) })
    test = part(held)
  }
  var labelled: any ImageDataset = training
  if let list = configuration.percentageList {
    labelled = DatasetSubset(training, indices: try LabelFraction.listed(in: list, of: training))
  } else if let percentage = configuration.percentage, percentage > 0, percentage < 100 {
    labelled = DatasetSubset(
      training, indices: LabelFraction.balanced(percentage, of: training, key: key))
  } else {
    labelled = spread(configuration.trainingImages, of: training)
  }
  return (
    spread(configuration.trainingImages, of: training), SquareDataset(labelled, size: size),
    SquareDataset(spread(configuration.testImages, of: test), size: size)
  )
}

/// Some images at equal distances, so that all classes of a sorted data set are among them.
func spread(_ count: Int?, of dataset: some ImageDataset) -> any ImageDataset {
  guard let count, count < dataset.count else { return dataset }
  return DatasetSubset(dataset, indices: (0..<count).map { $0 * dataset.count / count })
}
