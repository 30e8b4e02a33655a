import Foundation
import Testing

@Suite("Fine-tuning command", .serialized) struct FinetuneCommandTests {
  @Test(
    "a wrong command line ends with 64 and says how to mend it",
    arguments: [
      (["finetune", "x", "--list", "l.txt", "--percentage", "1"], "write one of them"),
      (["finetune"], "one checkpoint"), (["finetune", "x", "--percentage", "0"], "--percentage"),
      (["finetune", "x", "--choose", "first"], "last"),
      (["finetune", "--resume", "x", "--epochs", "2"], "--epochs"),
      (["finetune", "y", "--resume", "x"], "too many"),
    ])
  func misuse(arguments: [String], word: String) throws {
    try Program.expectUsageError(arguments, saying: word)
  }

  @Test("Ctrl-C writes a checkpoint, and --resume ends with the bits of an uninterrupted run")
  func interrupt() throws {
    let directory = FileManager.default.temporaryDirectory
      .appending(path: "mvmr-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let run = "\(directory)/run"
    #expect(try Program.run(["pretrain", "--output", run] + Program.tiny).status == 0)
    let options = [
      "--percentage", "50", "--epochs", "30", "--batch-size", "8", "--learning-rate", "1e-3",
    ]
    let whole = try Program.run(["finetune", run, "-o", "\(directory)/whole"] + options)
    #expect(whole.status == 0 && whole.output.contains("top1:"), "\(whole.errors)")
    let stopped = try Program.run(
      ["finetune", run, "-o", "\(directory)/parts"] + options,
      interruptingOnce: "\(directory)/parts/metrics.jsonl")
    #expect(stopped.status == 130 && stopped.output.contains("finetune --resume"))
    let resumed = try Program.run(["finetune", "--resume", "\(directory)/parts"])
    #expect(resumed.status == 0, "\(resumed.errors)")
    func bytes(_ name: String) throws -> Data {
      try Data(contentsOf: URL(filePath: "\(directory)/\(name)/checkpoint.safetensors"))
    }
    #expect(try bytes("whole") == bytes("parts"))
  }
}
