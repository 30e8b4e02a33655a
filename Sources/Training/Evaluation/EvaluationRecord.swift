// The record of one result: a number with everything needed to know what it means.
//
// Idea       An accuracy is worth its protocol. So no evaluation returns a bare number: it returns what
//            was trained on what, how the weights that were measured were chosen, which views were seen,
//            the seed, the digest of the frozen weights, and how long it took.
// File       `results.jsonl` in the folder of the run: one JSON object a line, appended
// Read       Formats/JSONLines.swift ← this file → ResultsTable.swift
// Tests      Tests/TrainingTests/EvaluationRecordTests.swift

import Formats
import Foundation
import Kernels
import Networks

/// One result with its protocol.
public struct EvaluationRecord: Sendable, Equatable {
  /// How many images had which part.
  public struct Split: Sendable, Equatable {
    /// Images with labels that something was fitted to.
    public var training: Int
    /// Images held out of the training images, on which something was chosen.
    public var validation: Int
    /// Images on which the result was measured.
    public var test: Int

    /// A split, in images.
    public init(training: Int, validation: Int = 0, test: Int) {
      (self.training, self.validation, self.test) = (training, validation, test)
    }
  }

  /// Whose protocol, in a few words: `linear`, `linear official`, `knn`.
  public var protocolName: String
  /// What was done, in a sentence.
  public var description: String
  /// The data set's name.
  public var dataset: String
  public var split: Split
  /// What the network saw of an image, in training and in the test.
  public var views: String
  /// How the epoch, or whatever else there was to choose, was chosen.
  public var epochChoice: String
  public var seed: Int
  /// Accuracies and precisions in 0…1, others as their names say.
  public var metrics: OrderedMap<JSONValue>
  /// Numbers that decide the result: k, temperature, learning rate.
  public var settings: OrderedMap<JSONValue>
  /// SHA-256 of the frozen weights (see `weightsDigest`).
  public var weights: String
  /// The file or folder the weights came from.
  public var checkpoint: String
  /// When it was finished, UTC, ISO 8601.
  public var date: String
  /// Wall-clock seconds it took.
  public var seconds: Double

  /// The record as a JSON object.
  public var json: JSONValue {
    .object([
      "protocol": .string(protocolName), "description": .string(description),
      "dataset": .string(dataset),
      "split": .object([
        "training": .integer(split.training), "validation": .integer(split.validation),
        "test": .integer(split.test),
      ]),
      "views": .string(views), "epoch_choice": .string(epochChoice), "seed": .integer(seed),
      "metrics": .object(metrics), "settings": .object(settings), "weights": .string(weights),
      "checkpoint": .string(checkpoint), "date": .string(date), "seconds": .number(seconds),
    ])
  }

  /// Reads a record.
  ///
  /// - Throws: `TrainingError` naming the first member that is missing or of the wrong kind.
  public init(_ json: JSONValue) throws {
    func wrong(_ key: String) -> TrainingError {
      TrainingError(
        "a result has no usable member '\(key)'",
        remedy: "remove the line, or write it again with `mvmr evaluate`")
    }
    func text(_ key: String) throws -> String {
      guard let value = json[key]?.string else { throw wrong(key) }
      return value
    }
    func count(_ key: String) throws -> Int {
      guard let value = json["split"]?[key]?.integer, value >= 0 else {
        throw wrong("split.\(key)")
      }
      return value
    }
    guard let metrics = json["metrics"]?.object,
      metrics.entries.allSatisfy({ $0.value.double != nil })
    else { throw wrong("metrics") }
    guard let settings = json["settings"]?.object else { throw wrong("settings") }
    guard let seed = json["seed"]?.integer else { throw wrong("seed") }
    guard let seconds = json["seconds"]?.double else { throw wrong("seconds") }
    self.init(
      protocolName: try text("protocol"), description: try text("description"),
      dataset: try text("dataset"),
      split: Split(
        training: try count("training"), validation: try count("validation"),
        test: try count("test")), views: try text("views"),
      epochChoice: try text("epoch_choice"), seed: seed, metrics: metrics, settings: settings,
      weights: try text("weights"), checkpoint: try text("checkpoint"), date: try text("date"),
      seconds: seconds)
  }

  /// A record of the given parts; the date is now unless it is given.
  public init(
    protocolName: String, description: String, dataset: String, split: Split, views: String,
    epochChoice: String, seed: Int, metrics: OrderedMap<JSONValue>,
    settings: OrderedMap<JSONValue>, weights: String, checkpoint: String, date: String? = nil,
    seconds: Double
  ) {
    self.protocolName = protocolName
    self.description = description
    self.dataset = dataset
    self.split = split
    self.views = views
    self.epochChoice = epochChoice
    self.seed = seed
    self.metrics = metrics
    self.settings = settings
    self.weights = weights
    self.checkpoint = checkpoint
    self.date = date ?? ISO8601DateFormatter().string(from: Date())
    self.seconds = seconds
  }

  /// The name of the file records are kept in.
  public static let fileName = "results.jsonl"

  /// Appends the record to a file of records, which is made when it is not there.
  ///
  /// - Throws: `FormatError` when the file cannot be written, or holds something else.
  public func append(to path: String) throws {
    let file = try JSONLinesWriter(path)
    try file.append(json)
    try file.synchronize()
  }

  /// Whether two records are equal in everything but date and duration.
  public static func == (a: EvaluationRecord, b: EvaluationRecord) -> Bool {
    func timeless(_ record: EvaluationRecord) -> JSONValue {
      var members = record.json.object ?? [:]
      members["date"] = nil
      members["seconds"] = nil
      return .object(members)
    }
    return timeless(a) == timeless(b)
  }
}

/// SHA-256 of a network's weights: for each tensor, in the order of its state dictionary, the name in
/// UTF-8 and the numbers in the layout of files, little-endian (counters as 64-bit integers).
public func weightsDigest(_ network: some Layer<Float>) -> String {
  var digest = SHA256()
  for entry in network.stateDictionary() {
    digest.update(Array(entry.name.utf8))
    let record =
      entry.isCounter
      ? TensorRecord(entry.tensor.scalars.map { Int64($0) }, shape: entry.tensor.shape)
      : TensorRecord(entry.tensor.scalars, shape: entry.tensor.shape)
    digest.update(record.bytes)
  }
  return digest.hex
}
