// The table of configuration keys.
//
// Read       Configuration.swift ← this file

import Formats
import Images
import Networks
import Objectives
import Representations

/// One key of a configuration file.
public struct ConfigurationField: Sendable {
  /// `dataset.name`, `batch_size`.
  public let key: String
  /// What it means, with its unit.
  public let help: String
  let read: @Sendable (inout Configuration, YAMLNode) throws -> Void
  let write: @Sendable (Configuration) -> YAMLNode?

  var group: String? {
    key.firstIndex(of: ".").map { String(key[..<$0]) }
  }
  var name: String {
    key.firstIndex(of: ".").map { String(key[key.index(after: $0)...]) } ?? key
  }

  static let groups = [
    "dataset", "encoder", "scatnet", "hog", "loss", "clip", "teacher", "distill",
    "baseline",
  ]
  static var topLevelKeys: [String] { all.filter { $0.group == nil }.map(\.name) + groups }
  static func keys(of group: String, checking node: YAMLNode) throws -> [String] {
    _ = try node.map()
    return all.filter { $0.group == group }.map(\.name)
  }

  /// Every key, in the order of the resolved file.
  public static let all: [ConfigurationField] = [
    .choice("method", \.method, "what is trained"),
    .integer("batch_size", \.batchSize, 1...65536, "images in a batch"),
    .integer("epochs", \.epochs, 1...1_000_000, "passes over the training images"),
    .integer("warmup_epochs", \.warmupEpochs, 0...1_000_000, "epochs of linear warm-up"),
    .integer("log_every", \.logEvery, 1...1_000_000, "steps between lines of metrics"),
    .integer("eval_every", \.evaluateEvery, 1...1_000_000, "epochs between evaluations"),
    .integer("n_workers", \.workers, 1...256, "threads that prepare batches"),
    .bool("fp16", \.fp16, "accepted for official files; everything is computed in float32"),
    .integer(
      "accumulate_grad_batches", \.accumulation, 1...65536, "batches of one optimiser step"),
    .bool("normalize_z", \.objective.normalizesEmbeddings, "divide embeddings by their length"),
    .text("fine_tune_from", \.fineTuneFrom, "a checkpoint to continue (as --resume)"),
    .text("init_from", \.initializeFrom, "a checkpoint whose encoder a new run begins with, D43"),
    .number("std_margin", \.objective.margin, 0...1e6, "γ of eq. (5), in units of the embedding"),
    .choice("optimizer", \.optimizer, "how parameters move"),
    .number("wd", \.weightDecay, 0...1, "weight decay λ"),
    .number("lr", \.learningRate, 0...1e3, "learning rate η"),
    .choice("scheduler", \.scheduler, "how the learning rate moves"),
    .choice("schedule_horizon", \.horizon, "what the schedule's length counts, D11"),
    .integers("milestones", \.milestones, "epochs at which multistep multiplies the rate"),
    .number("gamma", \.gamma, 0...1, "factor of multistep"),
    .optionalNumber("gradient_clip_val", \.gradientClip, "largest length of all gradients"),
    .choice("dataset.name", \.datasetName, "which data set"),
    .integer("dataset.size", \.imageSize, 8...1024, "side of the images, in pixels"),
    .optionalInteger("dataset.n_classes", \.classCount, "classes; checked against the data"),
    .text("dataset.path", \.datasetPath, "directory of the data (as --data)"),
    .choice("dataset.aug_policy", \.policy, "how views are drawn"),
    .integer("dataset.n_aug", \.copies, 1...1024, "views of each image in an epoch"),
    .bool("dataset.shuffle_copies", \.shufflesCopies, "shuffle when n_aug is above 1, D46"),
    .optionalNumber("dataset.percentage", \.percentage, "labels used by semi-supervised runs"),
    .text("dataset.percentage_list", \.percentageList, "a published list of the files with labels"),
    .text("dataset.class_list", \.classList, "a list of the class folders to take, one a line"),
    .optionalInteger(
      "dataset.fold", \.fold, "STL-10's training fold for probes, 0 to 9", in: 0...9),
    .optionalInteger("dataset.train_images", \.trainingImages, "use only the first so many"),
    .optionalInteger("dataset.test_images", \.testImages, "use only the first so many"),
    .text("encoder_type", \.encoderType, "resnet"),
    .choice("encoder.backbone", \.backbone, "which network"),
    .text("encoder.out_dim", \.projector, "projector widths, such as 8192-8192-8192"),
    .bool("encoder.small_kernel", \.smallKernel, "3×3 stem without stride, for small images"),
    .bool(
      "encoder.recompute", \.recomputes,
      "keep a quarter of the activations and compute the rest again in backward"),
    .bool(
      "encoder.winograd", \.usesWinograd,
      "3×3 and wide 1×1 convolutions of training steps by Winograd's and Strassen's algorithms: faster, up to a digit less exact"
    ),
    .choice(
      "encoder.batch_norm", \.viewStatistics, "how the two views pass through batch norm, D51"),
    .integer(
      "encoder.chunk", \.cacheChunk, 0...65536,
      "images that pass the encoder at once, by gradient caching; 0: the whole batch"),
    .choice(
      "encoder.chunk_statistics", \.cacheStatistics, "whose statistics batch norm takes in chunks"),
    .choices("features", \.features, "representations of L₃, eq. (9)"),
    .optionalChoice(
      "augmented_pixels", \.augmentedPixels, "how full_img_augment is drawn, D3"),
    .integer("scatnet.J", \.scatteringScales, 1...8, "scales of the scattering transform"),
    .integer("scatnet.L", \.scatteringOrientations, 1...64, "orientations"),
    .optionalIntegers("scatnet.shape", \.scatteringShape, "height and width, as dataset.size"),
    .integer("hog.nbins", \.gradientBins, 1...360, "orientation bins"),
    .integer("hog.pool", \.gradientPool, 1...1024, "side of a cell, in pixels"),
    .optionalChoice("hog.variant", \.gradientVoting, "how a pixel votes, D2"),
    .choice("objective", \.objective.numerics, "whose numerics: the paper's or the code's"),
    .number("loss.invariance", \.objective.invarianceWeight, 0...1e6, "λ of eq. (7)"),
    .number("loss.variance", \.objective.varianceWeight, 0...1e6, "μ of eq. (7)"),
    .number("loss.views", \.objective.viewWeight, 0...1e6, "α of eq. (8)"),
    .optionalNumber("loss.epsilon", \.objective.epsilon, "ε of eq. (6), D4", in: 0...1),
    .choice("loss.deviation", \.objective.deviation, "divisor N − 1 or N in eq. (6), D4"),
    .choice(
      "loss.squared_difference", \.objective.squaredDifference,
      "eq. (4) over batch and dimensions, or over the batch, D5"),
    .optionalChoice(
      "loss.representation_sign", \.objective.representationSign, "sign of eq. (9), D1"),
    .optionalChoice("loss.distances", \.objective.distances, "distances of eq. (3), D6"),
    .optionalChoice(
      "loss.input_scale", \.objective.inputScale, "what is divided by 32 before, D6"),
    .choice("loss.degenerate", \.objective.degenerate, "dCor of a constant batch, D7"),
    .choice("loss.correlation", \.objective.estimator, "estimate of dCor"),
    .weight("full_img"), .weight("full_img_scatnet"), .weight("full_img_augment"),
    .weight("full_img_hog"), .weight("full_img_std"), .weight("teacher"),
    .number("probe_lr", \.probeLearningRate, 0...1e3, "learning rate of the online linear probe"),
    .bool(
      "probe_moves_statistics", \.probeMovesStatistics,
      "pass labelled images in training mode, D34"),
    .integer("seed", \.seed, 0...Int.max, "every random number of the run follows from it"),
    .text("clip.model_name", \.clipModel, "teacher of a distillation run"),
    .text("clip.pretrained", \.clipWeights, "weights of the teacher"),
    .text("teacher.path", \.teacher.path, "file of the teacher's weights (as --teacher)"),
    .optionalChoice(
      "teacher.network", \.teacher.network,
      "which network the file holds, where it does not say so itself"),
    .text("teacher.names", \.teacher.names, "whose names the file has (as --from)"),
    .choice("teacher.output", \.teacher.output, "what is taken from it"),
    .optionalInteger(
      "teacher.width", \.teacher.width, "length of its output; told from the file, and checked"),
    .text(
      "teacher.digest", \.teacher.digest,
      "SHA-256 of its weights and input; told from the file, and checked"),
    .choice("teacher.input", \.teacher.input, "how a view becomes its input, D17"),
    .optionalInteger("teacher.size", \.teacher.side, "side of its input, in pixels"),
    .optionalInteger(
      "teacher.resize", \.teacher.resize, "length of the short side before the middle is cut out"),
    .optionalChoice(
      "teacher.statistics", \.teacher.statistics, "in which statistics it sees images"),
    .choice("teacher.view", \.teacher.view, "which view it sees in seed and simreg"),
    .choice("teacher.aug_policy", \.teacher.policy, "how an independent view is drawn"),
    .integer("distill.queue", \.distillation.queue, 1...(1 << 24), "K, embeddings in seed's queue"),
    .number(
      "distill.student_temperature", \.distillation.temperatures.student, 1e-6...1e3, "τ_S of seed"),
    .number(
      "distill.teacher_temperature", \.distillation.temperatures.teacher, 1e-6...1e3, "τ_T of seed"),
    .optionalInteger(
      "distill.hidden", \.distillation.hidden, "hidden width of seed's head"),
    .integer(
      "distill.patches", \.distillation.patches, 0...64, "small patches of an image in seed"),
    .integer("distill.patch_size", \.distillation.patchSize, 8...1024, "their side, in pixels"),
    .choice("distill.patch_policy", \.distillation.patchPolicy, "how they are drawn"),
    .number(
      "distill.lr_scale", \.distillation.rateScale, 1e-6...1e6,
      "m of seed's schedule, images of a step over 256"),
    .choice("distill.head", \.distillation.head, "simreg's head"),
    .choice(
      "distill.squared_difference", \.distillation.squaredDifference,
      "simreg's squares over the batch, or over dimensions too"),
    .optionalInteger(
      "baseline.hidden", \.baseline.hidden, "hidden width of the predictor of byol and simsiam"),
    .number("baseline.momentum", \.baseline.momentum, 0...1, "τ₀ of byol's moving average"),
    .number("baseline.redundancy", \.baseline.redundancy, 0...1e6, "λ of barlow-twins, B2"),
    .optionalInteger("num_features", \.featureCount, "length of h, for fine-tuning runs"),
    .text("comment", \.comment, "free text"),
  ]
}

