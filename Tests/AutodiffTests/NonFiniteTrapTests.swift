import Autodiff
import Kernels
import Tensors
import Testing

@Suite("Trap for non-finite numbers") struct NonFiniteTrapTests {
  /// The finding of a computation, forward and back.
  func finding(_ body: () -> Variable<Double>) -> NonFiniteFinding? {
    NonFiniteTrap.watching {
      body().sum().backward()
      return NonFiniteTrap.found
    }
  }

  @Test("it names the operation, its inputs and the first bad index")
  func forward() throws {
    let x = Variable(tracking: Tensor<Double>([2, 3], [1, 2, 3, 4, -5, 6]))
    let found = try #require(finding { (x.logarithm() + 1).squared() })
    #expect(found.operation == "logarithm" && !found.isGradient)
    #expect(
      found.description
        == "logarithm, forward: the result [2, 3], nan at [1, 1]; from [2, 3], finite")
  }

  @Test("an operator is named by its sign, an infinity is told from a NaN")
  func operators() throws {
    let x = Variable(tracking: Tensor<Double>([3], [1, 0, 2]))
    let found = try #require(finding { Variable(Tensor([3], repeating: 1)) / x })
    #expect(found.operation == "/" && found.tensor == "[3], inf at [1]")
    #expect(found.inputs == ["[3], finite", "[3], finite"])
  }

  @Test("a broken constant shows as the input it is")
  func input() throws {
    let x = Variable(tracking: Tensor<Double>([2], [1, 2]))
    let broken = Variable(Tensor<Double>([2], [0, .infinity]))
    let found = try #require(finding { x * broken })
    #expect(found.operation == "*" && found.inputs == ["[2], finite", "[2], inf at [1]"])
  }

  @Test("two operations in one bear both names, and show the inputs of both")
  func together() throws {
    let one = Tensor<Double>([1], [1])
    let found = try #require(
      finding {
        batchNorm(
          ofConvolution: Variable(Tensor([1, 1, 1, 1], [.nan])),
          filter: Variable(Tensor([1, 1, 1, 1], [1])), gain: Variable(one), bias: Variable(one),
          mean: one, variance: one, epsilon: 0)
      })
    #expect(found.operation == "conv2D and batchNorm")
    #expect(
      found.inputs == ["[1, 1, 1, 1], nan at [0, 0, 0, 0]", "[1, 1, 1, 1], finite"]
        + [String](repeating: "[1], finite", count: 2))
  }

  @Test("a gradient that overflows is found on the way back")
  func backward() throws {
    let x = Variable(tracking: Tensor<Double>([2], [1, 1e-200]))
    let found = try #require(finding { x.logarithm().scaled(by: 1e200) })
    #expect(found.operation == "logarithm" && found.isGradient)
    #expect(found.tensor == "[2], inf at [1]" && found.inputs == ["[2], finite"])
  }

  @Test("finite computations are not disturbed, and the bits are the same")
  func silent() {
    let x = Tensor<Double>([3], [0, 1, 2])
    func gradient() -> Tensor<Double>? {
      let v = Variable(tracking: x)
      (v.squareRoot() * v).sum().backward()
      return v.gradient
    }
    let watched = NonFiniteTrap.watching { (gradient(), NonFiniteTrap.found) }
    #expect(watched.1 == nil && watched.0 == gradient())
    #expect(NonFiniteTrap.found == nil)
  }

  @Test("one computation's trap does not see another's numbers")
  func isolation() async {
    let other = Task.detached {
      Variable(tracking: Tensor<Double>([1], [-1])).logarithm().value.scalar.isNaN
    }
    let found = NonFiniteTrap.watching { NonFiniteTrap.found }
    #expect(await other.value && found == nil)
  }
}
