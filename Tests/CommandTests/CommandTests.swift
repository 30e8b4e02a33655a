import Foundation
import Kernels
import TestSupport
import Testing

/// Runs the built program as a user does.
enum Program {
  struct Outcome {
    let status: Int32
    let output: String
    let errors: String
  }

  /// Runs the program to its end.
  ///
  /// - Parameters:
  ///   - arguments: Its arguments.
  ///   - file: Once this file is not empty, the program is interrupted as by Ctrl-C.
  /// - Returns: How it ended and what it printed.
  /// - Throws: When the program cannot be started.
  static func run(_ arguments: [String], interruptingOnce file: String? = nil) throws -> Outcome {
    let process = Process()
    let output = Pipe()
    let errors = Pipe()
    process.executableURL = BuiltProgram.url
    process.arguments = arguments
    process.standardOutput = output
    process.standardError = errors
    try process.run()
    if let file {
      while process.isRunning, (try? Data(contentsOf: URL(filePath: file)).isEmpty) ?? true {
        Thread.sleep(forTimeInterval: 0.02)
      }
      kill(process.processIdentifier, SIGINT)
    }
    let outputData = output.fileHandleForReading.readDataToEndOfFile()
    let errorData = errors.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return Outcome(
      status: process.terminationStatus, output: String(decoding: outputData, as: UTF8.self),
      errors: String(decoding: errorData, as: UTF8.self))
  }

  /// A command line that is wrong ends with 64, and says what would be right.
  static func expectUsageError(
    _ arguments: [String], saying word: String, at place: SourceLocation = #_sourceLocation
  ) throws {
    let outcome = try run(arguments)
    #expect(outcome.status == 64, sourceLocation: place)
    #expect(outcome.errors.contains(word), "\(outcome.errors)", sourceLocation: place)
  }

  static let tiny = [
    "--set", "batch_size=16", "--set", "epochs=2", "--set", "dataset.train_images=48",
    "--set", "dataset.test_images=32", "--set", "encoder.backbone=resnet8",
    "--set", "encoder.out_dim=16-8", "--set", "dataset.size=16", "--set", "log_every=1",
  ]
}