extension ConfigurationField {
  typealias Path<Value> = WritableKeyPath<Configuration, Value> & Sendable

  static func integer(
    _ key: String, _ path: Path<Int>, _ range: ClosedRange<Int>, _ help: String
  ) -> ConfigurationField {
    ConfigurationField(
      key: key, help: help,
      read: { $0[keyPath: path] = try checked($1.integer(), in: range, $1) },
      write: { .integer($0[keyPath: path]) })
  }

  static func number(
    _ key: String, _ path: Path<Double>, _ range: ClosedRange<Double>, _ help: String
  ) -> ConfigurationField {
    ConfigurationField(
      key: key, help: help,
      read: { $0[keyPath: path] = try checked($1.number(), in: range, $1) },
      write: { .float($0[keyPath: path]) })
  }

  static func bool(_ key: String, _ path: Path<Bool>, _ help: String) -> ConfigurationField {
    ConfigurationField(
      key: key, help: help, read: { $0[keyPath: path] = try $1.bool() },
      write: { .bool($0[keyPath: path]) })
  }

  static func text(_ key: String, _ path: Path<String>, _ help: String) -> ConfigurationField {
    ConfigurationField(
      key: key, help: help, read: { $0[keyPath: path] = try $1.string() },
      write: { .string($0[keyPath: path]) })
  }

