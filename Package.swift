// swift-tools-version: 6.3
import Foundation
import PackageDescription

// The manifest is the diagram of the house: every target is a floor and imports only floors below
// it (docs/architecture.md). Two things need saying here.
//
// Kernels, and what decodes JPEG, are compiled `-Ounchecked` for the processor at hand in every
// configuration, because a default x86-64 build targets SSE2, where a fused multiply-add is a library
// call and a matrix multiply runs a hundred times slower. `MVMR_PORTABLE=1 swift build` chooses a
// portable build.
//
// The vector width is a compile-time choice, read from the processor's flags; `MVMR_LANES=256` (or 128,
// 512) overrides it, so that one machine can show the bits of another (docs/determinism.md).

let environment = ProcessInfo.processInfo.environment
let portable = environment["MVMR_PORTABLE"] != nil

#if arch(x86_64)
  let processorFlags = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
  let native = portable ? [] : ["-Xcc", "-march=native"]
  let wide = !portable && processorFlags.contains("avx512f")
  let widest = wide ? "512" : (portable ? "128" : "256")
  let vectorWidth = "LANES_\(environment["MVMR_LANES"] ?? widest)"
#else
  let native: [String] = []
  let vectorWidth = "LANES_\(environment["MVMR_LANES"] ?? "128")"
#endif

/// Loops over raw memory: extents are proved one floor up, so no check is kept.
let kernelSettings: [SwiftSetting] = [
  .define(vectorWidth),
  // Swift's square root is C's in disguise; with no `errno` to set, it becomes one vector instruction.
  .unsafeFlags(
    ["-Ounchecked", "-disable-batch-mode", "-wmo", "-num-threads", "2", "-Xcc", "-fno-math-errno"]
      + native),
  // A debugger shows little of such code, and its debug information takes a seventh of its compilation.
  .unsafeFlags(["-gnone"], .when(configuration: .debug)),
]

/// Ordinary floors keep every check.
///
/// Where a test walks bytes or pixels, or goes through every operation, debug builds are optimised too: whole
/// modules at once, which takes three quarters of the time.
let checked: [SwiftSetting] = [.strictMemorySafety()]
let checkedAndOptimised: [SwiftSetting] =
  checked + [.unsafeFlags(["-O", "-disable-batch-mode", "-wmo", "-num-threads", "2"])]

func floor(
  _ name: String, on lower: [String] = [], resources: [Resource] = [],
  settings: [SwiftSetting] = checked
) -> Target {
  .target(
    name: name, dependencies: lower.map { .init(stringLiteral: $0) }, resources: resources,
    swiftSettings: settings)
}

func tests(_ name: String, _ subjects: [String], resources: [Resource] = []) -> Target {
  .testTarget(
    name: name, dependencies: subjects.map { .init(stringLiteral: $0) }, resources: resources)
}

/// Fixtures and comparisons that several test targets share.
let testSupport = Target.target(
  name: "TestSupport", path: "Tests/TestSupport", swiftSettings: checkedAndOptimised)

/// Mutants of files for the readers' tests, and the program that runs very many of them.
let fuzzing = Target.target(
  name: "Fuzzing", dependencies: ["Formats"], path: "Tests/Fuzzing",
  swiftSettings: checkedAndOptimised)

let library = [
  "Kernels", "Randomness", "Tensors", "Images", "Formats", "Charts", "Autodiff", "Representations",
  "Datasets", "Networks", "Objectives", "Training", "Oracle",
]

/// A program that a user starts from.
func example(_ name: String) -> Target {
  .executableTarget(
    name: name, dependencies: (["MVMR"] + library).map { .init(stringLiteral: $0) },
    path: "Examples/\(name)", swiftSettings: checked)
}