@Suite("Command line", .serialized) struct CommandTests {
  func inDirectory(_ body: (String) throws -> Void) throws {
    let path = FileManager.default.temporaryDirectory
      .appending(path: "mvmr-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: path) }
    try body(path)
  }

  @Test("every command has a help with an example")
  func help() throws {
    let top = try Program.run(["--help"])
    #expect(top.status == 0)
    for name in [
      "pretrain", "distill", "embed", "evaluate linear", "evaluate knn", "evaluate clusters",
      "evaluate voc", "results", "finetune", "ablate", "oracle list", "oracle emit", "oracle check",
      "oracle trace", "oracle bisect", "compare", "inspect", "convert", "gradcheck", "fingerprint",
      "bench", "synthesize", "download", "data check", "data show", "forecast", "notebook run",
      "book update", "book check", "book sources",
    ] {
      #expect(top.output.contains(name))
      let one = try Program.run(name.split(separator: " ").map(String.init) + ["--help"])
      #expect(one.status == 0 && one.output.contains("Examples:"), "\(name)")
    }
  }

  @Test(
    "a wrong command line ends with 64 and says how to mend it",
    arguments: [
      (["pretrian"], "pretrain"), (["pretrain", "--ouput", "x"], "--output"),
      (["pretrain", "--config"], "--config FILE"), (["pretrain", "extra"], "too many"),
      (["evaluate"], "evaluate linear"), (["evaluate", "knn"], "checkpoint"),
      (["evaluate", "knn", "x", "--k", "zero"], "--k"), (["synthesize"], "DIR"),
      (["download"], "stl10"), (["download", "cifar"], "cifar10"),
      (["data", "check"], "directory"),
      (["data", "chek", "x"], "data check"),
      (["pretrain", "--resume", "x", "--seed", "1"], "--seed"), (["bench", "nothing"], "nothing"),
      (["bench", "nothing"], "matmul, conv, inference"), (["bench", "matmul", "stepp"], "'stepp'"),
      (["bench", "conv/65x"], "conv/64x48x48-64-k3s1, conv/64x48x48-64-k1s1"),
      (["fingerprint", "--scalar", "float16"], "float64"),
      (["fingerprint", "--steps", "0"], "1…40"),
    ])
  func misuse(arguments: [String], word: String) throws {
    try Program.expectUsageError(arguments, saying: word)
  }

  @Test("bad input ends with 1 and a message, never with a trap")
  func badInput() throws {
    try inDirectory { directory in
      let config = "\(directory)/config.yaml"
      try "batch_size: 8\nepohcs: 2\n".write(toFile: config, atomically: true, encoding: .utf8)
      let wrong = try Program.run(["pretrain", "--config", config])
      #expect(wrong.status == 1 && wrong.errors.contains("config.yaml:2"))
      let missing = try Program.run(["pretrain", "--config", "\(directory)/none.yaml"])
      #expect(missing.status == 1 && missing.errors.contains("none.yaml"))
      let noData = try Program.run(
        [
          "pretrain", "--set", "dataset.name=stl10", "--set", "dataset.size=96", "--data",
          directory,
        ])
      #expect(noData.status == 1 && noData.errors.contains("train_X.bin"), "\(noData.errors)")
      let noCheckpoint = try Program.run(["evaluate", "linear", directory])
      #expect(noCheckpoint.status == 1 && noCheckpoint.errors.contains("checkpoint"))
    }
  }

  @Test("memory is forecast within 15 percent, and a run that does not fit is refused")
  func forecast() throws {
    try inDirectory { directory in
      // Two views of 256 images need far more than the program itself.
      let job =
        [
          "batch_size=256", "dataset.train_images=768", "dataset.test_images=16", "epochs=1",
          "warmup_epochs=0", "scheduler=cosine", "n_workers=1",
        ].flatMap { ["--set", $0] }
      let done = try Program.run(["pretrain", "--output", "\(directory)/run"] + job)
      #expect(done.status == 0, "\(done.errors)")
      let words = done.errors.split(separator: " ").map(String.init)
      let place = try #require(words.firstIndex(of: "about"))
      let unit = words[place + 2] == "MB" ? 1e6 : 1e9
      let forecast = try #require(Double(words[place + 1])) * unit
      let result = try String(contentsOfFile: "\(directory)/run/result.json", encoding: .utf8)
      let peak = try #require(
        result.components(separatedBy: "\"peak_bytes\":").last?
          .split(whereSeparator: { !$0.isNumber }).first.flatMap { Double($0) })
      #expect(forecast < 1.15 * peak && forecast > 0.85 * peak, "\(forecast) and \(peak)")

      let refused = try Program.run(
        ["pretrain", "--output", "\(directory)/none", "--memory", "0.12"] + job)
      #expect(refused.status == 1 && refused.errors.contains("batch_size at most"))
    }
  }

  @Test("bench --profile prints where a step's time goes and draws it")
  func profile() throws {
    try inDirectory { directory in
      let outcome = try Program.run([
        "bench", "step/mv-mr", "--profile", "--repeat", "1", "--output", "\(directory)/new",
      ])
      #expect(outcome.status == 0, "\(outcome.errors)")
      for name in ["conv2D", "batchNorm", "pairwiseDistances"] {
        #expect(outcome.output.contains(name), "\(outcome.output)")
      }
      let picture = try String(
        contentsOfFile: "\(directory)/new/profile-step-mv-mr-32.svg", encoding: .utf8)
      #expect(picture.contains("<svg") && picture.contains("conv2D"))
    }
  }

