// A training trace: every tensor of the first steps of the main job, in the order of their causes.
//
// Idea       A port that trains to other numbers went wrong somewhere first. A trace holds what each step
//            read, computed and left behind, so `oracle bisect` can find that place.
// Layout     step-0000.safetensors   parameter.*: where training begins
//            step-0001.safetensors …  batch.* view.* representation.* features.* embedding.* loss.*
//                                    gradient.* parameter.*
//            trace.json              the configuration, the number type, the order of the tensors
//            Images are [batch, height, width, channels]; parameters are as in PyTorch's state
//            dictionaries. docs/oracle.md is the specification.
// Order      data → views → representations → h̃, h → z̃, z → loss terms → gradients, last layer first →
//            parameters after the step
// Read       Training/PreTrainingReplay.swift ← this file → TraceBisection.swift
// Tests      Tests/OracleTests/TraceTests.swift

import Autodiff
import Formats
import Foundation
import Kernels
import Networks
import Tensors
import Training

/// The first steps of a run, on disk.
public enum TrainingTrace {
  static let manifestName = "trace.json"
  static let format = 1

  /// The file of a step; step 0 is where training begins.
  static func fileName(step: Int) -> String {
    let digits = String(step)
    return "step-" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
      + ".safetensors"
  }

  /// Trains and writes every step.
  ///
  /// - Parameters:
  ///   - configuration: The job.
  ///   - data: Its data.
  ///   - steps: How many steps, at least 1.
  ///   - scalar: The number type to compute in.
  ///   - directory: Created when it does not exist.
  ///   - progress: Called after each step with its number, its loss, and the bytes written so far.
  /// - Throws: When the job cannot be run that long, or a file cannot be written.
  /// - Returns: Bytes written. The manifest is written last, so a folder that has one is complete.
  public static func write(
    _ configuration: Configuration, data: DataSource, steps: Int, scalar: OracleScalar,
    to directory: String, progress: (Int, Double, Int) -> Void = { _, _, _ in }
  ) throws -> Int {
    switch scalar {
    case .float64:
      try write(
        Double.self, configuration, data, steps, scalar, directory, progress)
    case .float32:
      try write(Float.self, configuration, data, steps, scalar, directory, progress)
    }
  }

  private static func write<S: KernelScalar>(
    _: S.Type, _ configuration: Configuration, _ data: DataSource, _ steps: Int,
    _ scalar: OracleScalar, _ directory: String, _ progress: (Int, Double, Int) -> Void
  ) throws -> Int {
    let replay = try PreTrainingReplay<S>(configuration, data: data)
    do {
      try FileManager.default.createDirectory(
        atPath: directory, withIntermediateDirectories: true)
    } catch {
      throw OracleError(
        "the folder cannot be made (\(error.localizedDescription))",
        mend: "name a folder that can be written"
      ).inFile(directory)
    }
    var written = 0
    func save(_ tensors: OrderedMap<TensorRecord>, step: Int) throws {
      let file = SafeTensorsFile(
        metadata: [
          "trace.format": "\(format)", "step": "\(step)", "scalar": scalar.rawValue,
          "layout": GoldenCase.layout, "writer": GoldenCase.writer,
        ], tensors: tensors)
      try file.write(
        to: "\(directory)/\(fileName(step: step))", keepsPrevious: false)
      written += tensors.entries.reduce(0) { $0 + $1.value.bytes.count }
    }
    // A manifest of an earlier trace would speak of files that are being replaced.
    try? FileManager.default.removeItem(atPath: "\(directory)/\(manifestName)")

    var tensors = OrderedMap<TensorRecord>()
    parameters(of: replay.encoder, into: &tensors)
    try save(tensors, step: 0)
    var order: [String] = []
    for _ in 0..<steps {
      guard let step = try replay.step() else {
        throw OracleError(
          "the configured run ends before step \(steps)", mend: "ask for fewer steps, or set epochs"
        ).inFile(directory)
      }
      tensors = records(of: step)
      parameters(of: replay.encoder, into: &tensors)
      order = tensors.keys
      try save(tensors, step: step.step)
      progress(step.step, Double(step.objective.total.value.scalar), written)
    }
    let manifest: JSONValue = [
      "format": .integer(format), "writer": .string(GoldenCase.writer),
      "scalar": .string(scalar.rawValue), "steps": .integer(steps),
      "layout": .string(GoldenCase.layout), "configuration": .string(try configuration.yaml()),
      "order": .array(order.map(JSONValue.string)),
    ]
    try writeWhole(Array((manifest.text + "\n").utf8), to: "\(directory)/\(manifestName)")
    return written
  }

  /// A step's tensors, causes before effects.
  private static func records<S: KernelScalar>(
    of step: ReplayedStep<S>
  ) -> OrderedMap<TensorRecord> {
    var tensors = OrderedMap<TensorRecord>()
    func add(_ name: String, _ tensor: Tensor<S>) { tensors.insert(record(tensor), for: name) }
    tensors.insert(
      TensorRecord(step.batch.indices.map(Int64.init), shape: [step.batch.indices.count]),
      for: "batch.indices")
    add("batch.learning_rate", Tensor([], [S(step.learningRate)]))
    add("view.original", step.views.original)
    add("view.augmented", step.views.augmented)
    for Φ in step.representations { add("representation.\(Φ.name)", Φ.values) }
    add("features.augmented", step.embedded.features.augmented.value)
    add("features.original", step.embedded.features.original.value)
    add("embedding.augmented", step.embedded.embeddings.augmented.value)
    add("embedding.original", step.embedded.embeddings.original.value)
    for term in step.objective.terms { add("loss.\(term.name)", Tensor([], [term.value])) }
    add("loss.total", Tensor([], [step.objective.total.value.scalar]))
    add("gradient.embedding.augmented", step.embeddingGradients.augmented)
    add("gradient.embedding.original", step.embeddingGradients.original)
    for gradient in step.gradients.reversed() { add("gradient.\(gradient.name)", gradient.tensor) }
    return tensors
  }

  private static func parameters<S: KernelScalar>(
    of encoder: Encoder<S>, into tensors: inout OrderedMap<TensorRecord>
  ) {
    for entry in encoder.stateDictionary() {
      tensors.insert(
        entry.isCounter
          ? TensorRecord(entry.tensor.scalars.map { Int64($0) }, shape: entry.tensor.shape)
          : record(entry.tensor), for: "parameter.\(entry.name)")
    }
  }

  private static func record<S: KernelScalar>(_ tensor: Tensor<S>) -> TensorRecord {
    S.self == Double.self
      ? TensorRecord(tensor.scalars.map { Double($0) }, shape: tensor.shape)
      : TensorRecord(tensor.scalars.map { Float($0) }, shape: tensor.shape)
  }
}
