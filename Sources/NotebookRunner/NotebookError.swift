// What can go wrong with a notebook: what, where, and how to mend it.
//
// Read       this file → NotebookSource.swift
// Tests      Tests/NotebookRunnerTests/NotebookRunTests.swift

/// A notebook that cannot be read, compiled, run or written.
public struct NotebookError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What is wrong.
  public var problem: String
  /// `file:line`, or the file alone.
  public var place: String
  /// The code cell, counted from 1 as notebooks count them, where there is one.
  public var cell: Int?
  /// What the compiler or the program said, whole.
  public var details: String
  /// How to mend it.
  public var remedy: String

  /// An error with its place.
  public init(
    _ problem: String, at place: String, cell: Int? = nil, details: String = "", remedy: String
  ) {
    self.problem = problem
    self.place = place
    self.cell = cell
    self.details = details
    self.remedy = remedy
  }

  public var description: String {
    let whole = cell.map { "\(place), cell [\($0)]" } ?? place
    let said = details.isEmpty ? "" : "\n" + details
    return "\(whole): \(problem)\(said)\n  To mend: \(remedy)"
  }
}
