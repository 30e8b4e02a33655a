// Recomputation: a layer that keeps only its input for backward, and computes the rest again.
//
// Source     Chen, Xu, Zhang & Guestrin, "Training deep nets with sublinear memory cost", 2016
// Idea       Backward needs every activation. Forward can drop those inside a block and backward can
//            make them again from the block's input: a third more arithmetic for a quarter of the
//            memory. ResNet-50 with the small stem, two views of 256 images of 96 pixels, would
//            otherwise need some 26 GB of activations; with it a step peaks at 19.4 GB.
// Exact      The same kernels see the same numbers, so gradients are the same bits; running
//            statistics are updated by the first pass only.
// Read       ResidualBlock.swift ← this file → ResNet.swift
// Tests      Tests/NetworksTests/RecomputationTests.swift

import Autodiff
import Kernels

/// A layer's output, without its inner activations being kept for backward.
///
/// - Parameters:
///   - x: The input; the one activation that is kept.
///   - mode: How statistics and gradients are treated.
///   - layer: What is computed, now and once more during backward.
/// - Returns: The layer's output.
func recomputed<S>(_ x: Variable<S>, mode: Mode, _ layer: some Layer<S>) -> Variable<S> {
  // Without a gradient to the input there would be no backward to compute anything in.
  guard mode.tracksGradients, x.isTracked else { return layer(x, mode: mode) }
  var first = mode
  first.tracksGradients = false
  var again = mode
  again.updatesStatistics = false
  return Variable(layer(Variable(x.value), mode: first).value, recomputedFrom: x) {
    layer($0, mode: again)
  }
}