let package = Package(
  name: "mv-mr-swift",
  platforms: [.macOS(.v15)],
  products: [
    .library(name: "MVMR", targets: ["MVMR"]),
    .executable(name: "mvmr", targets: ["Command"]),
  ],
  targets: [
    // Floor 0
    floor("Kernels", settings: kernelSettings),
    floor("JPEGDecoding", settings: kernelSettings),
    floor("Bytes", settings: checkedAndOptimised),
    // Floor 1
    floor("Randomness", on: ["Kernels"], settings: checkedAndOptimised),
    floor("Tensors", on: ["Kernels", "Randomness"], settings: checkedAndOptimised),
    floor("Images", on: ["Kernels", "Randomness"], settings: checkedAndOptimised),
    floor("Formats", on: ["Bytes", "JPEGDecoding"]),
    floor("Charts", on: ["Images", "Formats"], settings: checkedAndOptimised),
    // Floor 2
    floor("Autodiff", on: ["Kernels", "Randomness", "Tensors"], settings: checkedAndOptimised),
    floor("Representations", on: ["Kernels", "Tensors", "Images"], settings: checkedAndOptimised),
    floor(
      "Datasets", on: ["Kernels", "Randomness", "Tensors", "Images", "Formats"],
      settings: checkedAndOptimised),
    floor("Notebook", on: ["Kernels", "Tensors", "Images", "Formats", "Charts"]),
    // Floor 3
    floor("Networks", on: ["Kernels", "Randomness", "Tensors", "Autodiff"]),
    floor("Objectives", on: ["Kernels", "Randomness", "Tensors", "Autodiff"]),
    // Floor 4
    floor(
      "Training",
      on: [
        "Kernels", "Randomness", "Tensors", "Images", "Formats", "Charts", "Autodiff",
        "Representations", "Datasets", "Networks", "Objectives",
      ]),
    floor(
      "Oracle",
      on: [
        "Kernels", "Randomness", "Tensors", "Images", "Formats", "Autodiff", "Representations",
        "Datasets", "Networks", "Objectives", "Training",
      ]),
    floor("Book", on: library),
    floor("NotebookRunner", on: ["Notebook", "Formats"]),
    // Floor 5
    floor("MVMR", on: library),
    // (Not a target called mvmr: beside MVMR it would be the same file on a Mac's disk.)
    .executableTarget(
      name: "Command",
      dependencies: (["MVMR", "Book", "Notebook", "NotebookRunner"] + library).map {
        .init(stringLiteral: $0)
      }, swiftSettings: checked),
    // Loops over raw memory, like Kernels: docs/book/02-matrix-products.md.
    .executableTarget(
      name: "MatrixLadder",
      dependencies: (["MVMR"] + library).map { .init(stringLiteral: $0) },
      path: "Examples/MatrixLadder", swiftSettings: kernelSettings),
    example("TrainSmallModel"), example("TrainOnYourFolder"), example("AddRepresentation"),
    example("SearchImages"),
    // Tests mirror Sources.
    testSupport,
    tests("KernelsTests", ["Kernels", "TestSupport"]),
    tests("TensorsTests", ["Tensors", "Kernels", "Randomness", "TestSupport"]),
    tests("AutodiffTests", ["Autodiff", "Tensors", "Kernels", "Randomness"]),
    tests("ImagesTests", ["Images", "Randomness", "Formats"]),
    fuzzing,
    .executableTarget(name: "Fuzz", dependencies: ["Fuzzing", "Formats"], path: "Tests/Fuzz"),
    tests("FormatsTests", ["Formats", "Fuzzing", "JPEGDecoding"]),
    tests("ChartsTests", ["Charts", "Formats", "Images"]),
    tests(
      "NetworksTests",
      ["Networks", "Autodiff", "Tensors", "Kernels", "Randomness", "Formats", "TestSupport"]),
    tests(
      "ObjectivesTests",
      ["Objectives", "Autodiff", "Tensors", "Kernels", "Randomness", "TestSupport"]),
    tests(
      "RepresentationsTests",
      ["Representations", "Kernels", "Tensors", "Formats", "Images", "Randomness"]),
    tests("DatasetsTests", ["Datasets", "Images", "Randomness", "Tensors", "Formats"]),
    tests(
      "TrainingTests",
      [
        "Training", "Datasets", "Formats", "Images", "Kernels", "Randomness", "Tensors",
        "Autodiff", "Networks", "Objectives", "Representations", "TestSupport",
      ]),
    tests(
      "OracleTests",
      [
        "Oracle", "Formats", "Tensors", "Kernels", "Randomness", "Autodiff", "Networks",
        "Objectives",
      ]
    ),
    tests(
      "NotebookRunnerTests",
      ["NotebookRunner", "Notebook", "Formats", "Images", "Charts", "Tensors", "Command"]),
    tests("CommandTests", ["Command", "Formats", "Kernels", "TestSupport"]),
    tests("BookTests", ["Book"] + library),
    tests(
      "DocumentationTests", ["Training", "Oracle", "Book", "Command", "Formats", "TestSupport"]),
  ],
  swiftLanguageModes: [.v6]
)
