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
do { try search(run, folder: arguments.dropFirst().first) } catch {
  print(error)
  exit(1)
}

/// Finds what is alike among the images of a folder, or among the run's own test images.
func search(_ run: String, folder: String?) throws {
  let file = EncoderFile(path: run)
  let encoder = try file.load()
  guard let configuration = try file.configuration() else {
    print("\(run) is no run of this project; Sources/Training/EncoderFile.swift reads others too.")
    return
  }
  let images: any ImageDataset =
    if let folder {
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
    let places = query * found.count..<(query + 1) * found.count
    let others = places.dropFirst().prefix(3).map {
      "\(found.indices[$0]) (cosine \(String(format: "%.3f", found.values[$0])))"
    }
    print("image \(query) is like \(others.joined(separator: ", "))")
    sheet += try places.map { try images.image(found.indices[$0]) }
  }
  let path = "\(RunFolder(resuming: run).path)/sheet.png"
  try ImageGrid(
    "Queries, and their neighbours", images: sheet, columns: found.count, cellSize: 64
  ).write(to: path)
  print("Written: \(path)")
}
