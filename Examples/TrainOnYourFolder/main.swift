// Training on a folder of your own images: JPEG and PNG files of any size, in class folders or without.
//
// Run        swift run -c release TrainOnYourFolder ~/photographs
//            swift run -c release TrainOnYourFolder          (draws a little folder and trains on that)
// Expect     Two epochs, a table of what the features know before and after, and a folder of the run.
// Change     The configuration below; `mvmr pretrain --show-keys` lists every key.
// Read       this file → Sources/Training/PreTrainingRun.swift

import Foundation
import MVMR

let scratch = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
defer { try? FileManager.default.removeItem(atPath: scratch) }

/// Three class folders of drawn shapes as PNG files, each of another size.
func drawnFolder() throws -> String {
  let shapes = SyntheticShapes(count: 240, size: 64)
  for i in 0..<shapes.count where shapes.label(i) < 3 {
    let folder = "\(scratch)/images/\(shapes.classNames[shapes.label(i)])"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let image = try shapes.image(i).resized(width: 48 + i % 32, height: 48)
    try PNGWriter.write(
      to: "\(folder)/\(i).png", width: image.width, height: image.height, channels: 3,
      bytes: image.bytes)
  }
  return "\(scratch)/images"
}

let isYours = CommandLine.arguments.count > 1

/// Trains on the folder's images and prints what came of it.
func train() throws {
  let configuration = try Configuration(
    yaml: """
      dataset:
        name: folder
        size: 32             # of a view, in pixels; 64 or 96 for photographs
        aug_policy: custom   # how a second view is drawn: docs/data.md
      encoder:
        backbone: resnet8
        out_dim: 256-256     # the projector; wider for more images
        small_kernel: true
      batch_size: 32         # as large as memory allows
      epochs: 2              # hundreds, for good features
      warmup_epochs: 1
      lr: 2e-3
      """)
  let folder = isYours ? CommandLine.arguments[1] : try drawnFolder()
  let run = try PreTrainingRun(
    configuration, dataDirectory: folder, output: isYours ? nil : "\(scratch)/run",
    say: { print($0) })
  let result = try run.run(
    observe: { print("step \($0.position.step): loss \($0.loss)") }, shouldStop: { false })
  print(result.summary)
  if isYours { print("Everything is in \(result.folder.path).") }
}

do { try train() } catch {
  print(error)
  exit(1)
}
