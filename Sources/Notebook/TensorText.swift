// Tensors as a reader sees them: numbers in rows, or squares of colour.
//
// Idea       Few decimals, so that what is printed is the same on machines whose sums differ in the last
//            bits (docs/determinism.md).
// Read       Display.swift, Charts/HeatMap.swift ← this file
// Tests      Tests/NotebookRunnerTests/TensorTextTests.swift

import Charts
import Foundation
import Kernels
import Tensors

/// A number with a fixed count of decimals; never −0.
public func rounded(_ value: some BinaryFloatingPoint, _ decimals: Int = 3) -> String {
  let text = String(format: "%.\(min(max(decimals, 0), 17))f", Double(value))
  return text.hasPrefix("-") && text.allSatisfy({ "-0.".contains($0) })
    ? String(text.dropFirst()) : text
}

/// A tensor's shape and its first numbers, a line for each run along the last axis.
///
/// - Parameters:
///   - x: Any tensor.
///   - decimals: Of each number.
///   - rows: Lines at most.
///   - columns: Numbers in a line at most.
/// - Returns: The shape, then the lines; `…` where something is left out.
public func described<S: KernelScalar>(
  _ x: Tensor<S>, decimals: Int = 3, rows: Int = 6, columns: Int = 8
) -> String {
  let scalars = x.scalars
  let width = x.shape.last ?? 1
  if scalars.isEmpty { return "\(x.shape)" }
  let lines = scalars.count / width
  let texts = (0..<min(lines, rows)).map { row in
    (0..<min(width, columns)).map { rounded(scalars[row * width + $0], decimals) }
  }
  let longest = texts.joined().map(\.count).max() ?? 0
  var text = "\(x.shape)"
  for row in texts {
    text += "\n "
    for number in row { text += String(repeating: " ", count: 1 + longest - number.count) + number }
    if width > columns { text += " …" }
  }
  return text + (lines > rows ? "\n  …" : "")
}

extension HeatMap {
  /// A chart of a matrix `[rows, columns]`.
  public init<S: KernelScalar>(
    _ title: String, _ matrix: Tensor<S>, range: ClosedRange<Double>? = nil, size: Double = 256
  ) {
    self.init(
      title, values: matrix.scalars.map { Double($0) }, columns: matrix.shape.last ?? 1,
      range: range, size: size)
  }
}
