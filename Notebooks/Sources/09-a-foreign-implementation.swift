// %% [markdown]
// # 9. A foreign implementation meets the oracle
//
// Somebody writes distance correlation in another language: loops and arrays, no automatic gradients. Is it right? They have a file of this project, a *golden case*, and nothing else. This page plays both sides. The foreign side uses no line of the library; it could be C, Rust or Python ([Examples/oracle-numpy](../Examples/oracle-numpy/README.md) *is* Python).
//
// ## A golden case
//
// A case is one file: the inputs, the gradient that arrives at the output, and what must come out. `mvmr oracle emit distance-correlation -o case.safetensors` writes it; here is the same by the library.

// %%
import Foundation
import MVMR
import Notebook

let folder = FileManager.default.temporaryDirectory.path
let path = "\(folder)/case.safetensors"
let operation = try OracleOperation.named("distance-correlation")
let golden = try GoldenCase.sample(operation, shapes: [("input.x", [9, 4]), ("input.y", [9, 3])])
try golden.write(to: path)
print(operation.description)
for entry in golden.tensors {
  print("  \(entry.key.padding(toLength: 24, withPad: " ", startingAt: 0)) \(entry.value.shape)")
}

// %% [markdown]
// ## The foreign side: reading
//
// The format is eight bytes with the length of a header, the header in JSON, then the numbers. Twenty lines in any language:

// %%
struct Matrix {
  var rows: Int
  var columns: Int
  var values: [Double]
  subscript(_ i: Int, _ j: Int) -> Double {
    get { values[i * columns + j] }
    set { values[i * columns + j] = newValue }
  }
  init(_ rows: Int, _ columns: Int, _ values: [Double]? = nil) {
    (self.rows, self.columns) = (rows, columns)
    self.values = values ?? [Double](repeating: 0, count: rows * columns)
  }
}

func readCase(_ path: String) throws -> [String: Matrix] {
  let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
  let length = (0..<8).reduce(0) { $0 | Int(bytes[$1]) << (8 * $1) }
  let header =
    try JSONSerialization.jsonObject(with: Data(bytes[8..<8 + length])) as! [String: [String: Any]]
  var tensors: [String: Matrix] = [:]
  for (name, entry) in header where name != "__metadata__" {
    let shape = entry["shape"] as! [Int]
    let offsets = entry["data_offsets"] as! [Int]
    let values = stride(from: offsets[0], to: offsets[1], by: 8).map { at -> Double in
      let bits = (0..<8).reduce(UInt64(0)) { $0 | UInt64(bytes[8 + length + at + $1]) << (8 * $1) }
      return Double(bitPattern: bits)
    }
    tensors[name] = Matrix(shape.first ?? 1, shape.count > 1 ? shape[1] : 1, values)
  }
  return tensors
}
let inputs = try readCase(path)
print("x:", inputs["input.x"]!.rows, "×", inputs["input.x"]!.columns)
print("∂L/∂R, the gradient that arrives: \(rounded(inputs["cotangent.correlation"]!.values[0], 4))")

// %% [markdown]
// ## The foreign side: computing
//
// With $m_{AB}=\frac1{N^2}\sum A_{kl}B_{kl}$ the value is $R=\sqrt{m_{AB}}/\sqrt[4]{m_{AA}m_{BB}}$. Its gradient by hand:
//
// $$\frac{\partial R}{\partial b_{kl}}=\frac{R}{2N^2}\Big(\frac{A_{kl}}{m_{AB}}-\frac{B_{kl}}{m_{BB}}\Big)=:G_{kl},\qquad \frac{\partial R}{\partial y_k}=\sum_l\frac{2G_{kl}}{b_{kl}}\,(y_k-y_l).$$
//
// (Centring does not appear: it is symmetric, and $A$, $B$ are centred already.) A `Slip` is a mistake that somebody could make.

// %%
enum Slip: String, CaseIterable {
  case none = "no mistake"
  case variance = "distances squared"
  case grandMean = "the grand mean is not added back"
  case root = "the outer root is forgotten"
  case half = "the gradient is halved"
  case upstream = "the arriving gradient is ignored"
  case sign = "the difference is taken the other way round"
  case denominator = "the denominator is taken for a constant"
}

func distances(_ x: Matrix, _ slip: Slip) -> Matrix {
  var a = Matrix(x.rows, x.rows)
  for k in 0..<x.rows {
    for l in 0..<x.rows {
      var sum = 0.0
      for j in 0..<x.columns { sum += (x[k, j] - x[l, j]) * (x[k, j] - x[l, j]) }
      a[k, l] = slip == .variance ? sum : sum.squareRoot()
    }
  }
  return a
}

func centred(_ a: Matrix, _ slip: Slip) -> Matrix {
  let n = a.rows
  var means = [Double](repeating: 0, count: n)
  for k in 0..<n { for l in 0..<n { means[k] += a[k, l] / Double(n) } }
  let grand = slip == .grandMean ? 0 : means.reduce(0, +) / Double(n)
  var result = a
  for k in 0..<n { for l in 0..<n { result[k, l] += grand - means[k] - means[l] } }
  return result
}

func meanProduct(_ a: Matrix, _ b: Matrix) -> Double {
  zip(a.values, b.values).reduce(0) { $0 + $1.0 * $1.1 } / Double(a.values.count)
}

