// Mean and deviation of a tensor in a file.
//
// Formula    μ = 1/n Σ x, σ = √(1/n Σ (x − μ)²), in two passes, in Double
// Read       TensorRecord.swift ← this file
// Tests      Tests/FormatsTests/WeightFileTests.swift

extension TensorRecord {
  /// Mean and deviation (with 1/n) of the elements.
  ///
  /// - Returns: nil for empty tensors and for types that are no plain numbers (complex, 8 bits and less).
  /// - Throws: `malformed` for a truth value that is neither 0 nor 1.
  public func statistics() throws(FormatError) -> (mean: Double, deviation: Double)? {
    let values: [Double]
    switch dtype {
    case .f64, .f32, .f16, .bf16: values = try doubles()
    case .i64, .i32, .i16, .i8, .u32, .u16, .u8: values = try int64s().map { Double($0) }
    case .u64: values = try uint64s().map { Double($0) }
    case .bool: values = try bools().map { $0 ? 1 : 0 }
    default: return nil
    }
    if values.isEmpty { return nil }
    let n = Double(values.count)
    let mean = values.reduce(0, +) / n
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return (mean, (squares / n).squareRoot())
  }
}