  @Test("a folder that cannot be made is refused at once, with the option to change")
  func noFolder() throws {
    try inDirectory { directory in
      let file = "\(directory)/file"
      try Data("text".utf8).write(to: URL(filePath: file))
      try Program.expectUsageError(
        ["bench", "step/resnet50", "--profile", "--output", file], saying: "--output DIR")
      try Program.expectUsageError(
        ["download", "stl10", "--output", "\(file)/data"], saying: "\(file)/data")
    }
  }

  @Test("bench --profile --by-shape tells the shapes of an operation apart")
  func profileByShape() throws {
    try inDirectory { directory in
      let outcome = try Program.run([
        "bench", "step/mv-mr", "--profile", "--by-shape", "--repeat", "1", "--output", directory,
      ])
      #expect(outcome.status == 0, "\(outcome.errors)")
      // The first convolution, and one of the last stage.
      for name in ["conv2D [128, 32, 32, 16]", "conv2D [128, 8, 8, 128]"] {
        #expect(outcome.output.contains(name), "\(outcome.output)")
      }
    }
  }

  @Test("pretrain, evaluate linear and evaluate knn agree on one run")
  func wholeJob() throws {
    try inDirectory { directory in
      let run = "\(directory)/run"
      let trained = try Program.run(["pretrain", "--output", run] + Program.tiny)
      #expect(trained.status == 0, "\(trained.errors)")
      #expect(trained.output.contains("linear probe") && trained.output.contains("random"))
      let result = try String(contentsOfFile: "\(run)/result.json", encoding: .utf8)
      for name in ["linear", "knn"] {
        let evaluated = try Program.run(["evaluate", name, run, "--json"])
        #expect(evaluated.status == 0, "\(evaluated.errors)")
        let (key, metric) = name == "linear" ? ("linear_probe", "top1") : ("knn", "k20")
        let value = try #require(
          evaluated.output.components(separatedBy: "\"\(metric)\":").last?
            .prefix { $0 != "," && $0 != "}" })
        #expect(result.contains("\"trained\":\(value)") && result.contains(key), "\(result)")
      }
      let mirrored = try Program.run(["evaluate", "linear", run, "--mirror"])
      #expect(mirrored.status == 0 && mirrored.output.contains("its mirror"))
    }
  }

  @Test("Ctrl-C writes a checkpoint, and --resume ends with the bits of an uninterrupted run")
  func interrupt() throws {
    try inDirectory { directory in
      let long = Program.tiny + ["--set", "epochs=20"]
      let first = try Program.run(
        ["pretrain", "--output", "\(directory)/a"] + long,
        interruptingOnce: "\(directory)/a/metrics.jsonl")
      #expect(first.status == 130, "\(first.errors)")
      #expect(first.output.contains("--resume"))
      let resumed = try Program.run(["pretrain", "--resume", "\(directory)/a"])
      #expect(resumed.status == 0, "\(resumed.errors)")
      _ = try Program.run(["pretrain", "--output", "\(directory)/b"] + long)
      let a = try Data(contentsOf: URL(filePath: "\(directory)/a/checkpoint.safetensors"))
      let b = try Data(contentsOf: URL(filePath: "\(directory)/b/checkpoint.safetensors"))
      #expect(a == b)
    }
  }

  @Test("gradcheck lists what it is asked for, and fails for unknown names")
  func gradcheck() throws {
    let good = try Program.run(["gradcheck", "distanceCorrelation", "matmul"])
    #expect(good.status == 0 && good.output.contains("distanceCorrelation"))
    #expect(good.output.contains("0 above"))
    let long = try Program.run(["gradcheck", "batchNorm, running"])
    #expect(long.output.contains("  batchNorm, running statistics, shortcut, rectified  "))
    #expect(try Program.run(["gradcheck", "nonsense"]).status == 64)
  }

  @Test("fingerprint prints the recorded digests")
  func fingerprint() throws {
    let recorded = try Fixture("fingerprint").text("lines")
    let outcome = try Program.run(["fingerprint", "--threads", "3"])
    let lines = outcome.output.split(separator: "\n").map(String.init)
    #expect(outcome.status == 0 && lines.count == 2)
    #expect(lines.allSatisfy(recorded.contains), "\(lines)")
    let one = try Program.run(["fingerprint", "--scalar", "float64", "--steps", "2"])
    #expect(one.output.hasPrefix("float64, \(Double.Vector.scalarCount) lanes, 2 steps: "))
  }

  @Test("--trap-nonfinite names the operation, ends with 1 and leaves no result")
  func trap() throws {
    try inDirectory { directory in
      // Steps so long that the parameters leave the range of Float.
      let arguments =
        ["pretrain"] + Program.tiny + [
          "--set", "optimizer=sgd", "--set", "lr=1e3", "--set", "dataset.train_images=320",
        ]
      let trapped = try Program.run(arguments + ["--trap-nonfinite", "--output", "\(directory)/a"])
      let plain = try Program.run(arguments + ["--output", "\(directory)/b"])
      for outcome in [trapped, plain] {
        #expect(outcome.status == 1 && outcome.errors.contains("not finite in step"))
        #expect(outcome.errors.contains("To mend:"))
      }
      #expect(trapped.errors.contains(", forward: the result ["), "\(trapped.errors)")
      #expect(plain.errors.contains("--trap-nonfinite"))
      #expect(!FileManager.default.fileExists(atPath: "\(directory)/a/result.json"))
    }
  }

  @Test("data check names what is there and what mends it; data show draws a sheet")
  func data() throws {
    try inDirectory { directory in
      let data = directory + "/shapes"
      _ = try Program.run(["synthesize", data, "--train", "20", "--test", "10", "--unlabeled", "0"])
      let good = try Program.run(["data", "check", data, "--read-all"])
      #expect(good.status == 0 && good.output.contains("train: 20 images, 10 classes"))
      let sheet = directory + "/sheet.png"
      let shown = try Program.run(
        ["data", "show", data, "-o", sheet, "--count", "2", "--policy", "randaugment"])
      #expect(shown.status == 0 && FileManager.default.fileExists(atPath: sheet))
      try FileManager.default.removeItem(atPath: data + "/test_y.bin")
      let bad = try Program.run(["data", "check", data])
      #expect(bad.status == 1 && bad.output.contains("test_y.bin missing"))
      #expect(bad.output.contains("mvmr download stl10 --output \(data)"))
      let broken = directory + "/photographs"
      try FileManager.default.createDirectory(atPath: broken, withIntermediateDirectories: true)
      for name in ["a.jpg", "b.jpg"] {
        try "no picture".write(toFile: "\(broken)/\(name)", atomically: true, encoding: .utf8)
      }
      let unreadable = try Program.run(["data", "check", broken, "--read-all"])
      #expect(unreadable.status == 1 && unreadable.output.contains("pictures: 2 images"))
      #expect(unreadable.output.contains("b.jpg"))
      let empty = directory + "/empty"
      try FileManager.default.createDirectory(atPath: empty, withIntermediateDirectories: true)
      let none = try Program.run(["data", "check", empty])
      #expect(none.status == 1 && none.errors.contains("no data set is recognised"))
      let refused = try Program.run(
        ["download", "cifar10", "--output", directory, "--from", "ftp://nowhere"])
      #expect(refused.status == 1 && refused.errors.contains("ftp://nowhere"))
    }
  }

  @Test("synthesize writes a data set that pretrain reads")
  func synthesize() throws {
    try inDirectory { directory in
      let data = "\(directory)/shapes"
      let made = try Program.run(
        ["synthesize", data, "--train", "20", "--test", "10", "--unlabeled", "12"])
      #expect(made.status == 0, "\(made.errors)")
      let run = try Program.run(
        ["pretrain", "--data", data, "--output", "\(directory)/run"] + Program.tiny + [
          "--set", "dataset.name=stl10", "--set", "dataset.size=96", "--set", "warmup_epochs=0",
          "--set", "dataset.train_images=32",
        ])
      #expect(run.status == 0, "\(run.errors)")
    }
  }
}
