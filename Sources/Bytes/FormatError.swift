// What a reader or writer of files says when it cannot go on.
//
// Idea       One error type for every format. It says what is wrong (with the value found), where
//            (file, byte or line) and how to mend it, on one line.
// Safety     Text that comes from a file is escaped and clipped, so that a hostile name cannot
//            forge terminal output or flood a log.
// Tests      Tests/FormatsTests/FormatErrorTests.swift

import Foundation

/// The answer to a file that cannot be read or written.
public struct FormatError: Error, Hashable, Sendable {
  /// The family of a problem, for programs that react to it.
  public enum Kind: String, Sendable, CaseIterable {
    /// A system call failed: open, read, write, synchronise, rename.
    case io
    /// The file ends early.
    case truncated
    /// The bytes are not of this format at all.
    case badMagic
    /// Valid, but deliberately not implemented.
    case unsupported
    /// A rule of the format is broken.
    case malformed
    /// Legal, but above a limit of this program.
    case limitExceeded
    /// A checksum does not match its data.
    case checksum
    /// The same name occurs twice.
    case duplicate
    /// Refused because it could harm, such as a path that leaves its directory.
    case unsafe
    /// The element type or shape is not the one asked for.
    case typeMismatch
    /// Bytes are left after the end.
    case trailing
  }

  /// Where in the file a problem lies.
  public enum Place: Hashable, Sendable {
    case unknown
    /// Bytes from the start of the file.
    case byte(Int)
    /// Line and column, both counted from 1; column 0 is the whole line.
    case line(Int, column: Int)
  }

  public var kind: Kind
  /// The format as people call it: `safetensors`, `YAML`, `PNG`.
  public var format: String
  /// The file, as the caller named it; nil while only bytes are known.
  public var path: String?
  public var place: Place
  /// What is wrong, with the value found.
  public var problem: String
  /// How to mend it; empty when nothing helpful is known.
  public var remedy: String

  public init(
    _ kind: Kind, format: String, path: String? = nil, at place: Place = .unknown,
    _ problem: String, remedy: String = ""
  ) {
    self.kind = kind
    self.format = format
    self.path = path
    self.place = place
    self.problem = problem
    self.remedy = remedy
  }

  /// The same error, naming its file if it did not yet.
  public func inFile(_ path: String?) -> FormatError {
    var named = self
    if named.path == nil { named.path = path }
    return named
  }

  /// Text from outside, in quotes, with control characters escaped and at most 80 characters long.
  ///
  /// - Parameter text: Anything read from a file or an argument.
  /// - Returns: Printable text for a message or a terminal.
  public static func quoted(_ text: String) -> String {
    var clean = ""
    var count = 0
    for scalar in text.unicodeScalars {
      if count >= 80 { return "'\(clean)…'" }
      count += 1
      switch scalar.properties.generalCategory {
      // Format characters can turn the direction of a line round; combining marks can pile up.
      case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse,
        .unassigned, .nonspacingMark, .enclosingMark, .spacingMark:
        clean += "\\u{" + String(scalar.value, radix: 16) + "}"
      default: clean.unicodeScalars.append(scalar)
      }
    }
    return "'\(clean)'"
  }
}

extension FormatError: CustomStringConvertible, LocalizedError {
  /// One line such as `config.yaml:14:3: unknown key 'n_epoch'. To mend: did you mean 'epochs'?`.
  public var description: String {
    var text = path ?? format
    switch place {
    case .unknown: break
    case .byte(let offset): text += ", byte \(offset)"
    case .line(let line, let column): text += column > 0 ? ":\(line):\(column)" : ":\(line)"
    }
    text += ": "
    // Line-based text formats read like a compiler's message; binary formats say what they are.
    if path != nil {
      if case .line = place {} else { text += "\(format): " }
    }
    text += problem
    return remedy.isEmpty ? text : text + ". To mend: " + remedy
  }

  public var errorDescription: String? { description }
}
