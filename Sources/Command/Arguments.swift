// Options of a command, parsed.
//
// Read       this file → CommandLineTool.swift
// Tests      Tests/CommandTests/CommandTests.swift

import Foundation
import MVMR

/// An option of a command.
struct Option: Sendable, Hashable {
  let name: String
  /// What stands for its value in the help; nil for a switch.
  let value: String?
  let help: String
  var repeats = false

  var usage: String { value.map { "\(name) \($0)" } ?? name }

  static let help = Option(name: "--help", value: nil, help: "show this text")
  static let threads = Option(
    name: "--threads", value: "N", help: "threads to compute with (default: all cores)")
}

/// A command line that does not fit its command.
struct UsageError: Error {
  let what: String
  var remedy: String?
}

/// The words of a command line, sorted into options and positional words.
struct Arguments {
  private var values: [String: [String]] = [:]
  let positional: [String]

  init(_ words: [String], for command: Command) throws {
    let known = command.options + [.threads]
    var positional: [String] = []
    var rest = words[...]
    while let word = rest.popFirst() {
      guard word.hasPrefix("-"), word != "-" else {
        positional.append(word)
        continue
      }
      let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let name = parts[0] == "-o" ? "--output" : String(parts[0])
      guard let option = known.first(where: { $0.name == name }) else {
        let near = nearestName(to: name, among: known.map(\.name))
        throw UsageError(
          what: "`mvmr \(command.name)` has no option \(name)",
          remedy: near.map { "did you mean \($0)?" })
      }
      var value = ""
      if option.value != nil {
        guard let given = parts.count == 2 ? String(parts[1]) : rest.popFirst() else {
          throw UsageError(what: "\(name) needs a value", remedy: "write \(option.usage)")
        }
        value = given
      } else if parts.count == 2 {
        throw UsageError(what: "\(name) takes no value", remedy: "write \(name) alone")
      }
      if values[name] != nil && !option.repeats {
        throw UsageError(what: "\(name) is given twice", remedy: "give it once")
      }
      values[name, default: []].append(value)
    }
    if command.positional == nil, let extra = positional.first {
      throw UsageError(what: "'\(extra)' is one word too many")
    }
    self.positional = positional
  }

  func has(_ option: Option) -> Bool { values[option.name] != nil }
  func string(_ option: Option) -> String? { values[option.name]?.last }
  func strings(_ option: Option) -> [String] { values[option.name] ?? [] }

  func integer(_ option: Option, in range: ClosedRange<Int>) throws -> Int? {
    guard let text = string(option) else { return nil }
    guard let value = Int(text), range.contains(value) else {
      throw UsageError(
        what: "\(option.name) is '\(text)'",
        remedy: "write a whole number in \(range.lowerBound)…\(range.upperBound)")
    }
    return value
  }

  /// All values of a repeatable option.
  func integers(_ option: Option, in range: ClosedRange<Int>) throws -> [Int] {
    try strings(option).map { text in
      guard let value = Int(text), range.contains(value) else {
        throw UsageError(
          what: "\(option.name) is '\(text)'",
          remedy: "write a whole number in \(range.lowerBound)…\(range.upperBound)")
      }
      return value
    }
  }

  /// A folder to write to, made where it does not exist: before anything is computed or fetched for it.
  func folder(_ option: Option, default usual: String) throws -> String {
    let folder = string(option) ?? usual
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    } catch {
      throw UsageError(
        what: "the folder '\(folder)' cannot be made: \(error.localizedDescription)",
        remedy: "name a folder that can be written with \(option.name) DIR")
    }
    return folder
  }

  func number(_ option: Option, in range: ClosedRange<Double>) throws -> Double? {
    guard let text = string(option) else { return nil }
    guard let value = Double(text), range.contains(value) else {
      throw UsageError(
        what: "\(option.name) is '\(text)'",
        remedy: "write a number in \(range.lowerBound)…\(range.upperBound)")
    }
    return value
  }

  /// One word of several.
  func word(_ option: Option, of words: [String]) throws -> String? {
    guard let text = string(option) else { return nil }
    guard words.contains(text) else {
      let near = nearestName(to: text, among: words).map { "did you mean \($0)? " } ?? ""
      throw UsageError(
        what: "\(option.name) is '\(text)'",
        remedy: "\(near)write one of \(words.joined(separator: ", "))")
    }
    return text
  }
}
