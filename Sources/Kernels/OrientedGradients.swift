// Histograms of oriented gradients: which way the edges run, cell by cell.
//
// Source     MV-MR §4 (24 bins, 8 × 8 pooling); Dalal & Triggs, CVPR 2005, without block normalisation
// Formula    Gₓ = x ⋆ [−1 0 1; −2 0 2; −1 0 1] (right minus left), G_y its transpose (bottom minus top)
//            m  = √(Gₓ² + G_y²),  t = (atan2(G_y, Gₓ) mod π) / π · bins
//            bin ⌊t⌋ gets m(1 − f), the next one m f, f = t − ⌊t⌋; then the mean over each cell
//            released: G₁ = left minus right, G₂ = top minus bottom, t = atan2(G₁, G₂) / π · bins,
//            bin ⌊t⌋ is set to m, then bin ⌈t⌉ gets 1 − m added, bins counted modulo `bins`
// Idea       Channels are last, so the horizontal neighbours of a whole row are that row shifted by
//            `channels`: gradient, angle and shares are vector arithmetic; only the votes are scalar.
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
  let lanes = S.Vector.scalarCount
  let line = (width + 2) * channels  // one padded row
  let reach = (width * channels + lanes - 1) / lanes * lanes  // a row in whole vectors
  let padded = (height + 2) * line
  let histograms = across * channels * bins
  let workspace = Buffer<S>(repeating: 0, count: 4 * reach + padded + lanes + histograms)
  let votes = Votes<S>(workspace.pointer, reach)
  let x = workspace.pointer + 4 * reach
  let sums = x + padded + lanes
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
            histogram[Int(votes.lower[element])] += votes.lowerShare[element]
            histogram[Int(votes.upper[element])] += votes.upperShare[element]
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
  typealias V = S.Vector
  @inline(__always) func load(_ offset: Int) -> V {
    UnsafeRawPointer(x + offset).loadUnaligned(as: V.self)
  }
  @inline(__always) func store(_ value: V, _ target: UnsafeMutablePointer<S>, _ at: Int) {
    UnsafeMutableRawPointer(target + at).storeBytes(of: value, as: V.self)
  }
  let (one, zero, count) = (V(repeating: 1), V(repeating: 0), V(repeating: bins))
  /// Bin `bins` is bin 0; a pixel that is no number must not vote outside the histogram either.
  @inline(__always) func inRange(_ bin: V) -> V {
    zero.replacing(with: bin, where: bin .>= zero .& bin .< count)
  }
  for at in stride(from: 0, to: reach, by: S.Vector.scalarCount) {
    let (a, b, c) = (load(at), load(at + channels), load(at + 2 * channels))
    let (d, f) = (load(at + line), load(at + line + 2 * channels))
    let (g, h, i) = (
      load(at + 2 * line), load(at + 2 * line + channels), load(at + 2 * line + 2 * channels)
    )
    let right = (c - a) + (f - d) * 2 + (i - g)  // Gₓ
    let bottom = (g - a) + (h - b) * 2 + (i - c)  // G_y
    let m = (right * right + bottom * bottom).squareRoot()
    if released {
      let t = halfTurns(y: zero - right, x: zero - bottom, as: S.self) * count
      var lower = t.rounded(.down)
      var upper = lower.replacing(with: lower + one, where: lower .< t)
      lower = lower.replacing(with: lower + count, where: lower .< zero)
      upper = upper.replacing(with: upper + count, where: upper .< zero)
      store(inRange(lower), votes.lower, at)
      store(inRange(upper), votes.upper, at)
      store(m, votes.lowerShare, at)
      store(one - m, votes.upperShare, at)
    } else {
      var angle = halfTurns(y: bottom, x: right, as: S.self)
      angle = angle.replacing(with: angle + one, where: angle .< zero)
      let t = angle * count
      let floor = t.rounded(.down)
      let fraction = t - floor
      let lower = inRange(floor)
      store(lower, votes.lower, at)
      store(inRange(lower + one), votes.upper, at)
      store(m * (one - fraction), votes.lowerShare, at)
      store(m * fraction, votes.upperShare, at)
    }
  }
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
