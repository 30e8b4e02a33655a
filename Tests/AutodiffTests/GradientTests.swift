import Foundation
import Kernels
import Randomness
import Tensors
import Testing

@testable import Autodiff

@Suite("Gradients") struct GradientTests {
  @Test("the pullback agrees with central differences", arguments: GradientCase.operations)
  func gradient(of operation: GradientCase) {
    let report = operation.check()
    #expect(report.worstError < 1e-7, "\(report)")
    #expect(report.comparisons > 0)
  }

  @Test("a planted error is caught", arguments: GradientCase.operations)
  func plantedErrors(in operation: GradientCase) {
    let plants: [(String, ([Tensor<Double>]) -> [Tensor<Double>])] = [
      ("scaled by 1.01", { $0.map { $0 * 1.01 } }),
      ("sign flipped", { $0.map { -$0 } }),
      (
        "largest element dropped",
        { all in
          all.map { gradient in
            var scalars = gradient.scalars
            if let i = scalars.indices.max(by: { abs(scalars[$0]) < abs(scalars[$1]) }) {
              scalars[i] = 0
            }
            return Tensor(gradient.shape, scalars)
          }
        }
      ),
      (
        "last element moved by a hundredth of the largest",
        { all in
          all.map { gradient in
            var scalars = gradient.scalars
            scalars[scalars.count - 1] += 0.01 * (scalars.map(abs).max() ?? 1)
            return Tensor(gradient.shape, scalars)
          }
        }
      ),
    ]
    for (name, plant) in plants {
      #expect(operation.check(tamper: plant).worstError > 1e-4, "\(name) went unnoticed")
    }
  }

  @Test("every public operation has a gradient case")
  func registryIsComplete() throws {
    let sources = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../Sources/Autodiff").standardizedFileURL
    let names = Set(
      GradientCase.operations.map {
        String($0.name.split(separator: ",")[0])
      })
    let files = try FileManager.default.contentsOfDirectory(atPath: sources.path)
      .filter { $0.hasSuffix(".swift") }
    var operations: Set<String> = []
    for file in files {
      let text = try String(contentsOf: sources.appending(path: file), encoding: .utf8)
      // A public function whose signature ends in a variable is an operation.
      let pattern =
        /public (?:static )?(?:prefix )?func (?<name>[^\s(<]+)[^{]*?-> \(?(?:output: )?Variable/
      for match in text.matches(of: pattern) { operations.insert(String(match.name)) }
    }
    operations.remove("detached")  // has no gradient by intent: tested below
    #expect(operations.count >= 30)
    let missing = operations.subtracting(names)
    #expect(missing.isEmpty, "no gradient case for \(missing.sorted())")
  }

  @Test("a detached variable passes no gradient")
  func detached() {
    let x = Variable(tracking: Tensor<Double>([2], [3, 4]))
    (x * x.detached()).sum().backward()
    #expect(x.gradient == Tensor([2], [3, 4]))
  }

  @Test("a variable used twice receives the sum of both gradients")
  func fanOut() {
    let x = Variable(tracking: Tensor<Double>([2], [3, 4]))
    (x * x + x).sum().backward()
    #expect(x.gradient == Tensor([2], [7, 9]))
  }

  @Test("operations on constants record nothing")
  func constants() {
    let x = Variable(Tensor<Double>([2], [3, 4]))
    #expect(!(x * x).sum().isTracked)
  }

  @Test("the square root of zero passes a zero gradient")
  func squareRootAtZero() {
    let x = Variable(tracking: Tensor<Double>([2], [0, 4]))
    x.squareRoot().sum().backward()
    #expect(x.gradient == Tensor([2], [0, 0.25]))
  }

  @Test("a chain of a hundred thousand operations does not overflow the stack")
  func deepChain() {
    let x = Variable(tracking: Tensor<Double>(1))
    var y = x
    for _ in 0..<100_000 { y = y + 1 }
    y.backward()
    #expect(x.gradient?.scalar == 1)
  }

  @Test("a long chain that is dropped without a backward pass does not overflow the stack")
  func droppedChain() {
    let x = Variable(tracking: Tensor<Double>(1))
    var y = x
    for _ in 0..<100_000 { y = y + 1 }
    y = x
    #expect(y.value.scalar == 1 && x.gradient == nil)
  }

  @Test("a leaf of two computations receives each backward pass on its own")
  func twoPasses() {
    let x = Variable(tracking: Tensor<Double>([2], [3, 4]))
    (x * 2).sum().backward()
    #expect(x.gradient == Tensor([2], [2, 2]))
    (x * x).sum().backward()
    #expect(x.gradient == Tensor([2], [6, 8]))
  }

  @Test("a receiver is called once for each backward pass, with the whole gradient")
  func receiver() {
    var received: [Tensor<Double>] = []
    let x = Variable(tracking: Tensor<Double>([2], [3, 4])) { received.append($0) }
    (x * x + x * 3).sum().backward()
    #expect(received == [Tensor([2], [9, 11])] && x.gradient == nil)
  }

  @Test("the largest of equal values share their gradient")
  func ties() {
    let x = Variable(tracking: Tensor<Double>([2, 3], [5, 1, 5, -1, -1, -1]))
    x.maximum(over: 1).backward(Tensor([2], [1, 3]))
    #expect(x.gradient == Tensor([2, 3], [0.5, 0, 0.5, 1, 1, 1]))
  }

  @Test("a cotangent of the wrong shape says what is wrong")
  func message() async throws {
    let exit = try await #require(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      Variable(tracking: Tensor<Double>([2], [1, 2])).backward()
    }
    let text = String(decoding: exit.standardErrorContent, as: UTF8.self)
    #expect(text.contains("shape [2] holds 2 scalars") && text.contains("To mend:"))
  }
}
