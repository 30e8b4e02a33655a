// Position embeddings for another image size: the grid of learned vectors is resized like an image.
//
// Source     Dosovitskiy et al., ICLR 2021, §3.2; open_clip's `resize_pos_embed`: bicubic, antialiased
// Formula    along one side:  y[i] = Σₜ w(t) x[t]/Σₜ w(t),  w(t) = k((t + ½ − c)/f),
//            c = (i + ½) n/m,  f = max(n/m, 1),  |t + ½ − c| < 2 f,  k Keys' cubic with a = −½
//            k(u) = (a + 2)|u|³ − (a + 3)|u|² + 1 up to 1,  a(|u|³ − 5|u|² + 8|u| − 4) up to 2
// Idea       Resizing is linear and separable: one small matrix, applied along rows, then along columns.
// Read       VisionTransformer.swift, StateDictionary.swift ← this file
// Tests      Tests/NetworksTests/VisionTransformerTests.swift

import Kernels
import Tensors

/// A position embedding that is not one vector for the class and a square of others.
public struct PositionGridError: Error, CustomStringConvertible, Sendable {
  /// Shape of the embedding.
  public let shape: [Int]
  public var description: String {
    """
    positional_embedding \(shape) is not [1 + n², width]: one vector for the class, then a square grid.
      To mend: load the weights of a vision transformer with a class token and square images.
    """
  }
}

/// Resizes the position embedding of a state dictionary, so that it fits another image size.
///
/// - Parameters:
///   - state: A vision transformer's tensors; all but `positional_embedding` pass unchanged.
///   - grid: Patches along each side of the new images.
/// - Throws: `PositionGridError`.
/// - Returns: The tensors, in the same order.
public func resizingPositions<S>(
  of state: [NamedTensor<S>], to grid: Int
) throws -> [NamedTensor<S>] {
  try state.map { entry in
    guard entry.name == "positional_embedding" else { return entry }
    let shape = entry.tensor.shape
    let old = Int(Double(max(0, (shape.first ?? 0) - 1)).squareRoot().rounded())
    guard shape.count == 2, old >= 1, old * old + 1 == shape[0], grid >= 1 else {
      throw PositionGridError(shape: shape)
    }
    return NamedTensor(
      name: entry.name, tensor: resizePositions(entry.tensor, from: old, to: grid))
  }
}

/// [1 + n², D] → [1 + m², D]; the class's vector stays.
private func resizePositions<S>(_ x: Tensor<S>, from n: Int, to m: Int) -> Tensor<S> {
  guard n != m else { return x }
  let width = x.shape[1]
  let matrix: Tensor<S> = bicubicMatrix(from: n, to: m)
  let square = x.slice(1..<1 + n * n, axis: 0)
  // Rows first, then columns, as the matrix stands on the left each time.
  let tall = matmul(matrix, square.reshaped([n, n * width])).reshaped([m, n, width])
  let turned = tall.permuted(axes: 1, 0, 2).reshaped([n, m * width])
  let both = matmul(matrix, turned).reshaped([m, m, width]).permuted(axes: 1, 0, 2)
  return Tensor.concatenated(
    [x.slice(0..<1, axis: 0), both.reshaped([m * m, width])], axis: 0)
}

/// The weights that resize n samples to m: [m, n], rows of sum 1.
private func bicubicMatrix<S: KernelScalar>(from n: Int, to m: Int) -> Tensor<S> {
  let ratio = Double(n) / Double(m)
  let f = max(ratio, 1)
  var weights = [S](repeating: 0, count: m * n)
  for i in 0..<m {
    let centre = (Double(i) + 0.5) * ratio
    let taps = max(0, Int(centre - 2 * f + 0.5))..<min(n, Int(centre + 2 * f + 0.5))
    let row = taps.map { keysCubic((Double($0) + 0.5 - centre) / f) }
    let sum = row.reduce(0, +)
    for (tap, weight) in zip(taps, row) { weights[i * n + tap] = S(weight / sum) }
  }
  return Tensor([m, n], weights)
}

/// Keys' cubic with a = −½.
private func keysCubic(_ u: Double) -> Double {
  let x = abs(u)
  if x < 1 { return (1.5 * x - 2.5) * x * x + 1 }
  return x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0
}
