// The oracle's reductions, and operations that move numbers.
//
// Read       ArithmeticOperations.swift ← this file → ProductOperations.swift
// Tests      Tests/OracleTests/RoundTripTests.swift

import Autodiff
import Kernels
import Tensors

private let axesAttribute = OracleAttribute.integers(
  "axes", 0...7, count: 1...8, default: "1", "the axes that disappear, counted from 0")

/// Axes must be distinct and exist.
private func verifyAxes(_ a: OracleAttributes, _ e: NamedExtents) throws {
  let axes = a.integers("axes")
  let rank = e.axes("X…").count
  try OracleError.check(
    Set(axes).count == axes.count && axes.allSatisfy { $0 < rank },
    "the axes \(axes) do not fit input.x of shape \(e.axes("X…"))",
    mend: "distinct axes in 0..<\(rank)")
}

/// An axis must exist.
private func verifyAxis(_ a: OracleAttributes, _ shape: [Int]) throws {
  try OracleError.check(
    a.integer("axis") < shape.count, "axis \(a.integer("axis")) of shape \(shape)",
    mend: "an axis in 0..<\(shape.count)")
}

extension OracleOperation {
  static let reductions: [OracleOperation] =
    [
      ("sum", "the sum over axes", "sum", Tolerances.sums),
      ("mean", "the mean over axes", "mean", .sums),
      (
        "maximum", "the largest over axes; equal values share the gradient", "maximum", .elementwise
      ),
    ].map { name, summary, symbol, tolerances in
      OracleOperation(
        name, summary, symbol: symbol, source: "calculus",
        attributes: [axesAttribute, .flag("keep", "whether the axes stay, with extent 1")],
        outputs: "y, without the axes", tolerances: tolerances,
        kit: [
          .plain, .variant("two-axes", ["axes": "0,2"]),
          .variant("kept", ["axes": "1,2", "keep": "true"]), .variant("all", ["axes": "0,1,2"]),
          .variant("ties", multiplesOf: 0.5),
          // More terms than any block that a sum may be cut into here.
          .variant("long", shapes: ["input.x": [2, 2100]]),
          .variant("long-columns", ["axes": "0"], shapes: ["input.x": [300, 9]]),
        ],
        tensors: { _ in [.input("x", "X…", [3, 5, 4])] }, verify: verifyAxes, reduce, reduce)
    }

