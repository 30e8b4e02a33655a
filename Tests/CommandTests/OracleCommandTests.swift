import Foundation
import Testing

@Suite("Oracle on the command line", .serialized) struct OracleCommandTests {
  func inDirectory(_ body: (String) throws -> Void) throws {
    let path = FileManager.default.temporaryDirectory
      .appending(path: "mvmr-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: path) }
    try body(path)
  }

  @Test("every oracle command has a help with an example")
  func help() throws {
    for name in ["list", "emit", "check", "trace", "bisect"] {
      let help = try Program.run(["oracle", name, "--help"])
      #expect(help.status == 0 && help.output.contains("Examples:"), "\(name)")
    }
  }

  @Test("list shows an operation's attributes, source and tolerance")
  func list() throws {
    let list = try Program.run(["oracle", "list", "conv2d"])
    #expect(list.status == 0)
    for word in ["stride=1", "Dumoulin", "float64 1e-13", "input.x [N, H, W, C]"] {
      #expect(list.output.contains(word), "\(list.output)")
    }
    let all = try Program.run(["oracle", "list"])
    #expect(all.output.contains("mv-mr-objective") && all.output.contains("MV-MR eq. (2)"))
  }

  @Test("emit, check, and check of a damaged copy end with 0, 0 and 1")
  func check() throws {
    try inDirectory { folder in
      let path = "\(folder)/case.safetensors"
      let emit = try Program.run([
        "oracle", "emit", "conv2d", "--set", "stride=2", "--shape", "input.x=1,9,7,3", "-o", path,
      ])
      #expect(emit.status == 0, "\(emit.errors)")
      let good = try Program.run(["oracle", "check", path])
      #expect(good.status == 0 && good.output.contains("3 of 3 tensors within tolerance"))

      // Another seed: the same case with other numbers, whose inputs differ.
      let other = "\(folder)/other.safetensors"
      _ = try Program.run([
        "oracle", "emit", "conv2d", "--set", "stride=2", "--shape", "input.x=1,9,7,3", "-o", other,
        "--seed", "1",
      ])
      let wrong = try Program.run(["oracle", "check", path, other])
      #expect(wrong.status == 1 && wrong.errors.contains("input.x"), "\(wrong.errors)")

      var bytes = try Data(contentsOf: URL(filePath: path))
      bytes[bytes.count - 5] ^= 0xFF
      try bytes.write(to: URL(filePath: other))
      let damaged = try Program.run(["oracle", "check", other])
      #expect(damaged.status == 1 && damaged.errors.contains(other), "\(damaged.errors)")
      let json = try Program.run(["oracle", "check", path, "--json"])
      #expect(json.status == 0 && json.output.hasPrefix("{") && json.output.contains("\"ulp\":0"))
    }
  }

  @Test(
    "a wrong command line ends with 64 and says how to mend it",
    arguments: [
      (["check"], "one or two"), (["check", "a", "b", "c"], "one or two"),
      (["check", "/nowhere"], "/nowhere"), (["emit"], "one operation"),
      (["emit", "conv2d"], "-o FILE"), (["emit", "cov2d", "-o", "x"], "'conv2d'"),
      (["emit", "conv2d", "-o", "x", "--set", "strid=2"], "'stride'"),
      (["emit", "conv2d", "-o", "x", "--set", "stride=99"], "1…64"),
      (["emit", "conv2d", "-o", "x", "--set", "stride"], "KEY=VALUE"),
      (["emit", "conv2d", "-o", "x", "--scalar", "half"], "float64"),
      (["emit", "conv2d", "-o", "x", "--shape", "input.x=2,2"], "N H W C"),
      (["emit", "conv2d", "-o", "x", "--shape", "input.y=2,2"], "'input.x'"),
      (["emit", "relu", "-o", "x", "--shape", "input.x=9999999999,99999"], "at most"),
      (["emit", "--all", "kit", "--set", "a=b"], "--set"),
      (["emit", "relu", "--all", "k"], "--all"),
      (["list", "resnett"], "'resnet'"), (["bisect"], "two folders"),
    ])
  func misuse(arguments: [String], word: String) throws {
    let outcome = try Program.run(["oracle"] + arguments)
    #expect(outcome.status == 64, "\(outcome.output)")
    #expect(outcome.errors.contains(word), "\(outcome.errors)")
  }

  @Test("two traces that agree end with 0, two that part with 1, misuse with 64")
  func traces() throws {
    try inDirectory { folder in
      let small = [
        "oracle", "trace", "--steps", "2", "--set", "batch_size=8", "--set",
        "dataset.train_images=16", "--set", "encoder.backbone=resnet8", "--set",
        "encoder.out_dim=16-16",
      ]
      let trace = try Program.run(small + ["-o", "\(folder)/a"])
      #expect(trace.status == 0 && trace.output.contains("2 steps"), "\(trace.errors)")
      _ = try Program.run(small + ["-o", "\(folder)/b", "--seed", "1"])
      let same = try Program.run(["oracle", "bisect", "\(folder)/a", "\(folder)/a"])
      #expect(same.status == 0 && same.output.contains("agree"))
      let parted = try Program.run(["oracle", "bisect", "\(folder)/a", "\(folder)/b", "--json"])
      #expect(parted.status == 1 && parted.output.contains("\"agrees\":false"))
      for misuse in [
        ["oracle", "bisect", "\(folder)/a"], ["oracle", "bisect", "\(folder)/a", "\(folder)/no"],
        ["oracle", "bisect", "\(folder)/a", "\(folder)/b", "--tolerance", "-1"],
        ["oracle", "trace"], ["oracle", "trace", "-o", "\(folder)/c", "--steps", "0"],
        ["oracle", "trace", "-o", "\(folder)/c", "--scalar", "float16"],
      ] {
        #expect(try Program.run(misuse).status == 64, "\(misuse)")
      }
    }
  }
}
