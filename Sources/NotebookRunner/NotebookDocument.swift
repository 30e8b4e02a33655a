// The document: an .ipynb file with outputs, the same bytes after every run.
//
// Source     Jupyter's notebook format 4.5 (nbformat)
// Order      Keys are sorted and lines indented by one blank, as Jupyter itself writes files. A cell's id is
//            made from its place and its source; there is no time stamp, no version of a program.
// Read       NotebookRun.swift ← this file → NotebookComparison.swift
// Tests      Tests/NotebookRunnerTests/NotebookDocumentTests.swift

import Formats
import Foundation
import Notebook

/// A notebook as Jupyter, GitHub and others show it.
public struct NotebookDocument: Sendable {
  /// The file's content.
  public let json: JSONValue
  /// What it is made from.
  private let path: String

  /// Bytes of a document beyond which pages of a repository stop showing it.
  static let largestFile = 1_000_000

  /// The document of a run.
  public init(_ run: NotebookRun) {
    path = run.source.path
    var code = 0
    let cells = run.source.cells.enumerated().map { i, cell -> JSONValue in
      let text = cell.lines.joined(separator: "\n")
      let id = SHA256.hex(of: Array("\(i) \(cell.kind.rawValue)\n\(text)".utf8)).prefix(16)
      let common: OrderedMap<JSONValue> = [
        "cell_type": .string(cell.kind.rawValue), "id": .string(String(id)), "metadata": [:],
        "source": NotebookDocument.lines(text),
      ]
      guard cell.kind == .code else { return .object(common) }
      var members = common
      code += 1
      members["execution_count"] = .integer(code)
      members["outputs"] = .array(run.outputs[code - 1].map(NotebookDocument.output))
      return .object(members)
    }
    let name = run.source.title + ".swift"
    json = [
      "cells": .array(cells),
      "metadata": [
        "kernelspec": [
          "display_name": "Swift, compiled by mvmr notebook run", "language": "swift",
          "name": "mvmr-notebook",
        ],
        "language_info": [
          "file_extension": ".swift", "mimetype": "text/x-swift", "name": "swift",
          "pygments_lexer": "swift",
        ],
        "mvmr": [
          "made_from": .string(name), "made_by": .string("mvmr notebook run \(name)"),
        ],
      ],
      "nbformat": 4, "nbformat_minor": 5,
    ]
  }

  /// The bytes of the file.
  public var text: String { json.indentedText + "\n" }

  /// Where a source's document lies: beside the folder `Sources`, or beside the source.
  public static func path(of source: NotebookSource) -> String {
    var folders = source.path.split(separator: "/", omittingEmptySubsequences: false).dropLast()
    if folders.last == "Sources" { folders.removeLast() }
    return (folders + [Substring(source.title + ".ipynb")]).joined(separator: "/")
  }

  /// Writes the file, whole or not at all.
  ///
  /// - Parameter target: The file; left alone when it holds these bytes already.
  /// - Throws: `NotebookError` when it is too large to be shown, or cannot be written.
  public func write(to target: String) throws(NotebookError) {
    let bytes = Array(text.utf8)
    guard bytes.count <= NotebookDocument.largestFile else {
      throw NotebookError(
        "the document would have \(bytes.count / 1000) kB; pages that show notebooks take "
          + "\(NotebookDocument.largestFile / 1000)", at: path,
        remedy: "show fewer or smaller pictures, or cut the notebook in two")
    }
    if FileManager.default.contents(atPath: target) == Data(bytes) { return }
    do { try Data(bytes).write(to: URL(filePath: target), options: .atomic) } catch {
      throw NotebookError(
        "it cannot be written (\(error.localizedDescription))", at: target,
        remedy: "check that the folder exists, may be written to and has room")
    }
  }

  private static func output(_ output: CellOutput) -> JSONValue {
    switch output {
    case .text(let text):
      return ["name": "stdout", "output_type": "stream", "text": lines(text)]
    case .picture(let picture):
      return [
        "data": [
          "image/png": .string(Data(picture.png).base64EncodedString() + "\n"),
          "text/plain": .array([.string("<\(picture.title)>")]),
        ],
        "metadata": [
          "image/png": ["height": .integer(picture.height), "width": .integer(picture.width)]
        ],
        "output_type": "display_data",
      ]
    }
  }

  /// Text as a list of lines, each with its end.
  private static func lines(_ text: String) -> JSONValue {
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { "\($0)\n" }
    if let last = lines.popLast(), last != "\n" { lines.append(String(last.dropLast())) }
    return .array(lines.map { .string($0) })
  }
}

extension JSONValue {
  /// The value as `json.dumps(…, indent=1, sort_keys=True, ensure_ascii=False)` writes it in Python.
  var indentedText: String { indented("") }

  private func indented(_ margin: String) -> String {
    let inner = margin + " "
    switch self {
    case .array(let values) where !values.isEmpty:
      let parts = values.map { inner + $0.indented(inner) }
      return "[\n" + parts.joined(separator: ",\n") + "\n\(margin)]"
    case .object(let members) where !members.isEmpty:
      let parts = members.sorted { $0.key < $1.key }.map {
        "\(inner)\(JSONValue.string($0.key).text): \($0.value.indented(inner))"
      }
      return "{\n" + parts.joined(separator: ",\n") + "\n\(margin)}"
    default: return text
    }
  }
}