  static func text(_ key: String, _ path: Path<String?>, _ help: String) -> ConfigurationField {
    ConfigurationField(
      key: key, help: help,
      read: { configuration, node in
        let text = try node.string()
        guard text != "<>" else {
          throw node.error(
            .malformed, "\(FormatError.quoted(node.keyPath)) is the placeholder <>",
            remedy: "write a real value, or leave it empty")
        }
        configuration[keyPath: path] = text
      },
      write: { $0[keyPath: path].map { .string($0) } })
  }

  static func optionalInteger(
    _ key: String, _ path: Path<Int?>, _ help: String, in range: ClosedRange<Int> = 1...(1 << 40)
  ) -> ConfigurationField {
    ConfigurationField(
      key: key, help: help,
      read: { $0[keyPath: path] = try checked($1.integer(), in: range, $1) },
      write: { $0[keyPath: path].map { .integer($0) } })
  }

  static func optionalNumber(
    _ key: String, _ path: Path<Double?>, _ help: String,
    in range: ClosedRange<Double> = 1e-12...1e12
  ) -> ConfigurationField {
    ConfigurationField(
      key: key, help: help,
      read: { $0[keyPath: path] = try checked($1.number(), in: range, $1) },
      write: { $0[keyPath: path].map { .float($0) } })
  }

