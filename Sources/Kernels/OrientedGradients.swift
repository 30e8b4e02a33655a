// Histograms of oriented gradients: which way the edges run, cell by cell.
//
// Source     MV-MR, hand-crafted features ("HOG", 24 bins, 8 × 8 pooling); Dalal & Triggs, CVPR 2005, without block normalisation
// Formula    Gₓ = x ⋆ [−1 0 1; −2 0 2; −1 0 1] (right minus left), G_y its transpose (bottom minus top)
//            m  = √(Gₓ² + G_y²),  t = (atan2(G_y, Gₓ) mod π) / π · bins
//            bin ⌊t⌋ gets m(1 − f), the next one m f, f = t − ⌊t⌋; then the mean over each cell
//            released: G₁ = left minus right, G₂ = top minus bottom, t = atan2(G₁, G₂) / π · bins,
//            bin ⌊t⌋ is set to m, then bin ⌈t⌉ gets 1 − m added, bins counted modulo `bins`
// Idea       Channels are last, so the horizontal neighbours of a whole row are that row shifted by
//            `channels`: gradient, angle and shares are loops over a row that become vector code.
//            Setting one bin and adding to another of an empty histogram is adding to both.
// Shapes     image [height, width, channels] → [channels, bins, ⌊height / cell⌋, ⌊width / cell⌋]
// Errata     D2 (both variants)
// Read       ArcTangent.swift ← this file → Representations/HistogramOfOrientedGradients.swift
// Tests      Tests/RepresentationsTests/HistogramOfOrientedGradientsTests.swift

/// One image's histograms.
///
/// - Parameters:
///   - images: `[batch, height, width, channels]`.
///   - image: Which image of the batch.
///   - height: Rows.
///   - width: Columns.
///   - channels: Channels, each with histograms of its own.
///   - bins: Orientations over half a turn.
///   - cell: Side of a cell in pixels; a remainder on the right and at the bottom is dropped.
///   - released: Whether to vote as the released code does (D2).
///   - output: Receives `[batch, channels, bins, height / cell, width / cell]`, this image's part.
@specialized(where S == Float)
@specialized(where S == Double)
public func orientedGradients<S: KernelScalar>(
  images: Buffer<S>, image: Int, height: Int, width: Int, channels: Int, bins: Int, cell: Int,
  released: Bool, into output: Buffer<S>
) {
  let (down, across) = (height / cell, width / cell)
  let features = channels * bins * down * across
  requireExtent(images, (image + 1) * height * width * channels, "orientedGradients, images")
  requireExtent(output, (image + 1) * features, "orientedGradients, output")
  if features == 0 { return }
  let line = (width + 2) * channels  // one padded row
  let reach = across * cell * channels  // pixels of a row that belong to a cell
  let padded = (height + 2) * line
  let histograms = across * channels * bins
  let workspace = Buffer<S>(repeating: 0, count: 4 * reach + padded + histograms)
  let votes = Votes<S>(workspace.pointer, reach)
  let x = workspace.pointer + 4 * reach
  let sums = x + padded
  padImage(
    images.pointer + image * height * width * channels, height, width, channels,
    replicate: !released, into: x)
  let target = output.pointer + image * features
  let scale = 1 / S(cell * cell)
  for i in 0..<down {
    sums.update(repeating: 0, count: histograms)
    for row in i * cell..<(i + 1) * cell {
      orientationVotes(
        x + row * line, line, channels, bins: S(bins), released: released, into: votes, reach)
      var element = 0
      for j in 0..<across {
        for _ in 0..<cell {
          for channel in 0..<channels {
            let histogram = sums + (j * channels + channel) * bins
            histogram[wholeNumber(votes.lower[element])] += votes.lowerShare[element]
            histogram[wholeNumber(votes.upper[element])] += votes.upperShare[element]
            element += 1
          }
        }
      }
    }
    for slot in 0..<channels * bins {
      for j in 0..<across {
        target[(slot * down + i) * across + j] = sums[j * channels * bins + slot] * scale
      }
    }
  }
}

