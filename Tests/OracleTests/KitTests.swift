import Formats
import Foundation
import Testing

@testable import Oracle

@Suite("Conformance kit") struct KitTests {
  @Test("the whole kit is small, complete, and passes when it is recomputed")
  func kit() throws {
    try inFolder { folder in
      let kit = try ConformanceKit.emit(to: folder)
      #expect(kit.entries.reduce(0) { $0 + $1.size } < 50_000_000)
      #expect(Set(kit.entries.map(\.operation)) == Set(OracleOperation.all.map(\.name)))
      let files = try FileManager.default.contentsOfDirectory(atPath: folder)
      #expect(Set(files) == Set(kit.entries.map(\.file) + ["manifest.json"]))

      let manifest = try JSONValue(path: "\(folder)/manifest.json")
      let cases = try #require(manifest["cases"]?.array)
      #expect(cases.count == kit.entries.count)
      for one in cases {
        let file = try #require(one["file"]?.string)
        let bytes = [UInt8](try Data(contentsOf: URL(filePath: "\(folder)/\(file)")))
        #expect(one["bytes"]?.integer == bytes.count)
        #expect(one["sha256"]?.string == SHA256.hex(of: bytes), "\(file)")
        let golden = try GoldenCase(path: "\(folder)/\(file)")
        for name in golden.names("output") + golden.names("gradient") {
          // A port that returns zeros must not pass, but where 0 is the point of the case.
          if file == "distance-correlation-one-row.safetensors" { continue }
          #expect(golden.tensors[name]?.bytes.contains { $0 != 0 } == true, "\(file): \(name)")
        }
      }
      // The deepest networks are recomputed once, in the case with the large stem.
      let skipped = ["18-small", "18-evaluation", "50", "50-small", "50-evaluation"]
      for entry in kit.entries where !skipped.contains(where: { entry.file.contains("-\($0).") }) {
        let report = try CheckReport(recomputing: "\(folder)/\(entry.file)")
        #expect(report.passes, "\(report.table)")
      }
    }
  }

  @Test("cases of kinks and ties meet them")
  func kinks() throws {
    func sample(_ name: String, _ variant: String) throws -> GoldenCase {
      let operation = try OracleOperation.named(name)
      let one = try #require(operation.kit.first { $0.name == variant })
      return try GoldenCase.sample(
        operation, set: one.attributes, shapes: one.shapes, multiplesOf: one.quantum, in: one.range)
    }
    for name in ["relu", "magnitude"] {
      #expect(try sample(name, "kinks").file.tensor("input.x").doubles().contains(0))
    }
    let z = try sample("length-normalized", "zero-rows").file.tensor("input.z").doubles()
    #expect(stride(from: 0, to: z.count, by: 2).contains { z[$0] == 0 && z[$0 + 1] == 0 })
    let d = try sample("pairwise-distances", "equal-rows").file.tensor("output.distances").doubles()
    #expect(d.count { $0 == 0 } > 9)
    // Gradients of tied maxima are shared: some are not the whole cotangent.
    let tied = try sample("maximum", "ties")
    let whole = Set(try tied.file.tensor("cotangent.y").doubles() + [0])
    let shared = try tied.file.tensor("gradient.input.x").doubles()
    #expect(shared.contains { !whole.contains($0) })
  }

  @Test("a score counts what is wrong, missing and unreadable")
  func score() throws {
    try inFolder { folder in
      let (ours, theirs) = ("\(folder)/ours", "\(folder)/theirs")
      for path in [ours, theirs] {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
      }
      let names = ["relu", "matmul", "softmax", "sum"]
      let cases = names.map { #"{"file":"\#($0).safetensors","operation":"\#($0)"}"# }
      try #"{"format":1,"cases":[\#(cases.joined(separator: ","))]}"#
        .write(toFile: "\(ours)/manifest.json", atomically: true, encoding: .utf8)
      for name in names {
        var golden = try GoldenCase.sample(.named(name))
        try golden.write(to: "\(ours)/\(name).safetensors")
        if name == "sum" { continue }
        if name == "matmul" {
          golden.tensors["gradient.input.a"] =
            try golden.file.tensor("gradient.input.a").replacing(1) { $0 * 1.001 + 0.001 }
        }
        try golden.write(to: "\(theirs)/\(name).safetensors")
      }
      try Data([1, 2, 3]).write(to: URL(filePath: "\(theirs)/softmax.safetensors"))
      let report = try KitReport(ours, theirs: theirs)
      #expect(!report.passes)
      #expect(report.lines.map(\.passes) == [true, false, false, false])
      #expect(report.table.contains("1 of 4 cases") && report.table.contains("gradient.input.a"))
      #expect(report.json["right"] == .integer(1))
    }
  }
}