  static func integers(_ key: String, _ path: Path<[Int]>, _ help: String) -> ConfigurationField {
    ConfigurationField(
      key: key, help: help, read: { $0[keyPath: path] = try $1.integers() },
      write: {
        $0[keyPath: path].isEmpty ? nil : .list($0[keyPath: path].map { .integer($0) })
      })
  }

  static func optionalIntegers(
    _ key: String, _ path: Path<[Int]?>, _ help: String
  ) -> ConfigurationField {
    ConfigurationField(
      key: key, help: help, read: { $0[keyPath: path] = try $1.integers() },
      write: { $0[keyPath: path].map { .list($0.map { .integer($0) }) } })
  }

  static func choice<Choice: RawRepresentable & CaseIterable & Sendable>(
    _ key: String, _ path: Path<Choice>, _ help: String
  ) -> ConfigurationField where Choice.RawValue == String {
    let names = Choice.allCases.map(\.rawValue)
    return ConfigurationField(
      key: key, help: "\(help): \(names.joined(separator: ", "))",
      read: { $0[keyPath: path] = try chosen($1) },
      write: { .string($0[keyPath: path].rawValue) })
  }

  /// A choice that `objective` makes where the key is not written.
  static func optionalChoice<Choice: RawRepresentable & CaseIterable & Sendable>(
    _ key: String, _ path: Path<Choice?>, _ help: String
  ) -> ConfigurationField where Choice.RawValue == String {
    let names = Choice.allCases.map(\.rawValue)
    return ConfigurationField(
      key: key, help: "\(help): \(names.joined(separator: ", "))",
      read: { $0[keyPath: path] = try chosen($1) as Choice },
      write: { $0[keyPath: path].map { .string($0.rawValue) } })
  }

  static func choices<Choice: RawRepresentable & CaseIterable & Sendable>(
    _ key: String, _ path: Path<[Choice]>, _ help: String
  ) -> ConfigurationField where Choice.RawValue == String {
    let names = Choice.allCases.map(\.rawValue)
    return ConfigurationField(
      key: key, help: "\(help): a list of \(names.joined(separator: ", "))",
      read: { $0[keyPath: path] = try $1.list().map { try chosen($0) } },
      write: { .list($0[keyPath: path].map { .string($0.rawValue) }) })
  }

  static func weight(_ feature: String) -> ConfigurationField {
    ConfigurationField(
      key: "loss.\(feature)", help: "β of eq. (9) for \(feature)",
      read: {
        $0.objective.representationWeights[feature] = try checked($1.number(), in: 0...1e6, $1)
      },
      write: { $0.objective.representationWeights[feature].map { .float($0) } })
  }

  private static func checked<Value: Comparable>(
    _ value: Value, in range: ClosedRange<Value>, _ node: YAMLNode
  ) throws -> Value {
    guard range.contains(value) else {
      throw node.error(
        .limitExceeded, "\(FormatError.quoted(node.keyPath)) is \(value)",
        remedy: "write a value in \(range.lowerBound)…\(range.upperBound)")
    }
    return value
  }

  private static func chosen<Choice: RawRepresentable & CaseIterable>(
    _ node: YAMLNode
  ) throws -> Choice where Choice.RawValue == String {
    let text = try node.string()
    if let choice = Choice(rawValue: text) { return choice }
    let names = Choice.allCases.map(\.rawValue)
    let near = nearestName(to: text, among: names).map { "did you mean '\($0)'? " } ?? ""
    throw node.error(
      .malformed, "\(FormatError.quoted(node.keyPath)) is \(FormatError.quoted(text))",
      remedy: "\(near)choose one of \(names.joined(separator: ", "))")
  }
}
