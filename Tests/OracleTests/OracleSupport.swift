import Formats
import Foundation
import Testing

@testable import Oracle

/// A folder of its own for one test.
func inFolder(_ body: (String) throws -> Void) throws {
  let path = FileManager.default.temporaryDirectory
    .appending(path: "oracle-\(UUID().uuidString)").path
  try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(atPath: path) }
  try body(path)
}

/// A sample as a file, changed, and what the oracle says to it.
func outcome(
  _ operation: String, _ attributes: KeyValuePairs<String, String> = [:],
  changing change: (inout SafeTensorsFile) throws -> Void
) throws -> Result<CheckReport, OracleError> {
  var result: Result<CheckReport, OracleError>?
  try inFolder { folder in
    let golden = try GoldenCase.sample(
      .named(operation), set: attributes.map { ($0.key, $0.value) })
    var file = golden.file
    try change(&file)
    let path = "\(folder)/case.safetensors"
    try file.write(to: path, keepsPrevious: false)
    do { result = .success(try CheckReport(recomputing: path)) } catch let error as OracleError {
      result = .failure(error)
    }
  }
  return try #require(result)
}

extension TensorRecord {
  /// The same tensor with one element replaced.
  func replacing(_ i: Int, by change: (Double) -> Double) throws -> TensorRecord {
    switch dtype {
    case .u8:
      var values = bytes
      values[i] = UInt8(change(Double(values[i])))
      return TensorRecord(values, shape: shape)
    case .f32:
      var values = try floats()
      values[i] = Float(change(Double(values[i])))
      return TensorRecord(values, shape: shape)
    default:
      var values = try doubles()
      values[i] = change(values[i])
      return TensorRecord(values, shape: shape)
    }
  }
}
