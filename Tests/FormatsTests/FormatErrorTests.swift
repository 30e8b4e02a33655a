import Formats
import Testing

@Suite("Format errors") struct FormatErrorTests {
  @Test("a hostile name cannot forge terminal output")
  func escaping() {
    let text = FormatError.quoted("\u{1B}[31mred\r\n\u{202E}" + String(repeating: "x", count: 500))
    #expect(!text.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x202E })
    #expect(text.count < 120 && text.hasSuffix("…'"))
  }

  @Test("a message says what, where and how to mend, on one line")
  func messages() {
    let line = FormatError(
      .malformed, format: "YAML", path: "config.yaml", at: .line(14, column: 3), "no value",
      remedy: "write one")
    #expect(line.description == "config.yaml:14:3: no value. To mend: write one")
    #expect(line.localizedDescription == line.description)
    let byte = FormatError(.trailing, format: "safetensors", at: .byte(9), "2 bytes follow")
    #expect(byte.description == "safetensors, byte 9: 2 bytes follow")
    #expect(byte.inFile("m").description == "m, byte 9: safetensors: 2 bytes follow")
    #expect(line.inFile("other").path == "config.yaml")
  }
}
