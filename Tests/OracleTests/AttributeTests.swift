import Testing

@testable import Oracle

@Suite("Attributes") struct AttributeTests {
  let known: [OracleAttribute] = [
    .integer("stride", 1...8, default: 1, "step"), .number("scale", 0...2, default: 0.5, "factor"),
    .choice("mode", ["training", "evaluation"], "which"), .flag("bias", "whether"),
    .integers("axes", 0...3, count: 1...2, default: "1", "axes"),
  ]

  @Test("defaults hold where nothing is said")
  func defaults() throws {
    let a = try OracleAttributes([("stride", "3")], of: known)
    #expect(a.integer("stride") == 3 && a.number("scale") == 0.5 && !a.flag("bias"))
    #expect(a.text("mode") == "training" && a.integers("axes") == [1])
  }

  @Test(
    "what is out of range is refused",
    arguments: [
      ("stride", "0"), ("stride", "9"), ("stride", "2.0"), ("stride", ""), ("scale", "nan"),
      ("scale", "inf"), ("scale", "-0.1"), ("mode", "train"), ("bias", "1"), ("axes", ""),
      ("axes", "0,1,2"), ("axes", "4"), ("axes", "0,,1"),
    ])
  func ranges(key: String, text: String) {
    #expect(throws: OracleError.self) { try OracleAttributes([(key, text)], of: known) }
  }

  @Test("an unknown key names the nearest")
  func nearest() throws {
    let error = #expect(throws: OracleError.self) {
      try OracleAttributes([("strid", "1")], of: known)
    }
    #expect(try #require(error).remedy.contains("'stride'"))
  }

  @Test("every default is in its own range, and every variant of the kit is accepted")
  func registry() throws {
    for operation in OracleOperation.all {
      for attribute in operation.attributes {
        #expect(attribute.accepts(attribute.standard), "\(operation.name) \(attribute.name)")
      }
      for variant in operation.kit {
        _ = try OracleAttributes(variant.attributes, of: operation.attributes)
      }
    }
  }
}
