// A tensor whose scalars are made where they are first read: nobody can tell the difference.

import Kernels
import Testing

@testable import Tensors

@Suite("Deferred tensors") struct DeferralTests {
  /// 2 x + 1, rectified, in [2, 3]: how, and what it is.
  private func deferred(in memory: Buffer<Float>) -> Tensor<Float> {
    let x = Buffer<Float>([-3, 0, 1, 2, -0.25, 4])
    let map = ChannelAffine<Float>(
      scale: Buffer([2, 2, 2]), shift: Buffer([1, 1, 1]), rectified: true)
    return Tensor(shape: [2, 3], deferred: .map(map, of: x), in: memory)
  }
  private let made: [Float] = [0, 1, 3, 5, 0.5, 9]

  @Test("extents are known before, scalars are made once")
  func once() {
    let memory = Buffer<Float>(repeating: 7, count: 6)
    let x = deferred(in: memory)
    let copy = x
    #expect(x.shape == [2, 3] && x.count == 6 && memory[0] == 7 && x.deferred != nil)
    #expect(copy.scalars == made)
    #expect(x.deferred == nil)
    memory[0] = 8
    #expect(x[0, 0] == 8)
  }

  @Test("a copy is made before it is written to")
  func written() {
    let memory = Buffer<Float>(uninitialized: 6)
    var x = deferred(in: memory)
    let copy = x
    x[0, 0] = 5
    #expect(x.scalars == [5, 1, 3, 5, 0.5, 9])
    #expect(copy.scalars == made)
    #expect(x.buffer !== copy.buffer)
  }

  @Test("room is its own memory, made, if nobody else holds it")
  func room() {
    var x = deferred(in: Buffer(uninitialized: 6))
    let before = ObjectIdentifier(x.memory)
    let own = x.room()
    #expect(ObjectIdentifier(own) == before && own.array == made)
    var y = deferred(in: Buffer(uninitialized: 6))
    let copy = y
    #expect(y.room() !== copy.buffer)
    #expect(copy.scalars == made)
  }

  @Test("a convolution makes it, and it stays made")
  func convolved() {
    let w = Tensor<Float>([1, 1, 3, 2], [1, 0, 0, 1, 1, 1])
    let g = ConvolutionGeometry(input: [1, 1, 2, 3], filter: w.shape)
    let x = Tensor<Float>(
      shape: [1, 1, 2, 3],
      deferred: .map(
        ChannelAffine(scale: Buffer([2, 2, 2]), shift: Buffer([1, 1, 1])),
        of: Buffer([-3, 0, 1, 2, -0.25, 4])), in: Buffer(uninitialized: 6))
    #expect(convolution(x, w, g).scalars == [-2, 4, 14, 9.5])
    #expect(x.deferred == nil && x.scalars == [-5, 1, 3, 5, 0.5, 9])
  }

  @Test("two threads that read it first find it made")
  func threads() async {
    for _ in 0..<50 {
      let x = deferred(in: Buffer(uninitialized: 6))
      let made = made
      await withTaskGroup(of: Bool.self) { group in
        for _ in 0..<4 { group.addTask { x.scalars == made } }
        for await isSame in group { #expect(isSame) }
      }
    }
  }
}
