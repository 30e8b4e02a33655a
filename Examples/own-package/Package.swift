// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "own-package",
  platforms: [.macOS(.v15)],
  dependencies: [.package(name: "mv-mr-swift", path: "../..")],
  targets: [
    .executableTarget(
      name: "dependence", dependencies: [.product(name: "MVMR", package: "mv-mr-swift")])
  ]
)
