// What the oracle says of a file, a tensor or an attribute it cannot use.
//
// Rule       What is wrong with the value found, where (file and tensor), and how to mend it. Text that
//            comes from a file is quoted: escaped and clipped.
// Read       this file → GoldenCase.swift
// Tests      Tests/OracleTests/HostileCaseTests.swift

import Formats

/// A golden case, or a request for one, that cannot be used.
public struct OracleError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The file, as the caller named it; nil when no file is involved.
  public var file: String?
  /// The tensor, such as `input.x`; nil when the metadata or the whole file is meant.
  public var tensor: String?
  /// What is wrong.
  public var problem: String
  /// How to mend it.
  public var remedy: String

  /// An error about a tensor, or about the whole of a case.
  public init(tensor: String? = nil, _ problem: String, mend remedy: String) {
    self.tensor = tensor
    self.problem = problem
    self.remedy = remedy
  }

  /// The same error, naming its file if it did not yet.
  public func inFile(_ path: String) -> OracleError {
    var named = self
    if named.file == nil { named.file = path }
    return named
  }

  /// One line such as `case.safetensors: tensor 'input.x': NaN at [0, 3]. To mend: …`.
  public var description: String {
    let place = file.map { "\($0): " } ?? ""
    let subject = tensor.map { "tensor \(FormatError.quoted($0)): " } ?? ""
    return "\(place)\(subject)\(problem). To mend: \(remedy)"
  }

  /// "did you mean …?", or the whole choice when nothing is near.
  static func nearest(_ name: String, among names: [String]) -> String {
    if let near = nearestName(to: name, among: names) { return "did you mean '\(near)'?" }
    return names.isEmpty ? "leave it out" : "choose one of \(names.joined(separator: ", "))"
  }
}
