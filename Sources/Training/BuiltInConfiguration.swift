// The main job: what `mvmr pretrain` does when it is given no configuration.
//
// Same       Examples/configs/synthetic.yaml, the file a user starts from; a test compares them
// Read       this file → Configuration.swift
// Tests      Tests/TrainingTests/ConfigurationTests.swift

extension Configuration {
  /// Drawn shapes, a small ResNet, a projector of 512: about two minutes on two cores.
  public static let builtIn = """
    batch_size: 128
    epochs: 7
    warmup_epochs: 1
    log_every: 5
    eval_every: 1
    optimizer: adam
    wd: 1e-6
    lr: 4e-3
    scheduler: warmup_cosine
    dataset:
      name: synthetic
      size: 32
      n_classes: 10
      aug_policy: cifar20
      train_images: 5000
      test_images: 1000
    encoder:
      backbone: resnet8x2
      out_dim: 512-512-512
      small_kernel: true
    scatnet:
      J: 2
      L: 8
    hog:
      nbins: 24
      pool: 8
    probe_lr: 1e-2
    seed: 0
    """
}