  static let indexing: [OracleOperation] = [
    OracleOperation(
      "reshape", "the same numbers under another shape", symbol: "reshaped",
      source: "row-major order",
      attributes: [
        .integers("shape", 1...(1 << 26), count: 0...8, default: "5,6", "the new extents")
      ], outputs: "y", tolerances: .moves, tensors: { _ in [.input("x", "X…", [3, 2, 5])] },
      verify: { a, e in
        let (old, new) = (e.axes("X…").reduce(1, *), a.integers("shape"))
        try OracleError.bound(new, of: "output.y")
        try OracleError.check(
          new.reduce(1, *) == old, "shape \(new) does not hold \(old) numbers",
          mend: "extents whose product is \(old)")
      }, move, move),
    OracleOperation(
      "permute", "the axes in another order: axis i of y is axis axes[i] of x", symbol: "permuted",
      source: "linear algebra",
      attributes: [.integers("axes", 0...7, count: 1...8, default: "2,0,1", "the order")],
      outputs: "y", tolerances: .moves, tensors: { _ in [.input("x", "X…", [3, 2, 5])] },
      verify: { a, e in
        try verifyAxes(a, e)
        try OracleError.check(
          a.integers("axes").count == e.axes("X…").count, "\(a.text("axes")) leaves axes out",
          mend: "each axis of \(e.axes("X…")) once")
      }, movePermuted, movePermuted),
    OracleOperation(
      "transpose", "the transpose of a matrix", symbol: "transposed", source: "linear algebra",
      outputs: "y [C, R]", tolerances: .moves, tensors: { _ in [.input("x", "R C", [3, 5])] },
      move, move),
    OracleOperation(
      "slice", "indices start..<end along an axis", symbol: "slice", source: "row-major order",
      attributes: [
        .integer("axis", 0...7, default: 1, "which axis"),
        .integer("start", 0...(1 << 26), default: 1, "the first index"),
        .integer("end", 1...(1 << 26), default: 4, "the index after the last"),
      ], outputs: "y", tolerances: .moves, tensors: { _ in [.input("x", "X…", [3, 5, 2])] },
      verify: { a, e in
        try verifyAxis(a, e.axes("X…"))
        let (start, end) = (a.integer("start"), a.integer("end"))
        try OracleError.check(
          start < end && end <= e.axes("X…")[a.integer("axis")],
          "\(start)..<\(end) leaves axis \(a.integer("axis")) of \(e.axes("X…"))",
          mend: "start below end, end at most the extent")
      }, move, move),
    OracleOperation(
      "concatenate", "x and y joined along an axis", symbol: "concatenated",
      source: "row-major order",
      attributes: [.integer("axis", 0...7, default: 1, "which axis")], outputs: "z",
      tolerances: .moves,
      tensors: { _ in [.input("x", "X…", [3, 2, 2]), .input("y", "Y…", [3, 4, 2])] },
      verify: { a, e in
        let (x, y, axis) = (e.axes("X…"), e.axes("Y…"), a.integer("axis"))
        try verifyAxis(a, x)
        try OracleError.check(
          x.count == y.count && x.indices.allSatisfy { $0 == axis || x[$0] == y[$0] },
          tensor: "input.y", "the shape is \(y) beside \(x)",
          mend: "equal extents except along axis \(axis)")
      }, move, move),
    OracleOperation(
      "gather", "rows in the order given; a row taken twice receives two gradients",
      symbol: "gathered", source: "row-major order", outputs: "y [M, X…]",
      tolerances: .elementwise,
      tensors: { _ in
        [
          .input("x", "N X…", [5, 3]),
          .indices("rows", "M", [2, 0, 2, 4, 2], in: 0...(1 << 26)),
        ]
      },
      verify: { _, e in try OracleError.bound([e["M"]] + e.axes("X…"), of: "output.y") },
      gather, gather),
  ]
}

private func reduce<S>(_ p: Problem<S>) throws -> [Output<S>] {
  let (x, axes, keep) = (p["input.x"], p.attributes.integers("axes"), p.attributes.flag("keep"))
  switch p.operation {
  case "sum": return [Output("y", x.sum(over: axes, keepingAxes: keep))]
  case "mean": return [Output("y", x.mean(over: axes, keepingAxes: keep))]
  default: return [Output("y", x.maximum(over: axes, keepingAxes: keep))]
  }
}

private func move<S>(_ p: Problem<S>) throws -> [Output<S>] {
  let (x, a) = (p["input.x"], p.attributes)
  switch p.operation {
  case "reshape": return [Output("y", x.reshaped(a.integers("shape")))]
  case "transpose": return [Output("y", x.transposed())]
  case "slice":
    return [Output("y", x.slice(a.integer("start")..<a.integer("end"), axis: a.integer("axis")))]
  default:
    return [Output("z", Variable.concatenated([x, p["input.y"]], axis: a.integer("axis")))]
  }
}

private func movePermuted<S>(_ p: Problem<S>) throws -> [Output<S>] {
  [Output("y", p["input.x"].permuted(axes: p.attributes.integers("axes")))]
}

private func gather<S>(_ p: Problem<S>) throws -> [Output<S>] {
  let (x, rows) = (p["input.x"], try p.integers("attribute.rows"))
  try OracleError.check(
    rows.allSatisfy { $0 < x.shape[0] }, tensor: "attribute.rows",
    "a row is \(rows.max() ?? 0), x has \(x.shape[0])", mend: "rows in 0..<\(x.shape[0])")
  return [Output("y", x.gathered(rows: rows))]
}
