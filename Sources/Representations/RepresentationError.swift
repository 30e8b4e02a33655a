// What can be wrong with the settings of a representation.
//
// Read       this file → ScatteringTransform.swift

/// A setting that cannot be met, with what, where and how to mend it.
public struct RepresentationError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What is wrong, where, and how to mend it.
  public let description: String

  init(_ description: String) { self.description = description }
}
