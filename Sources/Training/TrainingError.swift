// What can go wrong in a run, in words that say how to mend it.
//
// Read       this file → Configuration.swift

/// An error of a training or evaluation run.
public struct TrainingError: Error, CustomStringConvertible, Sendable {
  /// What is wrong.
  public let what: String
  /// How to mend it.
  public let remedy: String

  /// An error with its remedy.
  public init(_ what: String, remedy: String) {
    self.what = what
    self.remedy = remedy
  }

  public var description: String { "\(what)\n  To mend: \(remedy)" }
}
