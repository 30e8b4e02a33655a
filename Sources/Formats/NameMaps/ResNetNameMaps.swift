// Names of published ResNet encoders.
//
// Source     The released code of MV-MR, torchvision, MoCo, SwAV, SEED, SimReg, SimSiam, VICReg and
//            Barlow Twins, as far as it names the keys of checkpoints
// Idea       All of them hold torchvision's names under a prefix of their own. The exception is the
//            SimCLR ResNet-50 ×4 that was converted from TensorFlow: its layers are numbered in the
//            order of creation, the shortcut of a stage's first block before its convolutions.
// Read       NameMap.swift ← this file → NameConversion.swift
// Tests      Tests/FormatsTests/NameMapTests.swift

extension NameMap {
  private static let backbone = "encoder.backbone.*"
  private static let projector = "encoder.projector.*"
  private static let probe = "online_finetuner.*"

  private static func same(_ pattern: String) -> NameRule { NameRule(pattern, pattern) }

  /// The names of this project: the hub.
  public static let project = NameMap(
    "mvmr", "checkpoints of this project",
    rules: [same(backbone), same(projector), same(probe)],
    leftBehind: ["optimizer.*", "online_finetuner_optimizer.*", "method.*", "encoder.predictor.*"],
    signature: ["encoder.backbone.conv1.weight"])

  static let official = NameMap(
    "official", "the official MV-MR weights (.pth): {encoder, online_finetuner}",
    rules: [same(backbone), same(projector), same(probe)],
    signature: ["encoder.backbone.conv1.weight"], isGrouped: true)

  static let officialClassifier = NameMap(
    "official-classifier", "the official semi-supervised and VOC weights: {encoder, classifier}",
    rules: [NameRule("classifier.*", probe), NameRule("encoder.*", backbone)],
    signature: ["encoder.conv1.weight", "classifier.weight"], isGrouped: true)

  static let lightning = NameMap(
    "lightning", "the official Lightning checkpoints (.ckpt): _encoder.…, online_finetuner.…",
    rules: [
      NameRule("_encoder.backbone.*", backbone), NameRule("_encoder.projector.*", projector),
      same(probe),
    ], leftBehind: ["_scatnet.*", "_hog.*", "clip.*"],
    signature: ["_encoder.backbone.conv1.weight"], wrapper: ["state_dict"])

  static let torchvision = NameMap(
    "torchvision", "torchvision's ResNets",
    rules: [
      NameRule("fc.weight", "online_finetuner.weight"),
      NameRule("fc.bias", "online_finetuner.bias"),
      NameRule("*", backbone),
    ],
    signature: ["conv1.weight", "layer1.0.conv1.weight"])

  static let mocoV2 = NameMap(
    "moco-v2", "MoCo v1 and v2: {state_dict: module.encoder_q.…}",
    rules: [NameRule("encoder_q.fc.*", projector), NameRule("encoder_q.*", backbone)],
    leftBehind: ["encoder_k.*", "queue", "queue_ptr"], signature: ["encoder_q.conv1.weight"],
    wrapper: ["state_dict"], prefix: "module.")

  static let swav = NameMap(
    "swav", "SwAV of all widths: module.…, projection_head, prototypes",
    rules: [NameRule("projection_head.*", projector), NameRule("*", backbone)],
    leftBehind: ["prototypes.*"], signature: ["conv1.weight", "projection_head.0.weight"],
    prefix: "module.")

  static let simCLR = NameMap(
    "simclr", "SimCLR as SEED wrote it: {model: module.module.module.…, fc.0, fc.1, fc.3}",
    rules: [NameRule("fc.*", projector), NameRule("*", backbone)],
    signature: ["conv1.weight", "fc.3.weight"], wrapper: ["model"],
    prefix: "module.module.module.")

  static let byol = NameMap(
    "byol", "BYOL's ResNet-50 converted to PyTorch: {state_dict: module.encoder_q.…}",
    rules: [NameRule("encoder_q.*", backbone), NameRule("*", backbone)],
    leftBehind: ["fc.*", "encoder_q.fc.*"], signature: ["encoder_q.conv1.weight"],
    wrapper: ["state_dict"], prefix: "module.")

  static let simSiam = NameMap(
    "simsiam", "SimSiam: {state_dict: module.encoder.…, module.predictor.…}",
    rules: [NameRule("encoder.fc.*", projector), NameRule("encoder.*", backbone)],
    leftBehind: ["predictor.*"], signature: ["encoder.conv1.weight", "predictor.0.weight"],
    wrapper: ["state_dict"], prefix: "module.")

  static let vicReg = NameMap(
    "vicreg", "VICReg: {model: module.backbone.…, module.projector.…}",
    rules: [NameRule("backbone.*", backbone), NameRule("projector.*", projector)],
    signature: ["backbone.conv1.weight"], wrapper: ["model"], prefix: "module.")

  static let barlowTwins = NameMap(
    "barlow-twins", "Barlow Twins: {model: module.backbone.…, module.projector.…, module.bn.…}",
    rules: [NameRule("backbone.*", backbone), NameRule("projector.*", projector)],
    leftBehind: ["bn.*"], signature: ["backbone.conv1.weight", "bn.running_mean"],
    wrapper: ["model"], prefix: "module.")

  static let seed = NameMap(
    "seed", "students of SEED: {state_dict: module.student.…}",
    rules: [NameRule("student.fc.*", projector), NameRule("student.*", backbone)],
    leftBehind: ["teacher.*", "queue", "small_queue", "queue_ptr"],
    signature: ["student.conv1.weight"], wrapper: ["state_dict"], prefix: "module.")

  static let simReg = NameMap(
    "simreg", "students of SimReg: {state_dict: encoder_q.module.…, predict_q.module.…}",
    rules: [NameRule("predict_q.module.*", projector), NameRule("encoder_q.module.*", backbone)],
    leftBehind: ["encoder_t.*", "encoder_k.*", "queue.*", "queue", "queue_ptr"],
    signature: ["encoder_q.module.conv1.weight"], wrapper: ["state_dict"])

  static let simCLRPositional = NameMap(
    "simclr-tensorflow", "SimCLR ResNet-50 ×4 converted from TensorFlow: conv2d_7, …",
    rules: positionalRules, leftBehind: ["fc.*"],
    signature: ["conv2d.weight", "batch_normalization_52.weight"], wrapper: ["state_dict"])

  /// `conv2d_<i>` and `batch_normalization_<i>`, numbered as TensorFlow made them.
  private static let positionalRules: [NameRule] = {
    var names: [(convolution: String, norm: String)] = [("conv1", "bn1")]
    for (stage, depth) in [3, 4, 6, 3].enumerated() {
      for block in 0..<depth {
        let place = "layer\(stage + 1).\(block)"
        if block == 0 { names.append(("\(place).downsample.0", "\(place).downsample.1")) }
        for i in 1...3 { names.append(("\(place).conv\(i)", "\(place).bn\(i)")) }
      }
    }
    return names.enumerated().flatMap { i, name in
      let number = i == 0 ? "" : "_\(i)"
      return [
        NameRule("conv2d\(number).*", "encoder.backbone.\(name.convolution).*"),
        NameRule("batch_normalization\(number).*", "encoder.backbone.\(name.norm).*"),
      ]
    }
  }()
}
