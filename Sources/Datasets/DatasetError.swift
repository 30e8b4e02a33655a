// What can be wrong with a data set on disk, told so that it can be mended.
//
// Read       this file → DatasetDirectory.swift

/// A data set that cannot be opened, read or written.
public struct DatasetError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The kind of trouble, for programs.
  public enum Kind: String, Hashable, Sendable {
    /// An expected file or directory is not there.
    case missing
    /// A file ends in the middle of a record, or sooner than its own size said.
    case truncated
    /// Two files that belong together hold different numbers of records.
    case countMismatch
    /// A label lies outside the data set's classes.
    case labelOutOfRange
    /// A text file is not what its format says.
    case malformed
    /// The operating system refused to open or read.
    case unreadable
    /// The operating system refused to write, or the target exists already.
    case unwritable
  }

  /// The kind of trouble.
  public let kind: Kind
  /// What is wrong, in one line.
  public let what: String
  /// The file or directory, with the record where there is one.
  public let place: String
  /// What to do about it.
  public let mend: String

  /// An error in three parts.
  public init(_ kind: Kind, what: String, place: String, mend: String) {
    self.kind = kind
    self.what = what
    self.place = place
    self.mend = mend
  }

  /// The three parts as text.
  public var description: String { "\(what)\n  \(place)\n  To mend: \(mend)" }
}
