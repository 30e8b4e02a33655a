// The matrix product.
//
// Formula    C = A B:    dA = dC Bᵀ     dB = Aᵀ dC
//            C = A Bᵀ:   dA = dC B      dB = dCᵀ A
//            C = Aᵀ B:   dA = B dCᵀ     dB = A dC
//            C = Aᵀ Bᵀ:  dA = Bᵀ dCᵀ    dB = dCᵀ Aᵀ
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
    GradientCase("matmul, a batch", at: [2, 3, 4], [2, 4, 5]) { matmul($0[0], $0[1]) },
  ]
}
