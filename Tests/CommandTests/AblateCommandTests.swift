import Foundation
import Testing

@Suite("Ablation command", .serialized) struct AblateCommandTests {
  @Test(
    "a wrong command line ends with 64 and says how to mend it",
    arguments: [
      (["ablate"], "losses, features"), (["ablate", "loses"], "'loses'"),
      (["ablate", "losses", "--shrink", "2"], "projector"),
      (["ablate", "losses", "--seeds", "0"], "--seeds"),
      (["pretrain", "--resume", "x", "--auto-learning-rate"], "--auto-learning-rate"),
    ])
  func misuse(arguments: [String], word: String) throws {
    try Program.expectUsageError(arguments, saying: word)
  }

  @Test("a grid writes its table, and the same command again runs nothing")
  func grid() throws {
    let directory = FileManager.default.temporaryDirectory
      .appending(path: "mvmr-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let command =
      [
        "ablate", "augmentations", "--cell", "crop", "--cell", "blur", "--seeds", "1", "-o",
        directory,
      ] + Program.tiny
    let first = try Program.run(command)
    #expect(first.status == 0 && first.output.contains("| crop |"), "\(first.errors)")
    #expect(first.errors.contains("2/2 blur, seed 0: begins"))
    let second = try Program.run(command)
    #expect(second.status == 0 && second.output == first.output)
    #expect(second.errors.contains("2/2 blur, seed 0: finished before"))
    #expect(FileManager.default.fileExists(atPath: "\(directory)/ablation.png"))
    let wrong = try Program.run(command + ["--cell", "blurr"])
    #expect(wrong.status == 1 && wrong.errors.contains("crop"))
  }

  @Test("a learning rate is chosen, written down, and its curve kept")
  func learningRate() throws {
    let directory = FileManager.default.temporaryDirectory
      .appending(path: "mvmr-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let run = try Program.run(
      ["pretrain", "--auto-learning-rate", "-o", directory] + Program.tiny
        + ["--set", "epochs=8", "--set", "lr=0.5"])
    #expect(run.status == 0 && run.errors.contains("falls fastest"), "\(run.errors)")
    for ending in ["json", "svg", "png"] {
      #expect(
        FileManager.default.fileExists(atPath: "\(directory)/learning_rate_test.\(ending)"))
    }
    let written = try String(contentsOfFile: "\(directory)/config.yaml", encoding: .utf8)
    #expect(!written.contains("lr: 0.5\n"))
    let short = try Program.run(["pretrain", "--auto-learning-rate"] + Program.tiny)
    #expect(short.status == 1 && short.errors.contains("14 batches"))
  }
}
