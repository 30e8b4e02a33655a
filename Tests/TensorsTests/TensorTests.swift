// What a tensor promises: a value, a checked shape, messages that help.

import Kernels
import Randomness
import TestSupport
import Testing

@testable import Tensors

@Suite("Tensor") struct TensorTests {
  @Test("a copy does not see what is written to the original")
  func valueSemantics() {
    var a = Tensor<Double>([2, 2], [1, 2, 3, 4])
    let copy = a
    let view = a.reshaped([4])
    a[0, 1] = 9
    #expect(a.scalars == [1, 9, 3, 4])
    #expect(copy.scalars == [1, 2, 3, 4])
    #expect(view.scalars == [1, 2, 3, 4])
    var b = copy
    b.add(copy, scale: 2)
    #expect(b.scalars == [3, 6, 9, 12] && copy.scalars == [1, 2, 3, 4])
    b.add(b)
    #expect(b.scalars == [6, 12, 18, 24])
  }

  @Test("storage is shared until it is written, and written in place when it is not shared")
  func storage() {
    var a = Tensor<Float>([3], [1, 2, 3])
    var b = a
    #expect(a.buffer === b.buffer && a.reshaped([3, 1]).buffer === a.buffer)
    b[0] = 5
    #expect(a.buffer !== b.buffer)
    let before = ObjectIdentifier(a.buffer)
    a[1] = 7
    #expect(ObjectIdentifier(a.buffer) == before)
  }

  @Test("indices are row-major")
  func order() {
    let a = Tensor<Double>([2, 3, 4], (0..<24).map { Double($0) })
    #expect(a[1, 2, 3] == 23 && a[1, 0, 2] == 14 && a[0, 1, 0] == 4)
    #expect(Tensor<Double>(3).shape.isEmpty && Tensor<Double>(3).scalar == 3)
  }

  @Test("tensors are equal when shapes and scalars are")
  func equality() {
    let a = Tensor<Double>([2, 1], [1, 2])
    #expect(a == Tensor([2, 1], [1, 2]))
    #expect(a != Tensor([1, 2], [1, 2]) && a != Tensor([2, 1], [1, 3]))
    #expect(Tensor<Double>(.nan) != Tensor(.nan))
  }

  @Test("arithmetic follows the operators, with broadcasting")
  func arithmetic() {
    let a = Tensor<Double>([2, 3], pattern(6))
    let b = Tensor<Double>([3], pattern(3, offset: 8, shift: 1))
    let results: [(String, Tensor<Double>, (Double, Double) -> Double)] = [
      ("a + b", a + b, { $0 + $1 }), ("a − b", a - b, { $0 - $1 }), ("a · b", a * b, { $0 * $1 }),
      ("a / b", a / b, { $0 / $1 }), ("a + 2", a + 2, { x, _ in x + 2 }),
      ("a − 2", a - 2, { x, _ in x - 2 }), ("2 · a", 2 * a, { x, _ in 2 * x }),
      ("a · 3", a * 3, { x, _ in 3 * x }), ("a / 3", a / 3, { x, _ in x / 3 }),
      ("−a", -a, { x, _ in -x }),
      ("½a + 1", a.scaled(by: 0.5, plus: 1), { x, _ in 0.5 * x + 1 }),
    ]
    for (name, c, formula) in results {
      let expected = (0..<6).map { formula(a.scalars[$0], b.scalars[$0 % 3]) }
      #expect(c == Tensor([2, 3], expected), "\(name)")
    }
  }

  @Test("conversion rounds to nearest even and keeps what fits")
  func conversion() {
    let scalars: [Double] = [0.1, 1 + 0x1p-24, 1 + 0x3p-24, -.infinity]
    let rounded: [Float] = [0.1, 1, 1 + 0x1p-22, -.infinity]
    #expect(Tensor([4], scalars).converted(to: Float.self).scalars == rounded)
    let b = Tensor<Float>([2], [0.1, 3e38])
    #expect(b.converted(to: Double.self).converted(to: Float.self) == b)
  }

  @Test("random tensors depend on their key alone")
  func random() {
    let key = RandomKey(seed: 4)
    let a = Tensor<Double>.normal([50, 40], deviation: 3, key: key.child("a"))
    #expect(a == Tensor.normal([2000], deviation: 3, key: key.child("a")).reshaped([50, 40]))
    #expect(a != Tensor.normal([50, 40], deviation: 3, key: key.child("b")))
    let deviation = (a * a).mean().scalar.squareRoot()
    #expect(abs(deviation - 3) < 0.2)
    let u = Tensor<Float>.uniform([1000], in: -2...(-1), key: key)
    #expect(u.scalars.allSatisfy { $0 >= -2 && $0 <= -1 } && abs(u.mean().scalar + 1.5) < 0.04)
  }
}
