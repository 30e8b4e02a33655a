// Local standard deviation: how rough the image is around each pixel.
//
// Source     MV-MR, hand-crafted features ("LSD", 3 × 3)
// Formula    φ = √(mean(x²) − mean(x)² + 10⁻⁸) over a 3 × 3 window, mirrored at the border
// Idea       A variance does not change when a constant is subtracted. Subtracting the centre pixel
//            first keeps every digit, where the formula as it stands loses them in smooth regions
//            (in Float an error of 10⁻⁷ x² meets a floor of 10⁻⁸).
//            One of the nine differences is 0, so mean² ≤ 8/9 of the mean square (Cauchy-Schwarz): the
//            root's argument stays positive, where kornia's may round below 0 (and is then set to 0).
// Shapes     image [height, width, channels] → [channels, height, width]
// Read       this file → Representations/LocalStandardDeviation.swift
// Tests      Tests/RepresentationsTests/LocalStandardDeviationTests.swift

/// One image's local deviations.
///
/// - Parameters:
///   - images: `[batch, height, width, channels]`; height and width at least 2.
///   - image: Which image of the batch.
///   - height: Rows.
///   - width: Columns.
///   - channels: Channels.
///   - output: Receives `[batch, channels, height, width]`, this image's part.
@specialized(where S == Float)
@specialized(where S == Double)
public func localDeviation<S: KernelScalar>(
  images: Buffer<S>, image: Int, height: Int, width: Int, channels: Int, into output: Buffer<S>
) {
  let pixels = height * width
  require(
    height >= 2 && width >= 2,
    "localDeviation: \(height) × \(width) has no pixel to mirror. To mend: 2 × 2 or larger.")
  requireExtent(images, (image + 1) * pixels * channels, "localDeviation, images")
  requireExtent(output, (image + 1) * pixels * channels, "localDeviation, output")
  let lanes = S.Vector.scalarCount
  let line = (width + 2) * channels
  let reach = (width * channels + lanes - 1) / lanes * lanes
  let workspace = Buffer<S>(repeating: 0, count: reach + (height + 2) * line + lanes)
  let deviations = workspace.pointer
  let x = deviations + reach
  let source = images.pointer + image * pixels * channels
  for row in 0..<height + 2 {
    let mirrored = row == 0 ? 1 : row == height + 1 ? height - 2 : row - 1
    let from = source + mirrored * width * channels
    let place = x + row * line
    place.update(from: from + channels, count: channels)
    (place + channels).update(from: from, count: width * channels)
    (place + line - channels).update(from: from + (width - 2) * channels, count: channels)
  }
  let target = output.pointer + image * pixels * channels
  for row in 0..<height {
    deviationRow(x + row * line, line, channels, into: deviations, reach)
    for channel in 0..<channels {
      let place = target + (channel * height + row) * width
      for column in 0..<width { place[column] = deviations[column * channels + channel] }
    }
  }
}

/// The deviations of a row whose upper left neighbour is at `x`; rows are `line` apart.
@inline(__always)
private func deviationRow<S: KernelScalar>(
  _ x: UnsafePointer<S>, _ line: Int, _ channels: Int, into target: UnsafeMutablePointer<S>,
  _ reach: Int
) {
  typealias V = S.Vector
  let ninth = V(repeating: 1 / S(9))
  for at in stride(from: 0, to: reach, by: V.scalarCount) {
    let centre = UnsafeRawPointer(x + at + line + channels).loadUnaligned(as: V.self)
    var (sum, squares) = (V(repeating: 0), V(repeating: 0))
    for row in 0..<3 {
      for column in 0..<3 {
        let place = x + at + row * line + column * channels
        let offset = UnsafeRawPointer(place).loadUnaligned(as: V.self) - centre
        sum += offset
        squares = squares.addingProduct(offset, offset)
      }
    }
    let mean = sum * ninth
    let variance = (squares * ninth).addingProduct(-mean, mean)
    let deviation = (variance + V(repeating: S(1e-8))).squareRoot()
    UnsafeMutableRawPointer(target + at).storeBytes(of: deviation, as: V.self)
  }
}
