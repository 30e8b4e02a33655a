// Convolution: forward, and the gradient of its input.
//
// Formula    y[b,i,j,o]  = Σ u,v,c  x[b, s·i + d·u − p, s·j + d·v − p, c] · w[u,v,c,o]
//            dX[b,m,n,c] = Σ i,j,u,v,o  dY[b,i,j,o] · w[u,v,c,o]   with s·i + d·u − p = m, …
// Derivation A tap u feeds input row m only if s divides m + p − d·u. So the rows with the same
//            remainder ρ = (m + p) mod s share their taps, those u with d·u ≡ ρ (mod s): an
//            arithmetic progression, u = u₀ + k·s/gcd(s, d). Row m = s·q + ρ − p then reads
//            i = q − (d·u − ρ)/s, so each remainder is a correlation of dY with its taps in
//            reverse order, d/gcd(s, d) apart: s × s correlations, one for s = 1.
// Read       Correlation.swift ← this file → ConvolutionFilterGradient.swift
// Tests      Tests/KernelsTests/ConvolutionTests.swift

/// The formula as loops, for tests and for reading: y from x and w.
@specialized(where S == Float)
@specialized(where S == Double)
public func convolutionReference<S: KernelScalar>(
  _ g: ConvolutionGeometry, input: Buffer<S>, filter: Buffer<S>, into output: Buffer<S>
) {
  output.pointer.update(repeating: 0, count: output.count)
  forEachProduct(g) { x, w, y in
    output.pointer[y] += input.pointer[x] * filter.pointer[w]
  }
}

/// The formula as loops: dX from dY and w.
@specialized(where S == Float)
@specialized(where S == Double)
public func convolutionInputGradientReference<S: KernelScalar>(
  _ g: ConvolutionGeometry, outputGradient: Buffer<S>, filter: Buffer<S>,
  into inputGradient: Buffer<S>
) {
  inputGradient.pointer.update(repeating: 0, count: inputGradient.count)
  forEachProduct(g) { x, w, y in
    inputGradient.pointer[x] += outputGradient.pointer[y] * filter.pointer[w]
  }
}

/// The formula as loops: dW from dY and x.
@specialized(where S == Float)
@specialized(where S == Double)
public func convolutionFilterGradientReference<S: KernelScalar>(
  _ g: ConvolutionGeometry, outputGradient: Buffer<S>, input: Buffer<S>,
  into filterGradient: Buffer<S>
) {
  filterGradient.pointer.update(repeating: 0, count: filterGradient.count)
  forEachProduct(g) { x, w, y in
    filterGradient.pointer[w] += outputGradient.pointer[y] * input.pointer[x]
  }
}

/// Visits the index triples (x, w, y) whose product y sums: one set of indices, three sums.
private func forEachProduct(_ g: ConvolutionGeometry, _ body: (Int, Int, Int) -> Void) {
  for b in 0..<g.batch {
    for i in 0..<g.outHeight {
      for j in 0..<g.outWidth {
        for u in 0..<g.kernelHeight {
          for v in 0..<g.kernelWidth {
            let m = g.stride * i + g.dilation * u - g.padding
            let n = g.stride * j + g.dilation * v - g.padding
            guard m >= 0, m < g.height, n >= 0, n < g.width else { continue }
            for o in 0..<g.outChannels {
              let first = o / g.outPerGroup * g.channelsPerGroup
              for c in 0..<g.channelsPerGroup {
                body(
                  ((b * g.height + m) * g.width + n) * g.channels + first + c,
                  ((u * g.kernelWidth + v) * g.channelsPerGroup + c) * g.outChannels + o,
                  ((b * g.outHeight + i) * g.outWidth + j) * g.outChannels + o)
              }
            }
          }
        }
      }
    }
  }
}

/// Convolution forward.
///
/// - Parameters:
///   - g: Extents, stride, padding and groups.
///   - input: `g.inputShape`.
///   - filter: `g.filterShape`.
///   - output: `g.outputShape`; every element is written.
///   - deferred: How the pixels of the input are made first, if they are not there yet.
///   - work: What is done with the pixels of the output, while they are in the cache.
@specialized(where S == Float)
@specialized(where S == Double)
public func convolution<S: KernelScalar>(
  _ g: ConvolutionGeometry, input: Buffer<S>, filter: Buffer<S>, into output: Buffer<S>,
  making deferred: DeferredPixels<S>? = nil, then work: PixelWork<S> = .nothing
) {
  g.check(input: input.count, filter: filter.count, output: output.count)
  deferred?.check(g.inputShape)
  work.check(g.outputShape)
  if g.isDepthwise {
    deferred?.makeAll(of: input)
    depthwiseConvolution(g, input: input, filter: filter, into: output)
    return work.run(all: output)
  }
  // A group is a correlation of its own; all read the same image.
  let groups = (0..<g.groups).map { group in
    let w = UnsafePointer(filter.pointer + group * g.outPerGroup)
    let panels = FilterPanels(
      tapRows: g.kernelHeight, tapColumns: g.kernelWidth, inputs: g.channelsPerGroup,
      outputs: g.outPerGroup, columns: g.isPointwise ? g.outHeight * g.outWidth : g.outWidth,
      leading: g.outChannels, transposed: false
    ) { u, v in w + (u * g.kernelWidth + v) * g.channelsPerGroup * g.outChannels }
    return Correlation(
      batch: g.batch, source: input.pointer, height: g.height, width: g.width,
      channels: g.channels, firstChannel: group * g.channelsPerGroup,
      usedChannels: g.channelsPerGroup, tapRows: g.kernelHeight, tapColumns: g.kernelWidth,
      dilationRows: g.dilation, dilationColumns: g.dilation, originRow: -g.padding,
      originColumn: -g.padding, step: g.stride, panels: panels,
      target: output.pointer + group * g.outPerGroup,
      targetImage: g.outHeight * g.outWidth * g.outChannels,
      targetRow: g.outWidth * g.outChannels, targetPixel: g.outChannels, rows: g.outHeight,
      columns: g.outWidth)
  }
  Correlation.run(groups, making: deferred, of: input, then: work, on: output)
}