/// For each pixel and channel of a row: two bins and what each of them gets.
private struct Votes<S: KernelScalar> {
  let lower: UnsafeMutablePointer<S>
  let upper: UnsafeMutablePointer<S>
  let lowerShare: UnsafeMutablePointer<S>
  let upperShare: UnsafeMutablePointer<S>

  init(_ memory: UnsafeMutablePointer<S>, _ reach: Int) {
    lower = memory
    upper = memory + reach
    lowerShare = memory + 2 * reach
    upperShare = memory + 3 * reach
  }
}

/// The votes of a row whose upper left neighbour is at `x`; neighbouring rows are `line` apart.
@inline(__always)
private func orientationVotes<S: KernelScalar>(
  _ x: UnsafePointer<S>, _ line: Int, _ channels: Int, bins: S, released: Bool,
  into votes: Votes<S>, _ reach: Int
) {
  /// Bin `bins` is bin 0; a pixel that is no number must not vote outside the histogram either.
  @inline(__always) func inRange(_ bin: S) -> S { bin >= 0 && bin < bins ? bin : 0 }
  // Two passes over a row in the first cache: gradient, then angle.
  let (right, bottom) = (votes.lower, votes.upper)
  let (middle, below) = (x + line, x + 2 * line)
  for at in 0..<reach {
    let (a, b, c) = (x[at], x[at + channels], x[at + 2 * channels])
    let (d, f) = (middle[at], middle[at + 2 * channels])
    let (g, h, i) = (below[at], below[at + channels], below[at + 2 * channels])
    right[at] = (c - a) + (f - d) * 2 + (i - g)  // Gₓ
    bottom[at] = (g - a) + (h - b) * 2 + (i - c)  // G_y
  }
  if released {
    for at in 0..<reach {
      let (Gx, Gy) = (right[at], bottom[at])
      let m = (Gx * Gx + Gy * Gy).squareRoot()
      let t = halfTurns(y: 0 - Gx, x: 0 - Gy) * bins
      let floor = t.rounded(.down)
      let ceiling = floor < t ? floor + 1 : floor
      votes.lower[at] = inRange(floor < 0 ? floor + bins : floor)
      votes.upper[at] = inRange(ceiling < 0 ? ceiling + bins : ceiling)
      votes.lowerShare[at] = m
      votes.upperShare[at] = 1 - m
    }
  } else {
    for at in 0..<reach {
      let (Gx, Gy) = (right[at], bottom[at])
      let m = (Gx * Gx + Gy * Gy).squareRoot()
      let angle = halfTurns(y: Gy, x: Gx)
      let t = (angle < 0 ? angle + 1 : angle) * bins
      let floor = t.rounded(.down)
      let lower = inRange(floor)
      votes.lower[at] = lower
      votes.upper[at] = inRange(lower + 1)
      votes.lowerShare[at] = m * (1 - (t - floor))
      votes.upperShare[at] = m * (t - floor)
    }
  }
}

/// A whole number held as a scalar; `Int(x)` of a generic scalar takes it apart bit by bit.
@inline(__always)
private func wholeNumber<S: KernelScalar>(_ x: S) -> Int {
  S.self == Float.self
    ? Int(unsafeBitCast(x, to: Float.self)) : Int(unsafeBitCast(x, to: Double.self))
}

/// Copies an image into the middle of one that is a pixel larger on every side.
private func padImage<S: KernelScalar>(
  _ image: UnsafePointer<S>, _ height: Int, _ width: Int, _ channels: Int, replicate: Bool,
  into target: UnsafeMutablePointer<S>
) {
  let line = (width + 2) * channels
  for row in 0..<height + 2 {
    let inside = row > 0 && row <= height
    if !inside && !replicate { continue }  // the workspace is zero already
    let source = image + min(max(row - 1, 0), height - 1) * width * channels
    let place = target + row * line
    (place + channels).update(from: source, count: width * channels)
    if replicate {
      place.update(from: source, count: channels)
      (place + line - channels).update(from: source + (width - 1) * channels, count: channels)
    }
  }
}