/// ∂R/∂y for centred distances A of x and B of y, b the distances of y.
func pullback(_ A: Matrix, _ B: Matrix, _ b: Matrix, _ y: Matrix, _ R: Double, _ slip: Slip)
  -> Matrix
{
  let n = y.rows
  let (mAB, mBB) = (meanProduct(A, B), meanProduct(B, B))
  var gradient = Matrix(n, y.columns)
  for k in 0..<n {
    for l in 0..<n where k != l {
      var G = A[k, l] / mAB
      if slip != .denominator { G -= B[k, l] / mBB }
      G *= R / (2 * Double(n * n))
      for j in 0..<y.columns {
        let difference = slip == .sign ? y[l, j] - y[k, j] : y[k, j] - y[l, j]
        gradient[k, j] += (slip == .half ? 1 : 2) * G / b[k, l] * difference
      }
    }
  }
  return gradient
}

func foreign(_ inputs: [String: Matrix], _ slip: Slip = .none) -> [String: Matrix] {
  let (x, y) = (inputs["input.x"]!, inputs["input.y"]!)
  let (a, b) = (distances(x, slip), distances(y, slip))
  let (A, B) = (centred(a, slip), centred(b, slip))
  let square = meanProduct(A, B) / (meanProduct(A, A) * meanProduct(B, B)).squareRoot()
  let R = slip == .root ? square : square.squareRoot()
  let upstream = slip == .upstream ? 1 : inputs["cotangent.correlation"]!.values[0]
  func scaled(_ m: Matrix) -> Matrix { Matrix(m.rows, m.columns, m.values.map { upstream * $0 }) }
  let (dX, dY) = (scaled(pullback(B, A, a, x, R, slip)), scaled(pullback(A, B, b, y, R, slip)))
  return [
    "output.correlation": Matrix(1, 1, [R]),
    "gradient.input.x": dX, "gradient.input.y": dY,
  ]
}
print("R = \(rounded(foreign(inputs)["output.correlation"]!.values[0], 6))")

// %% [markdown]
// ## The foreign side: writing
//
// The same format backwards. The metadata repeat which case it is; the inputs may be left out.

// %%
func writeResult(_ tensors: [String: Matrix], shapes: [String: [Int]], to path: String) throws {
  var header: [String: Any] = [
    "__metadata__": ["operation": "distance-correlation", "scalar": "float64"]
  ]
  var data = Data()
  for name in tensors.keys.sorted() {
    let start = data.count
    for value in tensors[name]!.values {
      withUnsafeBytes(of: value.bitPattern.littleEndian) { data.append(contentsOf: $0) }
    }
    header[name] = [
      "dtype": "F64", "shape": shapes[name]!, "data_offsets": [start, data.count],
    ]
  }
  let json = try JSONSerialization.data(withJSONObject: header, options: .sortedKeys)
  let length = withUnsafeBytes(of: UInt64(json.count).littleEndian) { Data($0) }
  try (length + json + data).write(to: URL(fileURLWithPath: path))
}
let shapes = [
  "output.correlation": [], "gradient.input.x": [9, 4], "gradient.input.y": [9, 3],
]
let theirs = "\(folder)/theirs.safetensors"
try writeResult(foreign(inputs), shapes: shapes, to: theirs)

// %% [markdown]
// ## The judge
//
// `mvmr oracle check case.safetensors theirs.safetensors` compares number by number. A tensor passes when no element is off by more than a tolerance times the largest element. What the tolerance is for this operation, and why:

// %%
print("tolerance \(golden.tolerance.relative): \(golden.tolerance.reason)")
let report = try CheckReport(comparing: path, with: theirs)
for one in report.comparisons {
  print("  \(one.name.padding(toLength: 20, withPad: " ", startingAt: 0)) \(one.verdict.rawValue)")
}
print(report.passes ? "The foreign implementation agrees." : "It does not agree.")

// %% [markdown]
// ## Would it notice?
//
// A judge that says yes to everything is worth nothing. So the foreign side now makes each of its mistakes:

// %%
print(
  "mistake".padding(toLength: 46, withPad: " ", startingAt: 0),
  "first tensor that differs, and by how much")
for slip in Slip.allCases {
  try writeResult(foreign(inputs, slip), shapes: shapes, to: theirs)
  let report = try CheckReport(comparing: path, with: theirs)
  let found = report.comparisons.first { !$0.passes }
  let size = found?.relative.map { String(format: "%.2g", $0) } ?? ""
  print(
    slip.rawValue.padding(toLength: 46, withPad: " ", startingAt: 0),
    found.map { "\($0.name) \($0.verdict.rawValue) by \(size)" } ?? "all within tolerance")
}

// %% [markdown]
// Where the output is right and a gradient is not, a test of values alone would have passed. And where the gradient keeps its direction ("halved"), training would still go down.
//
// ## A whole network
//
// The same works for everything: layers, whole ResNets, losses, representations, augmentations, optimiser steps. `mvmr oracle list` names them, `mvmr oracle emit --all kit` writes the lot, `mvmr oracle check kit their-kit` gives a port its score, and `mvmr oracle trace` records a training run step by step, in which `mvmr oracle bisect` finds the first tensor where two programs part ([docs/oracle.md](../docs/oracle.md)).

// %%
let families = OracleOperation.all
print("\(families.count) operations, among them:")
for name in ["conv2d", "batch-norm", "attention", "mv-mr-objective", "adam"] {
  let found = families.first { $0.name == name } ?? families.first { $0.name.hasPrefix(name) }
  if let found {
    print("  \(found.name.padding(toLength: 20, withPad: " ", startingAt: 0)) \(found.summary)")
  }
}

// %% [markdown]
// **Try it.** Think of a mistake that this case does not find. (What happens at two equal rows?) Then look whether [the kit](../docs/oracle.md) has a case for it.
