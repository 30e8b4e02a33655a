// Random tensors: element i is a function of the key and i alone.
//
// Read       Kernels/Philox.swift, Randomness/RandomKey.swift ← this file → Networks/Convolution2D.swift

import Kernels
import Randomness

extension Tensor {
  /// Uniform values between two bounds.
  public static func uniform(
    _ shape: [Int], in range: ClosedRange<Scalar> = 0...1, key: RandomKey
  ) -> Tensor {
    let x = Buffer<Scalar>(uninitialized: shape.reduce(1, *))
    fillUniform(x, key: key.bits, low: Double(range.lowerBound), high: Double(range.upperBound))
    return Tensor(shape: shape, buffer: x)
  }

  /// Normal values with mean 0.
  public static func normal(
    _ shape: [Int], deviation: Scalar = 1, key: RandomKey
  ) -> Tensor {
    let x = Buffer<Scalar>(uninitialized: shape.reduce(1, *))
    fillNormal(x, key: key.bits, deviation: Double(deviation))
    return Tensor(shape: shape, buffer: x)
  }
}
