// Bytes of images as numbers, by a table: normalised pixels.
//
// Formula    y[i, p, c] = table[byte, c]
// Idea       A byte has 256 values, so each is normalised once, exactly as defined, and then looked up. Batches
//            wait as bytes, a quarter of their size, until the step that needs them.
// Read       this file → Datasets/ImageTensor.swift
// Tests      Tests/DatasetsTests/ImageTensorTests.swift

/// The scalars of some images of one size.
///
/// - Parameters:
///   - images: Interleaved bytes, equally many of each image, a multiple of `channels`.
///   - channels: Values a pixel.
///   - table: `[256, channels]`.
/// - Returns: One run after the other: as many scalars as there are bytes.
public func lookedUp(_ images: [[UInt8]], channels: Int, table: [Float]) -> Buffer<Float> {
  let size = images.first?.count ?? 0
  require(
    channels >= 1 && table.count == 256 * channels && size % channels == 0
      && images.allSatisfy { $0.count == size },
    "lookedUp: \(images.count) images of \(size) bytes, \(channels) channels, \(table.count) in the table."
  )
  let result = Buffer<Float>(uninitialized: images.count * size)
  let to = result.pointer
  table.withUnsafeBufferPointer { table in
    parallelRuns(images.count, grain: max(1, elementGrain / max(1, size))) { run in
      for i in run {
        images[i].withUnsafeBufferPointer { bytes in
          let out = to + i * size
          for p in stride(from: 0, to: size, by: channels) {
            for c in 0..<channels { out[p + c] = table[Int(bytes[p + c]) * channels + c] }
          }
        }
      }
    }
  }
  return result
}
