import Charts
import Notebook
import Tensors
import Testing

@Suite("Tensors as text") struct TensorTextTests {
  @Test("numbers stand below each other, and what is left out is said to be")
  func rows() {
    let x = Tensor<Double>([2, 3], [1, -2, 3.14159, 0.0001, -0.0001, 100])
    #expect(described(x, decimals: 2) == "[2, 3]\n    1.00  -2.00   3.14\n    0.00   0.00 100.00")
    #expect(described(x, decimals: 0, rows: 1, columns: 2) == "[2, 3]\n   1 -2 …\n  …")
    #expect(described(Tensor<Float>(2.5), decimals: 1) == "[]\n  2.5")
    #expect(described(Tensor<Float>.zeros([0, 3])) == "[0, 3]")
  }

  @Test("a number never is minus zero")
  func zero() {
    #expect(rounded(-0.0001, 3) == "0.000" && rounded(-0.5, 0) == "0" && rounded(-1.5, 1) == "-1.5")
    #expect(rounded(Float.nan, 2).contains("nan"))
  }

  @Test("a matrix keeps its rows and columns as a chart")
  func heatMap() {
    let map = HeatMap("t", Tensor<Float>([2, 3], [1, 2, 3, 4, 5, 6]))
    #expect(map.columns == 3 && map.values.last == 6)
  }
}
