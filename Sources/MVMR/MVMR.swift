// The umbrella: `import MVMR` reaches every floor of the library.
//
// Read       this file → Tensors/Tensor.swift, Training/PreTrainingRun.swift

@_exported import Autodiff
@_exported import Charts
@_exported import Datasets
@_exported import Formats
@_exported import Images
@_exported import Kernels
@_exported import Networks
@_exported import Objectives
@_exported import Oracle
@_exported import Randomness
@_exported import Representations
@_exported import Tensors
@_exported import Training
