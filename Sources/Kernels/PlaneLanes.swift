// Between channels-last images and one colour plane a lane.
//
// Idea       A plane is one channel of one image; plane p is channel p mod channels of image
//            p / channels. Sixteen (or eight, or four) of them travel through a transform together.
// Read       this file → RealFourierTransform2D.swift
// Tests      Tests/KernelsTests/WaveletModulusTests.swift

/// Loads one group of planes, padded by index tables; lanes without a plane are zero.
///
/// - Parameters:
///   - images: `[batch, height, width, channels]`.
///   - height: Rows of an image.
///   - width: Columns of an image.
///   - channels: Channels of an image.
///   - firstPlane: Plane of lane 0.
///   - planes: Planes there are in all, batch · channels.
///   - rows: For each padded row, the image row it copies.
///   - columns: For each padded column, the image column it copies.
///   - field: Receives `[rows.count, columns.count, lanes]`.
@specialized(where S == Float)
@specialized(where S == Double)
public func gatherPlanes<S: KernelScalar>(
  images: Buffer<S>, height: Int, width: Int, channels: Int, firstPlane: Int, planes: Int,
  rows: [Int], columns: [Int], into field: Buffer<S>
) {
  let lanes = S.Vector.scalarCount
  require(
    rows.allSatisfy { $0 >= 0 && $0 < height } && columns.allSatisfy { $0 >= 0 && $0 < width }
      && channels > 0 && firstPlane >= 0 && planes % max(channels, 1) == 0,
    "gatherPlanes: padding reaches outside \(height) × \(width). To mend: pad by less.")
  requireExtent(images, planes * height * width, "gatherPlanes, images")
  requireExtent(field, rows.count * columns.count * lanes, "gatherPlanes, field")
  let filled = min(lanes, max(0, planes - firstPlane))
  var target = field.pointer
  let starts = (firstPlane..<firstPlane + filled).map {
    $0 / channels * height * width * channels + $0 % channels
  }
  for row in rows {
    for column in columns {
      let pixel = images.pointer + (row * width + column) * channels
      for lane in 0..<filled { target[lane] = pixel[starts[lane]] }
      for lane in filled..<lanes { target[lane] = 0 }
      target += lanes
    }
  }
}

/// Copies channels-last images to channels-first order, `[batch, channels, pixels]`.
///
/// - Parameters:
///   - images: `[batch, pixels, channels]`.
///   - batch: Number of images.
///   - pixels: Pixels of an image.
///   - channels: Channels of an image.
///   - output: Receives `[batch, channels, pixels]`.
@specialized(where S == Float)
@specialized(where S == Double)
public func channelsFirst<S: KernelScalar>(
  images: Buffer<S>, batch: Int, pixels: Int, channels: Int, into output: Buffer<S>
) {
  requireExtent(images, batch * pixels * channels, "channelsFirst, images")
  requireExtent(output, batch * pixels * channels, "channelsFirst, output")
  for image in 0..<batch {
    let source = images.pointer + image * pixels * channels
    for channel in 0..<channels {
      let target = output.pointer + (image * channels + channel) * pixels
      for pixel in 0..<pixels { target[pixel] = source[pixel * channels + channel] }
    }
  }
}
