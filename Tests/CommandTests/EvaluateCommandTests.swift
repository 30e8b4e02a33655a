import Foundation
import Testing

@Suite("Evaluation commands", .serialized) struct EvaluateCommandTests {
  @Test(
    "a wrong command line ends with 64 and says how to mend it",
    arguments: [
      (["evaluate", "linear", "x", "--protocol", "sead"], "did you mean seed?"),
      (["evaluate", "linear", "x", "--retrain"], "official"),
      (["evaluate", "linear", "x", "--choose", "last"], "--choose"),
      (["evaluate", "linear", "x", "--protocol", "seed", "--mirror"], "--mirror"),
      (["evaluate", "linear", "x", "--tolerance", "0"], "--tolerance"),
      (["evaluate", "knn", "x", "--metric", "euclidean", "--vote", "weighted"], "majority"),
      (["evaluate", "knn", "x", "--vote", "majority", "--temperature", "1"], "--temperature"),
      (["evaluate", "knn", "x", "--k", "5", "--k", "0"], "--k"),
      (["results", "--json", "--markdown"], "choose one"),
    ])
  func misuse(arguments: [String], word: String) throws {
    try Program.expectUsageError(arguments, saying: word)
  }

  @Test("results are appended to the run and to --output, and printed as a table")
  func results() throws {
    let directory = FileManager.default.temporaryDirectory
      .appending(path: "mvmr-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let run = "\(directory)/run"
    #expect(try Program.run(["pretrain", "--output", run] + Program.tiny).status == 0)
    let all = "\(directory)/all.jsonl"
    let knn = try Program.run(["evaluate", "knn", run, "--k", "1", "--k", "3", "-o", all])
    #expect(knn.status == 0 && knn.output.contains("k3:"), "\(knn.errors)")
    let official = try Program.run(
      ["evaluate", "linear", run, "--protocol", "official", "--retrain", "--epochs", "2", "--json"])
    #expect(
      official.status == 0 && official.output.contains("ON THE TEST SET"), "\(official.errors)")
    #expect(official.errors.contains("epoch 2/2"))
    let clusters = try Program.run(["evaluate", "clusters", run, "--restarts", "2"])
    #expect(clusters.status == 0 && clusters.output.contains("nmi:"), "\(clusters.errors)")
    let many = try Program.run(["evaluate", "clusters", run, "--clusters", "33"])
    #expect(many.status == 1 && many.errors.contains("--clusters"))
    #expect(try Program.run(["results", run, "--json"]).output.split(separator: "\n").count == 3)
    let table = try Program.run(["results", all, "--markdown"])
    #expect(table.status == 0 && table.output.contains("| knn |") && table.output.contains("k1 "))
    let nothing = try Program.run(["results", "\(directory)/none"])
    #expect(nothing.status == 1 && nothing.errors.contains("results.jsonl"))
  }
}
