// The oracle's matrix product, convolution and pooling.
//
// Layout     Activations [batch, height, width, channels]; a filter as PyTorch's state dictionaries hold
//            it, [out, in / groups, height, width].
// Read       ShapeOperations.swift ← this file → NormalizationOperations.swift
// Tests      Tests/OracleTests/RoundTripTests.swift

import Autodiff
import Formats
import Kernels
import Tensors

private let convolutionSource = "Dumoulin & Visin, 2016, relationship 15; cross-correlation"

extension OracleOperation {
  static let products: [OracleOperation] =
    [
      OracleOperation(
        "matmul", "op(A) · op(B), of matrices or of stacks of them", symbol: "matmul",
        source: "linear algebra",
        attributes: [
          .flag("transpose-a", "whether A is [B…, K, M]"),
          .flag("transpose-b", "whether B is [B…, N, K]"),
        ], outputs: "c [B…, M, N], with at most one axis B", tolerances: .sums,
        kit: [
          .plain, .variant("a-transposed", ["transpose-a": "true"]),
          .variant("b-transposed", ["transpose-b": "true"]),
          .variant("both-transposed", ["transpose-a": "true", "transpose-b": "true"]),
          .variant("batch", shapes: ["input.a": [2, 3, 5], "input.b": [2, 5, 4]]),
          .variant("tiles", shapes: ["input.a": [15, 9], "input.b": [9, 37]]),
          .variant("deep", shapes: ["input.a": [3, 517], "input.b": [517, 5]]),
        ],
        tensors: { a in
          let (s, t) = (a.flag("transpose-a"), a.flag("transpose-b"))
          return [
            .input("a", s ? "B… K M" : "B… M K", s ? [5, 3] : [3, 5]),
            .input("b", t ? "B… N K" : "B… K N", t ? [4, 5] : [5, 4]),
          ]
        },
        verify: { _, e in
          try OracleError.check(
            e.axes("B…").count <= 1, tensor: "input.a", "the batch has axes \(e.axes("B…"))",
            mend: "at most one batch axis")
          let c = e.axes("B…") + [e["M"], e["N"]]
          try OracleError.bound(c, of: "output.c")
          try boundWork(c, times: [e["K"]], tensor: "input.b")
        }, product, product),
      OracleOperation(
        "conv2d", "convolution without bias", symbol: "conv2D", source: convolutionSource,
        attributes: [
          .integer("stride", 1...64, default: 1, "step between windows, in pixels"),
          .integer("padding", 0...64, default: 0, "zeros on each side, in pixels"),
          .integer("dilation", 1...64, default: 1, "distance between taps, in pixels"),
          .integer(
            "groups", 1...4096, default: 1, "independent convolutions the channels split in"),
        ], outputs: "y [N, H′, W′, O], H′ = ⌊(H + 2p − d(K − 1) − 1)/s⌋ + 1", tolerances: .sums,
        kit: [
          .plain, .variant("padded", ["padding": "1"]),
          .variant("stride-2", ["stride": "2", "padding": "1"]),
          .variant("stride-3", ["stride": "3", "padding": "2"]),
          .variant("dilation-2", ["dilation": "2", "padding": "2", "stride": "2"]),
          .variant("groups-2", ["groups": "2", "padding": "1"]),
          .variant("groups-3-stride-2", ["groups": "3", "stride": "2"]),
          .variant(
            "depthwise", ["groups": "4", "padding": "1"],
            shapes: ["input.x": [2, 6, 5, 4], "parameter.weight": [4, 1, 3, 3]]),
          .variant(
            "depthwise-dilated",
            ["groups": "4", "stride": "2", "padding": "1", "dilation": "2"],
            shapes: ["input.x": [1, 9, 8, 4], "parameter.weight": [4, 1, 3, 2]]),
          .variant("1x1-stride-2", ["stride": "2"], shapes: ["parameter.weight": [5, 3, 1, 1]]),
          .variant(
            "stem", ["stride": "2", "padding": "3"],
            shapes: ["input.x": [1, 15, 12, 3], "parameter.weight": [6, 3, 7, 7]]),
          .variant(
            "wide", ["padding": "1"],
            shapes: ["input.x": [1, 5, 6, 37], "parameter.weight": [35, 37, 3, 3]]),
        ],
        tensors: { a in
          let g = a.integer("groups")
          return [
            .input("x", "N H W C", [2, 8, 7, 3 * g]),
            .parameter("weight", "O I K L", [4 * g, 3, 3, 2]),
          ]
        }, verify: verifyConvolution, convolution, convolution),
    ]
    + [
      (
        "maximum-pool", "the largest of each window; the first of equal ones takes the gradient",
        "maximumPool", Tolerances.elementwise
      ),
      ("average-pool", "the mean of each window; zeros of the padding count", "averagePool", .sums),
    ].map { name, summary, symbol, tolerances in
      OracleOperation(
        name, summary, symbol: symbol, source: "Dumoulin & Visin, 2016, relationship 15",
        attributes: [
          .integer("kernel", 1...64, default: 2, "side of the window, in pixels"),
          .integer("stride", 1...64, default: 2, "step between windows, in pixels"),
          .integer("padding", 0...32, default: 0, "pixels on each side; at most half the window"),
        ], outputs: "y [N, H′, W′, C]", tolerances: tolerances,
        kit: [
          .plain, .variant("stem", ["kernel": "3", "stride": "2", "padding": "1"]),
          .variant("overlapping", ["kernel": "3", "stride": "1"]),
          .variant("ties", ["kernel": "3", "stride": "2", "padding": "1"], multiplesOf: 0.5),
        ],
        tensors: { _ in [.input("x", "N H W C", [2, 7, 6, 3])] }, verify: verifyPool, pool, pool)
    }
}

