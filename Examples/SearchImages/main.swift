// Searching images by an encoder's features: which of these look like that one?
//
// Run        swift run -c release SearchImages runs/first                       its own test images
//            swift run -c release SearchImages runs/first ~/photographs         a folder of yours
// Expect     A list of neighbours, and sheet.png in the run's folder: queries on the left.
// Read       this file → Sources/Training/FrozenEncoder.swift, Sources/Training/Evaluation/NeighbourSearch.swift

import Foundation
import MVMR

let arguments = CommandLine.arguments.dropFirst()
guard let run = arguments.first else {
  print("Name the folder of a run: swift run -c release mvmr pretrain --output runs/first")
  exit(64)
}
let file = EncoderFile(path: run)
let encoder = try file.load()
guard let configuration = try file.configuration() else {
  print("\(run) is no run of this project; Sources/Training/EncoderFile.swift reads others too.")
  exit(1)
}
let images: any ImageDataset =
  if let folder = arguments.dropFirst().first {
    SquareDataset(try ImageFiles(picturesIn: folder), size: configuration.imageSize)
  } else { try DataSource(configuration).test }

// One row of features an image; the first eight images ask, all answer.
let features = try encoder.features(of: images, workers: 2).features
let queries = min(8, images.count)
let found = nearestNeighbours(
  of: features.slice(0..<queries, axis: 0), among: features, count: 7, by: .cosine)

var sheet: [Image] = []
for query in 0..<queries {
  // The nearest of all is the image itself.
  let row = (0..<found.count).map { found.indices[query * found.count + $0] }
  let cosines = (0..<found.count).map { found.values[query * found.count + $0] }
  print(
    "image \(query) is like "
      + zip(row, cosines).dropFirst().prefix(3).map {
        "\($0.0) (cosine \(String(format: "%.3f", $0.1)))"
      }.joined(separator: ", "))
  sheet += try row.map { try images.image($0) }
}
let path = "\(RunFolder(resuming: run).path)/sheet.png"
try ImageGrid("Queries, and their neighbours", images: sheet, columns: found.count, cellSize: 64)
  .write(to: path)
print("Written: \(path)")