/// The gradient of a convolution's input.
///
/// - Parameters:
///   - g: Extents, stride, padding and groups.
///   - outputGradient: dY, `g.outputShape`.
///   - filter: `g.filterShape`.
///   - inputGradient: dX, `g.inputShape`; every element is written.
///   - adding: Add to dX instead of overwriting it.
///   - deferred: How the pixels of dY are made first, if they are not there yet.
///   - work: What is done with the pixels of dX, while they are in the cache.
@specialized(where S == Float)
@specialized(where S == Double)
public func convolutionInputGradient<S: KernelScalar>(
  _ g: ConvolutionGeometry, outputGradient: Buffer<S>, filter: Buffer<S>,
  into inputGradient: Buffer<S>, adding: Bool = false, making deferred: DeferredPixels<S>? = nil,
  then work: PixelWork<S> = .nothing
) {
  g.check(input: inputGradient.count, filter: filter.count, output: outputGradient.count)
  deferred?.check(g.outputShape)
  work.check(g.inputShape)
  if g.isDepthwise {
    deferred?.makeAll(of: outputGradient)
    depthwiseConvolutionInputGradient(
      g, outputGradient: outputGradient, filter: filter, into: inputGradient, adding: adding)
    return work.run(all: inputGradient)
  }
  let down = RemainderClass.all(
    extent: g.height, kernel: g.kernelHeight, stride: g.stride, padding: g.padding,
    dilation: g.dilation)
  let across = RemainderClass.all(
    extent: g.width, kernel: g.kernelWidth, stride: g.stride, padding: g.padding,
    dilation: g.dilation)
  if !adding && (down + across).contains(where: { $0.taps.isEmpty }) {
    // Input pixels that no tap reads: a stride larger than the kernel.
    inputGradient.clear()
  }
  var classes: [Correlation<S>] = []
  for group in 0..<g.groups {
    let w = UnsafePointer(filter.pointer + group * g.outPerGroup)
    for rows in down where !rows.taps.isEmpty {
      for columns in across where !columns.taps.isEmpty {
        let panels = FilterPanels(
          tapRows: rows.taps.count, tapColumns: columns.taps.count, inputs: g.outPerGroup,
          outputs: g.channelsPerGroup,
          columns: g.isPointwise ? rows.count * columns.count : columns.count,
          leading: g.outChannels, transposed: true
        ) { u, v in
          w + (rows.taps[u] * g.kernelWidth + columns.taps[v]) * g.channelsPerGroup * g.outChannels
        }
        classes.append(
          Correlation(
            batch: g.batch, source: outputGradient.pointer, height: g.outHeight, width: g.outWidth,
            channels: g.outChannels, firstChannel: group * g.outPerGroup,
            usedChannels: g.outPerGroup, tapRows: rows.taps.count, tapColumns: columns.taps.count,
            dilationRows: rows.dilation, dilationColumns: columns.dilation, originRow: rows.origin,
            originColumn: columns.origin, step: 1, panels: panels,
            target: inputGradient.pointer + group * g.channelsPerGroup
              + (rows.first * g.width + columns.first) * g.channels,
            targetImage: g.height * g.width * g.channels,
            targetRow: g.stride * g.width * g.channels, targetPixel: g.stride * g.channels,
            rows: rows.count, columns: columns.count, addsToTarget: adding))
      }
    }
  }
  Correlation.run(classes, making: deferred, of: outputGradient, then: work, on: inputGradient)
}

/// The input rows (or columns) that share a remainder, and the taps that reach them.
private struct RemainderClass {
  /// First input row of the class; the next ones follow `stride` apart.
  let first: Int
  /// How many rows it has.
  let count: Int
  /// The taps that reach it, the last one first.
  let taps: [Int]
  /// Distance of neighbouring taps in dY.
  let dilation: Int
  /// Row of dY that the first (last) tap reads for the first row.
  let origin: Int

  static func all(
    extent: Int, kernel: Int, stride: Int, padding: Int, dilation: Int
  ) -> [RemainderClass] {
    var a = stride
    var b = dilation
    while b != 0 { (a, b) = (b, a % b) }  // gcd(s, d)
    return (0..<min(stride, extent)).map { first in
      let remainder = (first + padding) % stride
      let q = (first + padding) / stride
      let taps = Array(
        (0..<kernel).filter { dilation * $0 % stride == remainder % stride }.reversed())
      return RemainderClass(
        first: first, count: (extent - first + stride - 1) / stride, taps: taps,
        dilation: dilation / a,
        origin: taps.first.map { q - (dilation * $0 - remainder) / stride } ?? 0)
    }
  }
}

extension Buffer {
  /// Zeros everywhere, written on the team.
  func clear() {
    let all = pointer
    parallelRuns(count, grain: 1 << 15) { run in
      (all + run.lowerBound).update(repeating: 0, count: run.count)
    }
  }
}

extension ConvolutionGeometry {
  /// Stops if a buffer is not as long as its shape says.
  func check(input: Int, filter: Int, output: Int) {
    require(
      input == inputShape.reduce(1, *) && filter == filterShape.reduce(1, *)
        && output == outputShape.reduce(1, *),
      """
      convolution: buffers of \(input), \(filter) and \(output) scalars do not fit
        input \(inputShape), filter \(filterShape), output \(outputShape).
      """)
  }
}
