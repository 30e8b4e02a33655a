// The matrix product, and a linear map as one operation.
//
// Formula    C = A B:    dA = dC Bᵀ     dB = Aᵀ dC
//            C = A Bᵀ:   dA = dC B      dB = dCᵀ A
//            C = Aᵀ B:   dA = B dCᵀ     dB = A dC
//            C = Aᵀ Bᵀ:  dA = Bᵀ dCᵀ    dB = dCᵀ Aᵀ
//            Y = X Wᵀ + 1 bᵀ:  dX = dY W    dW = dYᵀ X    db = Σₙ dY[n, ·]
// Why fused  A bias added afterwards reads and writes all of Y once more; here it joins each sum while that
//            is in a register.
// Read       Tensors/MatrixProduct.swift ← this file → Conv2D.swift

import Kernels
import Tensors

/// The product op(A) · op(B) of two matrices or two stacks of them.
///
/// - Parameters:
///   - a: `[M, K]`, `[K, M]` when transposed; optionally with a leading batch axis.
///   - b: `[K, N]`, `[N, K]` when transposed; the same batch axis.
///   - transposeA: Use Aᵀ.
///   - transposeB: Use Bᵀ.
/// - Returns: `[M, N]`, with the same batch axis.
public func matmul<S>(
  _ a: Variable<S>, _ b: Variable<S>, transposeA: Bool = false, transposeB: Bool = false
) -> Variable<S> {
  let (A, B) = (a.value, b.value)
  return Variable(
    matmul(A, B, transposeA: transposeA, transposeB: transposeB),
    pullbacks: [
      (
        a,
        { dC in
          transposeA
            ? matmul(B, dC, transposeA: transposeB, transposeB: true)
            : matmul(dC, B, transposeB: !transposeB)
        }
      ),
      (
        b,
        { dC in
          transposeB
            ? matmul(dC, A, transposeA: true, transposeB: transposeA)
            : matmul(A, dC, transposeA: !transposeA)
        }
      ),
    ])
}

/// The linear map X Wᵀ + b of each row.
///
/// - Parameters:
///   - x: `[N, inputs]`.
///   - W: `[outputs, inputs]`, PyTorch's layout.
///   - b: `[outputs]`.
/// - Returns: `[N, outputs]`.
public func linear<S>(_ x: Variable<S>, weight W: Variable<S>, bias b: Variable<S>) -> Variable<S> {
  let (X, weight) = (x.value, W.value)
  return Variable(
    matmul(X, weight, transposeB: true, bias: b.value),
    pullbacks: [
      (x, { dY in matmul(dY, weight) }),
      (W, { dY in matmul(dY, X, transposeA: true) }),
      (b, { dY in dY.sum(over: 0) }),
    ])
}

extension GradientCase {
  static let products = [
    GradientCase("matmul", at: [2, 3], [3, 4]) { matmul($0[0], $0[1]) },
    GradientCase("matmul, A transposed", at: [3, 2], [3, 4]) {
      matmul($0[0], $0[1], transposeA: true)
    },
    GradientCase("matmul, B transposed", at: [2, 3], [4, 3]) {
      matmul($0[0], $0[1], transposeB: true)
    },
    GradientCase("matmul, both transposed", at: [3, 2], [4, 3]) {
      matmul($0[0], $0[1], transposeA: true, transposeB: true)
    },
    GradientCase("matmul, with itself", at: [4, 3]) { matmul($0[0], $0[0], transposeB: true) },
    GradientCase("linear", at: [3, 4], [2, 4], [2]) { linear($0[0], weight: $0[1], bias: $0[2]) },
    GradientCase("matmul, a batch", at: [2, 3, 4], [2, 4, 5]) { matmul($0[0], $0[1]) },
  ]
}
