// Where the tests find the program they belong to.
//
// Read       this file → Tests/CommandTests/CommandTests.swift

import Foundation

/// The program `mvmr` of the same build.
public enum BuiltProgram {
  /// Its file, beside the test bundle.
  public static let url: URL = {
    for argument in CommandLine.arguments where argument.contains(".xctest") {
      guard let bundle = argument.range(of: "/", options: .backwards) else { continue }
      let candidates = [argument, String(argument[..<bundle.lowerBound])]
      for candidate in candidates {
        let program = URL(filePath: candidate).deletingLastPathComponent().appending(path: "mvmr")
        if FileManager.default.isExecutableFile(atPath: program.path) { return program }
      }
    }
    return URL(filePath: ".build/debug/mvmr")
  }()
}
