// The library as it lies compiled beside the running program.
//
// Idea       `swift build` leaves, for each module, what the compiler needs to import it (`Modules`) and what
//            the linker needs to use it (objects). The list of objects that the program itself was linked
//            from names exactly these, so a notebook runs the very code that the program holds, without a
//            dynamic library, a second build or the network.
// Layout     FOLDER/mvmr, FOLDER/Modules/*.swiftmodule, FOLDER/mvmr.product/Objects.LinkFileList,
//            FOLDER/<Module>.build/…/*.o
// Read       NotebookProgram.swift → this file → NotebookCompiler.swift
// Tests      Tests/NotebookRunnerTests/NotebookRunTests.swift

import Foundation

/// Modules that a notebook can import.
public struct CompiledModules: Sendable {
  /// The folder of the build, such as `.build/release`.
  public let folder: String
  /// Where the compiler finds modules.
  public var modules: String { "\(folder)/Modules" }
  /// The object files of the library, without those of the program itself.
  public let objects: [String]

  /// The module that holds the program's own `main`.
  private static let program = "Command.build"

  /// The modules of the running program.
  ///
  /// - Throws: `NotebookError` when the program does not lie where it was built.
  public static func ofThisProgram() throws(NotebookError) -> CompiledModules {
    let path = Bundle.main.executablePath ?? CommandLine.arguments[0]
    let program = URL(filePath: path).resolvingSymlinksInPath()
    return try CompiledModules(folder: program.deletingLastPathComponent().path)
  }

  /// The modules of a build.
  ///
  /// - Parameter folder: Where `swift build` put the program.
  /// - Throws: `NotebookError` when something of the build is missing.
  public init(folder: String) throws(NotebookError) {
    self.folder = folder
    let build =
      "run `swift build -c release` in the folder of Package.swift, then use "
      + "`swift run -c release mvmr notebook …` there"
    let listPath = "\(folder)/mvmr.product/Objects.LinkFileList"
    guard let data = FileManager.default.contents(atPath: listPath), data.count < 1 << 24 else {
      throw NotebookError(
        "the list of the library's object files is not there, so this is no folder of a build "
          + "with the program mvmr", at: listPath, remedy: build)
    }
    var objects: [String] = []
    for line in String(decoding: data, as: UTF8.self).split(separator: "\n") {
      let listed = line.trimmingCharacters(in: CharacterSet(charactersIn: "'\" "))
      guard let place = CompiledModules.placeInBuild(listed) else { continue }
      if place.hasPrefix(CompiledModules.program + "/") { continue }
      let object = "\(folder)/\(place)"
      guard FileManager.default.fileExists(atPath: object) else {
        throw NotebookError(
          "an object file of the library is missing: the module was not built", at: object,
          remedy: build)
      }
      objects.append(object)
    }
    guard FileManager.default.fileExists(atPath: "\(folder)/Modules/Notebook.swiftmodule") else {
      throw NotebookError(
        "the module Notebook is not built", at: "\(folder)/Modules", remedy: build)
    }
    self.objects = objects
  }

  /// Names of the modules that can be imported, in order.
  public var names: [String] {
    let linked = Set(
      objects.compactMap { CompiledModules.placeInBuild($0)?.split(separator: ".").first })
    let all = (try? FileManager.default.contentsOfDirectory(atPath: modules)) ?? []
    return all.filter { $0.hasSuffix(".swiftmodule") }.map { String($0.dropLast(12)) }
      .filter { linked.contains(Substring($0)) }.sorted()
  }

  /// `Module.build/File.swift.o` of an object's path; a build that was moved keeps these.
  static func placeInBuild(_ path: String) -> String? {
    let parts = path.split(separator: "/")
    guard path.hasSuffix(".o"),
      let start = parts.lastIndex(where: { $0.hasSuffix(".build") && $0 != ".build" })
    else { return nil }
    return parts[start...].joined(separator: "/")
  }
}
