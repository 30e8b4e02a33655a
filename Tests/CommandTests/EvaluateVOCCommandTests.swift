import Formats
import Foundation
import Testing

@Suite("evaluate voc", .serialized) struct EvaluateVOCCommandTests {
  @Test(
    "a wrong command line ends with 64 and says how to mend it",
    arguments: [
      (["evaluate", "voc", "x"], "mvmr download voc2007"),
      (["evaluate", "voc"], "one checkpoint"),
      (["evaluate", "voc", "x", "--data", "d", "--test", "val"], "part of trainval"),
      (["evaluate", "voc", "x", "--data", "d", "--train", "all"], "trainval"),
      (["evaluate", "voc", "x", "--data", "d", "--curves", "c.jpg"], ".svg"),
    ])
  func misuse(arguments: [String], word: String) throws {
    try Program.expectUsageError(arguments, saying: word)
  }

  @Test("a kit laid out as published: table, picture, record")
  func evaluates() throws {
    let directory = FileManager.default.temporaryDirectory
      .appending(path: "mvmr-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let run = "\(directory)/run"
    #expect(try Program.run(["pretrain", "--output", run] + Program.tiny).status == 0)
    try writeKit(in: directory)

    let outcome = try Program.run(["evaluate", "voc", run, "--data", directory, "--size", "16"])
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.output.contains("| dog | 5 |") && outcome.output.contains("| cat | 0 | – |"))
    #expect(outcome.output.contains("map_11_points: 100.00 %"), "\(outcome.output)")
    #expect(FileManager.default.fileExists(atPath: "\(run)/voc.png"))
    let released = try Program.run([
      "evaluate", "voc", run, "--data", directory, "--size", "16", "--train", "train", "--test",
      "val", "--json", "--curves", "\(directory)/curves.svg",
    ])
    #expect(released.status == 0 && released.output.contains("\"dataset\":\"voc2007\""))
    #expect(FileManager.default.fileExists(atPath: "\(directory)/curves.svg"))
    let table = try Program.run(["results", run, "--markdown"])
    #expect(table.output.contains("| voc |"))

    let missing = try Program.run(["evaluate", "voc", run, "--data", "\(directory)/none"])
    #expect(missing.status == 1 && missing.errors.contains("To mend"), "\(missing.errors)")
  }

  /// Bright pictures show a dog, reddish ones a person: what any encoder's features tell apart.
  private func writeKit(in directory: String) throws {
    let place = "\(directory)/VOCdevkit/VOC2007"
    for folder in ["ImageSets/Main", "Annotations", "JPEGImages"] {
      try FileManager.default.createDirectory(
        atPath: "\(place)/\(folder)", withIntermediateDirectories: true)
    }
    var lists: [String: [String]] = [:]
    for i in 0..<30 {
      let number = String(format: "%06d", i + 1)
      let (bright, red) = (i % 2 == 0, i / 2 % 2 == 0)
      for list in i < 20 ? ["trainval", i < 10 ? "train" : "val"] : ["test"] {
        lists[list, default: []].append(number)
      }
      var bytes: [UInt8] = []
      for p in 0..<24 * 20 {
        let base = UInt8((bright ? 150 : 50) + p * (i + 3) % 17)
        bytes += [base + (red ? 60 : 0), base, base]
      }
      try PNGWriter.write(
        to: "\(place)/JPEGImages/\(number).jpg", width: 24, height: 20, channels: 3, bytes: bytes)
      let objects = ([bright ? "dog" : "", red ? "person" : ""]).filter { !$0.isEmpty }.map {
        "<object><name>\($0)</name><difficult>0</difficult></object>"
      }
      try "<annotation>\(objects.joined())</annotation>".write(
        toFile: "\(place)/Annotations/\(number).xml", atomically: true, encoding: .utf8)
    }
    for (name, numbers) in lists {
      try (numbers.joined(separator: "\n") + "\n").write(
        toFile: "\(place)/ImageSets/Main/\(name).txt", atomically: true, encoding: .utf8)
    }
  }
}
