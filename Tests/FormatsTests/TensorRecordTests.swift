import Formats
import Testing

@Suite("Tensor records") struct TensorRecordTests {
  @Test("values survive the way through bytes")
  func roundTrip() throws {
    #expect(try TensorRecord([1.5, -0.0] as [Float], shape: [2]).floats() == [1.5, 0])
    #expect(try TensorRecord([1.5] as [Float], shape: [1]).doubles() == [1.5])
    #expect(try TensorRecord([Int64.min, .max], shape: [2, 1]).int64s() == [.min, .max])
    #expect(try TensorRecord([UInt64.max], shape: []).uint64s() == [.max])
    #expect(try TensorRecord([7, 255] as [UInt8], shape: [2]).int64s() == [7, 255])
    #expect(TensorRecord([1] as [Float], shape: [1]).bytes == [0, 0, 0x80, 0x3F])
    let nan = Float(bitPattern: 0x7FA0_1234)
    #expect(try TensorRecord([nan], shape: [1]).floats()[0].bitPattern == 0x7FA0_1234)
  }

  @Test("narrowing is explicit, and a lost value is an error")
  func narrowing() throws {
    let wide = TensorRecord([0.1, .infinity], shape: [2])
    #expect(formatError { _ = try wide.floats() }?.kind == .typeMismatch)
    #expect(try wide.narrowedFloats() == [0.1, .infinity])
    let lost = TensorRecord([1e39], shape: [1])
    #expect(formatError { _ = try lost.narrowedFloats() }?.kind == .limitExceeded)
  }

  @Test("every half-precision value widens as the hardware does it")
  func halves() throws {
    #if !(os(macOS) && arch(x86_64))
      let all = (0...UInt16.max).flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }
      let widened = try TensorRecord(dtype: .f16, shape: [65536], bytes: all).floats()
      let wrong = widened.enumerated().filter { i, value in
        let expected = Float(Float16(bitPattern: UInt16(i)))
        return expected.isNaN ? !value.isNaN : expected.bitPattern != value.bitPattern
      }
      #expect(wrong.isEmpty)
    #endif
  }

  @Test("bytes that do not fill the shape are an error; values that do not stop the program")
  func shapes() async {
    #expect(
      formatError { _ = try TensorRecord(dtype: .f32, shape: [2], bytes: [1, 2, 3]) }?.kind
        == .typeMismatch)
    #expect(formatError { _ = try TensorRecord(dtype: .f32, shape: [-1], bytes: []) } != nil)
    #expect(TensorRecord.elementCount(of: [0, 1 << 40, 1 << 40]) == nil)
    #expect(TensorRecord.elementCount(of: [3, 0, 4]) == 0)
    await #expect(processExitsWith: .failure) {
      _ = TensorRecord([1] as [Float], shape: [2])
    }
  }
}
