import Autodiff
import Kernels
import Tensors
import Testing

@Suite("Operation profile") struct OperationProfileTests {
  @Test("it counts every operation, forward and backward, and marks")
  func counts() {
    let x = Variable(tracking: Tensor<Double>([2, 3], [2, 3, 4, 5, 6, 7]))
    let (value, entries) = OperationProfile.measuring { () -> Double in
      let y = ((x.logarithm() * x).logarithm() + 1).sum()
      y.backward()
      OperationProfile.mark("optimizer")
      return y.value.scalar
    }
    #expect(value.isFinite)
    func calls(_ name: String, gradient: Bool) -> Int {
      entries.filter { $0.key.operation == name && $0.key.isGradient == gradient }
        .reduce(0) { $0 + $1.calls }
    }
    #expect(calls("logarithm", gradient: false) == 2 && calls("logarithm", gradient: true) == 2)
    #expect(calls("*", gradient: false) == 1 && calls("*", gradient: true) == 1)
    #expect(calls("sum", gradient: false) == 1 && calls("optimizer", gradient: false) == 1)
    #expect(entries.allSatisfy { $0.seconds >= 0 })
    #expect(entries.contains { $0.key.operation == "logarithm" && $0.key.shape == [2, 3] })
  }

  @Test("outside, nothing is counted; inside, only this thread")
  func scope() async {
    let x = Variable(tracking: Tensor<Double>([2], [1, 2]))
    _ = x.exponential()
    OperationProfile.mark("nobody listens")
    let (task, entries) = OperationProfile.measuring {
      Task.detached {
        let other = Variable(Tensor<Double>([2], [3, 4]))
        return other.logarithm().value.scalars
      }
    }
    #expect(await task.value.count == 2)
    #expect(entries.isEmpty)
  }
}
