import Foundation
import TestSupport
import Testing

@Suite("Distillation from the command line", .serialized) struct DistillCommandTests {
  func inDirectory(_ body: (String) throws -> Void) throws {
    try CommandTests().inDirectory(body)
  }

  static let student = ["--set", "teacher.size=16", "--set", "distill.queue=32"]

  @Test("a run teaches another: distill with a cache, resume, and embed agree")
  func wholeJob() throws {
    try inDirectory { directory in
      let teacher = "\(directory)/teacher"
      #expect(try Program.run(["pretrain", "--output", teacher] + Program.tiny).status == 0)
      let (student, cache) = ("\(directory)/student", "\(directory)/cache")
      let command = ["distill", "--teacher", teacher, "--cache", cache] + Program.tiny
      let first = try Program.run(command + Self.student + ["--output", student])
      #expect(first.status == 0, "\(first.errors)")
      // The forecast before the run has shown the teacher some of its images.
      #expect(first.output.contains("The teacher saw "), "\(first.output)")
      // The metrics of a run that finds everything in the cache are the same bytes.
      let again = "\(directory)/again"
      let second = try Program.run(command + Self.student + ["--output", again])
      #expect(second.output.contains("saw 0 images; 96 were found"), "\(second.output)")
      func file(_ path: String) throws -> Data { try Data(contentsOf: URL(filePath: path)) }
      for name in ["metrics.jsonl", "checkpoint.safetensors"] {
        #expect(try file("\(student)/\(name)") == file("\(again)/\(name)"), "\(name)")
      }

      for (format, size) in [("npy", 128 + 32 * 64 * 4), ("safetensors", 0), ("npz", 0)] {
        let path = "\(directory)/features.\(format)"
        let outcome = try Program.run(["embed", student, "--output", path])
        #expect(outcome.status == 0 && outcome.output.contains("32 images"), "\(outcome.errors)")
        if size > 0 { #expect(try file(path).count == size) }
        let listed = try Program.run(["inspect", path])
        #expect(listed.output.contains("[32, 64]"), "\(listed.output)")
      }
      let projected = try Program.run([
        "embed", student, "--layer", "projection", "--split", "train", "--output",
        "\(directory)/z.safetensors",
      ])
      #expect(projected.output.contains("48 images, 8 numbers"), "\(projected.errors)")
    }
  }

  @Test("a student of another family goes to PyTorch under the official names, and comes back")
  func convert() throws {
    try inDirectory { directory in
      let run = "\(directory)/run"
      let student =
        Program.tiny + ["--set", "encoder.backbone=cifar_resnet20", "--set", "features=[]"]
      let trained = try Program.run(
        ["pretrain", "--output", run, "--set", "encoder.small_kernel=false"] + student)
      #expect(trained.status == 0, "\(trained.errors)")
      let exported = "\(directory)/encoder.pth"
      let converted = try Program.run(
        ["convert", "\(run)/checkpoint.safetensors", exported, "--map", "official"])
      #expect(converted.status == 0, "\(converted.errors)")
      let data = ["--set", "dataset.size=16", "--set", "dataset.test_images=32"]
      for (name, arguments) in [
        ("a", [run]), ("b", [exported, "--network", "cifar_resnet20", "--size", "16"]),
      ] {
        let outcome = try Program.run(
          ["embed", "--output", "\(directory)/\(name).npy"] + data + arguments)
        #expect(outcome.status == 0, "\(outcome.errors)")
      }
      func file(_ name: String) throws -> Data {
        try Data(contentsOf: URL(filePath: "\(directory)/\(name).npy"))
      }
      #expect(try file("a") == file("b"))
    }
  }

  @Test("killed without warning while it fills its cache, a run begun again has the same bits")
  func killed() throws {
    try inDirectory { directory in
      let teacher = "\(directory)/teacher"
      #expect(try Program.run(["pretrain", "--output", teacher] + Program.tiny).status == 0)
      let command = ["distill", "--teacher", teacher] + Program.tiny + Self.student
      let whole = "\(directory)/whole"
      #expect(try Program.run(command + ["--output", whole]).status == 0)
      let cache = "\(directory)/cache"
      for attempt in 0..<2 {
        let process = Process()
        process.executableURL = BuiltProgram.url
        process.arguments = command + ["--cache", cache, "--output", "\(directory)/k\(attempt)"]
        process.standardOutput = Pipe()
        process.standardError = Pipe()
        try process.run()
        let metrics = "\(directory)/k\(attempt)/metrics.jsonl"
        while process.isRunning, (try? Data(contentsOf: URL(filePath: metrics)).isEmpty) ?? true {
          Thread.sleep(forTimeInterval: 0.005)
        }
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
      }
      let parts = "\(directory)/parts"
      #expect(try Program.run(command + ["--cache", cache, "--output", parts]).status == 0)
      func file(_ path: String) throws -> Data { try Data(contentsOf: URL(filePath: path)) }
      #expect(
        try file("\(whole)/checkpoint.safetensors") == file("\(parts)/checkpoint.safetensors"))
    }
  }

  @Test(
    "a wrong command line ends with 64 and says how to mend it",
    arguments: [
      (["distill"], "--teacher FILE"),
      (["distill", "--resume", "x", "--method", "seed"], "--method"),
      (["embed"], "mvmr embed FILE"), (["embed", "x"], "--output"),
      (["embed", "x", "--output", "y.npy", "--network", "resnet51"], "resnet50"),
      (["embed", "x", "--output", "y.npy", "--split", "valid"], "labelled"),
      (["embed", "x", "--output", "y.npy", "--size", "big"], "--size"),
    ])
  func misuse(arguments: [String], word: String) throws {
    try Program.expectUsageError(arguments, saying: word)
  }

  @Test("bad input ends with 1 and a message, never with a trap")
  func badInput() throws {
    try inDirectory { directory in
      let junk = "\(directory)/junk.pth"
      try Data("no weights at all, only text".utf8).write(to: URL(filePath: junk))
      for (arguments, word) in [
        (["distill", "--teacher", junk, "--network", "resnet18"], "junk.pth"),
        (["distill", "--method", "sead", "--teacher", junk], "did you mean 'seed'"),
        (
          ["distill", "--method", "seed", "--teacher", junk, "--network", "vgg"], "teacher.network"
        ),
        (["embed", junk, "--output", "\(directory)/y.npy", "--network", "ViT-B-16"], "junk.pth"),
        (["embed", "\(directory)/none", "--output", "\(directory)/y.npy"], "none"),
        (["pretrain", "--set", "method=seed"], "mvmr distill"),
        (["embed", junk, "--output", "\(directory)/y.txt"], ".safetensors"),
      ] {
        let outcome = try Program.run(arguments)
        #expect(outcome.status == 1 && outcome.errors.contains(word), "\(outcome.errors)")
        #expect(outcome.errors.contains("To mend") || word == "none", "\(outcome.errors)")
      }
      #expect(!FileManager.default.fileExists(atPath: "\(directory)/y.npy"))
    }
  }
}
