import Formats
import Foundation
import Testing
import Training

@Suite("Configuration") struct ConfigurationTests {
  /// In the manner of the official file for STL-10, with its comments and its bare exponents.
  static let official = """
    batch_size: 256  # images in one batch
    epochs: 1000     # epochs: all of them
    warmup_epochs: 10
    log_every: 100
    eval_every: 1
    n_workers: 16
    fp16: True
    accumulate_grad_batches: 1
    normalize_z: False
    fine_tune_from:  # path to a checkpoint
    std_margin: 1
    optimizer: adam
    wd: 1e-6
    lr: 1e-4
    scheduler: warmup_cosine

    dataset:
      name: stl10
      size: 96
      n_classes: 10
      path:
      aug_policy: custom

    scatnet:
      J: 2
      shape:
        - 96   # height
        - 96
      L: 8

    encoder_type: resnet
    encoder:
      out_dim: 8192-8192-8192
      small_kernel: True

    hog:
      nbins: 24
      pool: 8

    comment: stl10_self_supervised_scale_z
    """

  func message(_ yaml: String, _ overrides: String...) -> String {
    do {
      _ = try Configuration(yaml: yaml, path: "config.yaml", overrides: overrides)
      return "no error"
    } catch { return "\(error)" }
  }

  @Test("the official schema is read as it is")
  func officialFile() throws {
    let c = try Configuration(yaml: Self.official, path: "official.yaml")
    #expect(c.batchSize == 256 && c.epochs == 1000 && c.fp16 && c.learningRate == 1e-4)
    #expect(c.weightDecay == 1e-6 && c.datasetName == .stl10 && c.imageSize == 96)
    #expect(c.smallKernel && c.projector == "8192-8192-8192" && c.backbone.rawValue == "resnet50")
    #expect(c.scatteringShape == [96, 96] && c.fineTuneFrom == nil && c.objective.margin == 1)
    #expect(c.features == Configuration.FeatureName.allCases)
  }

  @Test("what is written reads back as the same value")
  func roundTrip() throws {
    var c = try Configuration(
      yaml: Self.official,
      overrides: [
        "loss.full_img_hog=0.25", "features=[full_img, full_img_hog]", "gradient_clip_val=2.5",
        "scheduler=multistep", "milestones=[3, 5]", "objective=released-code", "lr=0.1234567890123",
      ])
    c.comment = "yes: a # tricky 'one'"
    #expect(try Configuration(yaml: c.yaml()) == c)
  }

  @Test("a misspelt key names its line and the nearest key")
  func unknownKeys() {
    let text = message("batch_size: 8\nepohcs: 20\n")
    #expect(text.contains("config.yaml:2") && text.contains("epohcs") && text.contains("'epochs'"))
    let nested = message("encoder:\n  bakcbone: resnet18\n")
    #expect(nested.contains("config.yaml:2") && nested.contains("'backbone'"))
    #expect(message("", "encoder.bakcbone=resnet18").contains("'backbone'"))
  }

  @Test(
    "wrong types and ranges are refused with the line",
    arguments: [
      ("batch_size: many", "batch_size"), ("epochs: 0", "epochs"), ("lr: -1", "lr"),
      ("fp16: yes", "'yes'"), ("optimizer: adan", "'adam'"), ("dataset: stl10", "dataset"),
      ("dataset:\n  name: stl11", "'stl10'"), ("milestones: 5", "milestones"),
      ("dataset:\n  path: <>", "placeholder"), ("encoder:\n  out_dim: 12-x", "12-x"),
      ("warmup_epochs: 10\nepochs: 10", "warmup_epochs"),
      ("scatnet:\n  shape: [96, 96]", "scatnet.shape"), ("encoder_type: vit", "encoder_type"),
      ("scatnet:\n  J: 6", "scatnet.J"), ("hog:\n  pool: 64", "hog.pool"),
      ("batch_size: 1e3", "batch_size"), ("seed: -1", "seed"),
    ])
  func refused(yaml: String, word: String) {
    let text = message(yaml)
    #expect(text.contains(word), "\(text)")
    // The projector's grammar belongs to the networks, which know no files.
    #expect(text.contains("config.yaml") || word == "12-x", "\(text)")
  }

  @Test("an override without '=' says how to write it")
  func override() {
    #expect(message("", "epochs").contains("key=value"))
    #expect(message("", "epochs=20") == "no error")
  }

  @Test("the built-in job is the file a user starts from")
  func builtIn() throws {
    let file = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../Examples/configs/synthetic.yaml")
    let text = try String(contentsOf: file, encoding: .utf8)
    #expect(try Configuration(yaml: text) == Configuration(yaml: Configuration.builtIn))
  }

  @Test("every example configuration is valid")
  func examples() throws {
    let directory = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../Examples/configs").standardizedFileURL
    let files = try FileManager.default.contentsOfDirectory(atPath: directory.path)
    #expect(files.count >= 5)
    for file in files {
      let text = try String(contentsOf: directory.appending(path: file), encoding: .utf8)
      _ = try Configuration(yaml: text, path: file)
    }
  }
}
