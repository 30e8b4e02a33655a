// The repository as text: what the book is written in and what it quotes.
//
// Read       this file → MarkdownPage.swift, SourceHeader.swift
// Tests      Tests/DocumentationTests/BookUpdateTests.swift

import Foundation

/// What is wrong with a page, where, and how to mend it.
public struct BookError: Error, CustomStringConvertible, Hashable, Sendable {
  /// The page or file, from the root of the repository.
  public let page: String
  /// Counted from 1; 0 is the whole file.
  public let line: Int
  public let problem: String
  public let remedy: String

  public init(_ page: String, line: Int = 0, _ problem: String, remedy: String) {
    (self.page, self.line) = (page, line)
    (self.problem, self.remedy) = (problem, remedy)
  }

  public var description: String {
    "\(page)\(line > 0 ? ":\(line)" : ""): \(problem)\n  To mend: \(remedy)"
  }
}

/// Files of the repository, by their paths from its root.
public struct Repository: Sendable {
  public let root: String

  /// A repository whose root is known.
  public init(root: String) { self.root = root }

  /// The repository a folder belongs to.
  ///
  /// - Parameter folder: The folder or one that contains it has `Package.swift` and `docs/index.md`.
  /// - Throws: `BookError` if none has.
  public init(containing folder: String) throws {
    var place = URL(filePath: folder).standardizedFileURL
    while true {
      let candidate = Repository(root: place.path)
      if candidate.exists("Package.swift") && candidate.exists("docs/index.md") {
        self = candidate
        return
      }
      guard place.path != "/", place.pathComponents.count > 1 else { break }
      place.deleteLastPathComponent()
    }
    throw BookError(
      folder, "this folder is not inside a clone of the repository",
      remedy: "change into the clone, or name it with --root")
  }

  public func exists(_ path: String) -> Bool {
    FileManager.default.fileExists(atPath: "\(root)/\(path)")
  }

  /// The text of a file.
  ///
  /// - Throws: `BookError` if it cannot be read as UTF-8.
  public func text(_ path: String) throws -> String {
    guard let bytes = bytes(path), let text = String(validating: bytes, as: UTF8.self) else {
      throw BookError(path, "there is no such text file", remedy: "write the path as it is today")
    }
    return text
  }

  /// The bytes of a file, or nil.
  public func bytes(_ path: String) -> [UInt8]? {
    FileManager.default.contents(atPath: "\(root)/\(path)").map { Array($0) }
  }

  /// Files below a folder with a given ending, sorted; none if there is no such folder.
  public func files(below folder: String, ending: String) -> [String] {
    let below = (try? FileManager.default.subpathsOfDirectory(atPath: "\(root)/\(folder)")) ?? []
    return below.filter { $0.hasSuffix(ending) && !$0.contains(".build/") }
      .map { "\(folder)/\($0)" }.sorted()
  }

  /// Every Swift file under Sources.
  public var sources: [String] { files(below: "Sources", ending: ".swift") }

  /// The pages people read.
  public var pages: [String] {
    ["README.md", "CONTRIBUTING.md", "Tests/Reference/README.md"]
      + files(below: "Examples", ending: ".md") + files(below: "Notebooks", ending: ".md")
      + files(below: "docs", ending: ".md").filter { !$0.hasPrefix(Self.site) }
  }

  /// Where the site is built; nothing in it is a page of the repository.
  static let site = "docs/site/build/"

  /// A path without `.` and `..`, as seen from a folder.
  public static func resolved(_ path: String, from folder: String) -> String {
    var parts = folder.split(separator: "/")
    for part in path.split(separator: "/") where part != "." {
      if part == ".." { _ = parts.popLast() } else { parts.append(part) }
    }
    return parts.joined(separator: "/")
  }

  /// The folder a file lies in; empty for the root.
  public static func folder(of path: String) -> String {
    path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
  }

  /// How a page names a file, both given from the root.
  public static func link(from page: String, to path: String) -> String {
    var from = folder(of: page).split(separator: "/")[...]
    var to = path.split(separator: "/")[...]
    while let first = from.first, first == to.first, to.count > 1 {
      from = from.dropFirst()
      to = to.dropFirst()
    }
    return String(repeating: "../", count: from.count) + to.joined(separator: "/")
  }
}
