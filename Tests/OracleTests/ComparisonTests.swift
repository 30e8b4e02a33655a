import Formats
import Testing

@testable import Oracle

@Suite("Comparison") struct ComparisonTests {
  let tolerance = Tolerance(relative: 1e-3, absolute: 1e-6, reason: "a test")

  func compare(_ ours: [Double], _ theirs: [Double]) throws -> TensorComparison {
    try TensorComparison(
      "output.y", ours: TensorRecord(ours, shape: [ours.count]),
      theirs: TensorRecord(theirs, shape: [theirs.count]), tolerance: tolerance)
  }

  @Test("errors are measured against the largest element, at the worst place")
  func measures() throws {
    let one = try compare([1, 4.003, -2], [1, 4, -2])
    #expect(one.passes && one.place == "[1]")
    #expect(abs((one.absolute ?? 0) - 0.003) < 1e-12 && abs((one.relative ?? 0) - 0.00075) < 1e-12)
    #expect(try !compare([1, 4.005, -2], [1, 4, -2]).passes)
    // A small element may be off by what the largest allows.
    #expect(try compare([0.003, 4], [0, 4]).passes)
    #expect(try compare([0, 5e-7], [0, 0]).passes)
    #expect(try !compare([0, 5e-6], [0, 0]).passes)
  }

  @Test("NaN and infinity never pass, except an infinity beside itself")
  func special() throws {
    #expect(try !compare([.nan, 1], [0, 1]).passes)
    #expect(try !compare([0, 1], [.nan, 1]).passes)
    #expect(try !compare([.nan, 1], [.nan, 1]).passes)
    #expect(try !compare([1, 1], [.infinity, 1]).passes)
    #expect(try !compare([.infinity, 1], [1, 1]).passes)
    #expect(try !compare([1, 2], [1, -.infinity]).passes)
    #expect(try compare([.infinity, 1], [.infinity, 1]).passes)
    #expect(try !compare([1, .nan, 9], [1, 2, 3]).passes)
    #expect(try compare([1, .nan, 9], [1, 2, 3]).place == "[1]")
  }

  @Test("units in the last place count the numbers between two")
  func ulps() {
    #expect(ulpDistance(1, 1.0.nextUp, .f64) == 1)
    #expect(ulpDistance(1, 1.0.nextDown.nextDown, .f64) == 2)
    #expect(ulpDistance(0, -0.0, .f64) == 0)
    #expect(ulpDistance(.leastNonzeroMagnitude, -.leastNonzeroMagnitude, .f64) == 2)
    #expect(ulpDistance(1, Double(Float(1).nextUp), .f32) == 1)
    #expect(ulpDistance(-1, Double(-Float(1).nextUp), .f32) == 1)
    #expect(ulpDistance(.greatestFiniteMagnitude, -.greatestFiniteMagnitude, .f64) > 1.8e19)
    #expect(ulpDistance(.nan, 1, .f64).isNaN)
    #expect(ulpDistance(7, 9, .u8) == 2)
  }

  @Test("a result that is missing, misshapen or of another type fails")
  func verdicts() throws {
    let y = TensorRecord([1.0, 2], shape: [2])
    func verdict(_ ours: TensorRecord?, _ theirs: TensorRecord?) throws -> TensorComparison.Verdict
    {
      try TensorComparison("output.y", ours: ours, theirs: theirs, tolerance: tolerance).verdict
    }
    #expect(try verdict(y, y) == .within)
    #expect(try verdict(nil, y) == .missing)
    #expect(try verdict(y, nil) == .unexpected)
    #expect(try verdict(TensorRecord([1.0, 2], shape: [1, 2]), y) == .shape)
    #expect(try verdict(TensorRecord([Float(1), 2], shape: [2]), y) == .type)
  }

  @Test("bytes must be equal, unless a blur was among the steps")
  func bytes() throws {
    func passes(_ steps: String) throws -> Bool {
      try outcome("augmentation", ["steps": steps]) {
        $0.tensors["output.view"] = try $0.tensor("output.view").replacing(7) {
          $0 > 128 ? $0 - 1 : $0 + 1
        }
      }.get().passes
    }
    #expect(try !passes("brightness 1.1"))
    #expect(try passes("brightness 1.1; blur 3 0.7"))
  }

  @Test("two files of one case are compared; other cases are refused")
  func files() throws {
    try inFolder { folder in
      let golden = try GoldenCase.sample(.named("matmul"))
      let (a, b) = ("\(folder)/a.safetensors", "\(folder)/b.safetensors")
      try golden.write(to: a)
      var theirs = golden
      theirs.tensors["input.a"] = nil
      theirs.tensors["output.c"] = try golden.file.tensor("output.c").replacing(2) { $0 + 1e-15 }
      try theirs.write(to: b)
      let report = try CheckReport(comparing: a, with: b)
      #expect(report.passes && report.comparisons[0].place == "[0, 2]")
      #expect(report.table.contains("3 of 3 tensors within tolerance"))
      #expect(report.json["passes"] == .bool(true))

      theirs.tensors["gradient.input.b"] = nil
      try theirs.write(to: b)
      #expect(try !CheckReport(comparing: a, with: b).passes)

      theirs.tensors["input.a"] = try golden.file.tensor("input.a").replacing(0) { $0 + 1 }
      try theirs.write(to: b)
      let error = #expect(throws: OracleError.self) { try CheckReport(comparing: a, with: b) }
      #expect("\(try #require(error))".contains("input.a"))

      try GoldenCase.sample(.named("matmul"), scalar: .float32).write(to: b)
      #expect(throws: OracleError.self) { try CheckReport(comparing: a, with: b) }
      try GoldenCase.sample(.named("matmul"), set: [("transpose-a", "true")]).write(to: b)
      #expect(throws: OracleError.self) { try CheckReport(comparing: a, with: b) }
      try GoldenCase.sample(.named("relu")).write(to: b)
      #expect(throws: OracleError.self) { try CheckReport(comparing: a, with: b) }
    }
  }
}
