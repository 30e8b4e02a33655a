import Foundation
import Testing

@Suite("mvmr inspect and mvmr convert") struct WeightCommandTests {
  static let fixtures = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Reference/fixtures/weights").path

  func inDirectory(_ body: (String) throws -> Void) throws {
    let path = FileManager.default.temporaryDirectory.appending(path: "mvmr-\(UUID().uuidString)")
      .path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: path) }
    try body(path)
  }

  @Test("inspect lists name, shape, type, bytes, mean and deviation")
  func inspect() throws {
    let table = try Program.run(["inspect", "\(Self.fixtures)/views.pt"])
    #expect(table.status == 0, "\(table.errors)")
    let line = try #require(table.output.split(separator: "\n").first { $0.hasPrefix("permuted ") })
    // 0…23: mean 11.5, deviation √(575/12).
    for word in ["[4, 2, 3]", "F32", "96 B", "11.5", "6.9222"] {
      #expect(line.contains(word), "\(line)")
    }
    let json = try Program.run(["inspect", "\(Self.fixtures)/adam_legacy.pt", "--json"])
    #expect(
      json.output.contains("\"checksums\":false")
        && json.output.contains("optimizer.state.0.exp_avg"))
    #expect(json.output.contains("\"epoch\":\"2\""))
  }

  @Test("convert carries names as they are, or to another project's, and reports")
  func convert() throws {
    try inDirectory { directory in
      let plain = try Program.run([
        "convert", "\(Self.fixtures)/module_legacy.pt", "\(directory)/m.safetensors",
      ])
      #expect(
        plain.status == 0 && plain.output.contains("9 tensors"), "\(plain.errors)\(plain.output)")
      let official = try Program.run(
        ["convert", "\(Self.fixtures)/moco.pt", "\(directory)/e.pth", "--map", "official"])
      #expect(official.status == 0, "\(official.errors)")
      #expect(official.output.contains("left behind (1): state_dict.module.queue"))
      let listed = try Program.run(["inspect", "\(directory)/e.pth"])
      #expect(listed.output.contains("encoder.backbone.conv1.weight"))
      let back = try Program.run([
        "convert", "\(directory)/e.pth", "\(directory)/t.npz", "--map", "torchvision",
      ])
      #expect(back.status == 0 && back.output.contains("from the names of mvmr"), "\(back.errors)")
    }
  }

  @Test("a file that does not fit ends with 1, names what is missing, and leaves no output")
  func strict() throws {
    try inDirectory { directory in
      let output = "\(directory)/x.safetensors"
      let wrong = try Program.run([
        "convert", "\(Self.fixtures)/module.pt", output, "--map", "mvmr", "--from", "torchvision",
      ])
      #expect(
        wrong.status == 1 && wrong.errors.contains("missing")
          && wrong.errors.contains("nothing was converted"))
      #expect(!FileManager.default.fileExists(atPath: output))
      let pickle = "\(directory)/bad.pt"
      try Data([0x80, 2, 0x5D, 0x2E]).write(to: URL(filePath: pickle))
      let refused = try Program.run(["inspect", pickle])
      #expect(
        refused.status == 1 && refused.errors.contains("bad.pt")
          && refused.errors.contains("To mend"))
    }
  }

  @Test(
    "a wrong command line ends with 64",
    arguments: [
      (["inspect"], "one file"), (["convert", "a"], "two files"),
      (["convert", "a", "b.pt", "--map", "offical"], "official"),
      (["convert", "a", "b.pt", "--from", "mvmr"], "--map"),
    ])
  func misuse(arguments: [String], word: String) throws {
    try Program.expectUsageError(arguments, saying: word)
  }

  @Test("both have a help with examples", arguments: ["inspect", "convert"])
  func help(name: String) throws {
    let help = try Program.run([name, "--help"])
    #expect(
      help.status == 0 && help.output.contains("Examples:") && help.output.contains("mvmr \(name) ")
    )
  }
}