private func verifyConvolution(_ a: OracleAttributes, _ e: NamedExtents) throws {
  let g = a.integer("groups")
  try OracleError.check(
    e["C"] == e["I"] * g && e["O"] % g == 0, tensor: "parameter.weight",
    "\(e["O"]) filters of \(e["I"]) channels in \(g) group(s), but x has \(e["C"]) channels",
    mend: "channels of x = in × groups; out a multiple of groups")
  let (s, p, d) = (a.integer("stride"), a.integer("padding"), a.integer("dilation"))
  let room = (e["H"] + 2 * p - d * (e["K"] - 1) - 1, e["W"] + 2 * p - d * (e["L"] - 1) - 1)
  try OracleError.check(
    room.0 >= 0 && room.1 >= 0, tensor: "parameter.weight",
    "a kernel of \(e["K"]) × \(e["L"]) does not fit \(e["H"]) × \(e["W"]) pixels",
    mend: "height + 2·padding of at least dilation·(kernel − 1) + 1; likewise width")
  let y = [e["N"], room.0 / s + 1, room.1 / s + 1, e["O"]]
  try OracleError.bound(y, of: "output.y")
  try boundWork(y, times: [e["K"], e["L"], e["I"]], tensor: "parameter.weight")
}

/// Keeps a file from asking for hours.
private func boundWork(_ outputs: [Int], times terms: [Int], tensor: String) throws {
  let count = TensorRecord.elementCount(of: outputs + terms) ?? .max
  try OracleError.check(
    count <= 1 << 37, tensor: tensor, "\(outputs) sums of \(terms) terms each",
    mend: "at most 2^37 products together; use smaller tensors")
}

private func verifyPool(_ a: OracleAttributes, _ e: NamedExtents) throws {
  let (k, p) = (a.integer("kernel"), a.integer("padding"))
  try OracleError.check(
    2 * p <= k && e["H"] + 2 * p >= k && e["W"] + 2 * p >= k, tensor: "input.x",
    "a window of \(k) with padding \(p) on \(e["H"]) × \(e["W"]) pixels",
    mend: "images at least as large as the window, and padding at most half of it")
}

private func product<S>(_ p: Problem<S>) throws -> [Output<S>] {
  [
    Output(
      "c",
      matmul(
        p["input.a"], p["input.b"], transposeA: p.attributes.flag("transpose-a"),
        transposeB: p.attributes.flag("transpose-b")))
  ]
}

private func convolution<S>(_ p: Problem<S>) throws -> [Output<S>] {
  let a = p.attributes
  let y = conv2D(
    p["input.x"], filter: p["parameter.weight"].permuted(axes: 2, 3, 1, 0),
    stride: a.integer("stride"), padding: a.integer("padding"), dilation: a.integer("dilation"),
    groups: a.integer("groups"))
  return [Output("y", y)]
}

private func pool<S>(_ p: Problem<S>) throws -> [Output<S>] {
  let (x, a) = (p["input.x"], p.attributes)
  let (kernel, stride, padding) = (
    a.integer("kernel"), a.integer("stride"), a.integer("padding")
  )
  return [
    Output(
      "y",
      p.operation == "maximum-pool"
        ? maximumPool(x, kernel: kernel, stride: stride, padding: padding)
        : averagePool(x, kernel: kernel, stride: stride, padding: padding))
  ]
}
