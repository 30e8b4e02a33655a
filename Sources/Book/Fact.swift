// What pages state and draw: numbers, figures and passages that a program computes.
//
// Facts      <!-- fact: name -->0.41<!-- /fact -->            in a line of prose; the comments are invisible
// Passages   <!-- passage: name -->                           lines of their own; whole tables
//            <!-- passage: mvmr COMMAND -->                   a command and its output (Terminal.swift)
// Figures    docs/images/book/name.png
// Idea       Whoever writes a page leaves the place empty; `mvmr book update` fills it, and a test compares.
//            What needs a training run is recorded in docs/data by the command the page names.
// Read       this file → Registry.swift, BookUpdate.swift
// Tests      Tests/DocumentationTests/BookUpdateTests.swift

import Formats
import Images

/// A number, or a few words, that a page states.
public struct Fact: Sendable {
  public let name: String
  /// Whether tests may compute it: in a fraction of a second, also in debug builds.
  public let isQuick: Bool
  let value: @Sendable (Repository) throws -> String

  /// A fact that is computed where it is needed.
  ///
  /// - Parameters:
  ///   - name: Lower-case words joined by `-`.
  ///   - isQuick: Whether the tests compute it too.
  ///   - computed: As it shall be read, rounded.
  public init(
    name: String, isQuick: Bool = true, computed: @escaping @Sendable () throws -> String
  ) {
    self.name = name
    self.isQuick = isQuick
    self.value = { _ in try computed() }
  }

  /// A fact about the repository itself.
  ///
  /// - Parameters:
  ///   - name: Lower-case words joined by `-`.
  ///   - counted: From the files as they are.
  public init(name: String, counted: @escaping @Sendable (Repository) throws -> String) {
    self.name = name
    self.isQuick = true
    self.value = counted
  }

  /// A fact from a file that a command recorded.
  ///
  /// - Parameters:
  ///   - name: Lower-case words joined by `-`.
  ///   - path: A JSON file under docs/data.
  ///   - value: What it says, from the file's content.
  public init(
    name: String, recorded path: String, value: @escaping @Sendable (JSONValue) throws -> String
  ) {
    self.name = name
    self.isQuick = true
    self.value = { try value(Self.recorded(path, in: $0)) }
  }

  private static func recorded(_ path: String, in repository: Repository) throws -> JSONValue {
    try JSONValue(path: "\(repository.root)/\(path)")
  }
}

/// A picture that pages show.
public struct Figure: Sendable {
  public let name: String
  /// Whether tests may draw it.
  public let isQuick: Bool
  let draw: @Sendable () throws -> [UInt8]

  /// Where its file lies.
  public var path: String { "docs/images/book/\(name).png" }

  /// A figure.
  ///
  /// - Parameters:
  ///   - name: Lower-case words joined by `-`.
  ///   - isQuick: Whether the tests draw it too.
  ///   - draw: The bytes of its PNG file, at most 150 kB, the same every time.
  public init(name: String, isQuick: Bool = true, draw: @escaping @Sendable () throws -> [UInt8]) {
    self.name = name
    self.isQuick = isQuick
    self.draw = draw
  }

  /// A figure that is an image already.
  ///
  /// - Parameters:
  ///   - name: Lower-case words joined by `-`.
  ///   - isQuick: Whether the tests draw it too.
  ///   - image: Its pixels.
  public init(name: String, isQuick: Bool = true, image: @escaping @Sendable () throws -> Image) {
    self.init(name: name, isQuick: isQuick) {
      let image = try image()
      return try PNGWriter.encode(
        width: image.width, height: image.height, channels: 3, bytes: image.bytes)
    }
  }
}

/// Lines of a page that are generated as a whole.
public struct Passage: Sendable {
  public let name: String
  let lines: @Sendable (Repository) throws -> [String]

  /// A passage.
  ///
  /// - Parameters:
  ///   - name: Lower-case words joined by `-`.
  ///   - lines: Markdown.
  public init(name: String, lines: @escaping @Sendable (Repository) throws -> [String]) {
    self.name = name
    self.lines = lines
  }
}
