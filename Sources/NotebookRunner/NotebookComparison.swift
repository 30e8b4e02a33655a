// Is a committed notebook what a run gives?
//
// Rule       Text must be equal. Pictures must be equal, or of one size with pixels that are on average less
//            than half a level of 255 apart: between machines whose vectors differ in width, sums agree to rounding
//            only (docs/determinism.md), and a curve may move by a hundredth of a pixel.
// Read       NotebookDocument.swift ← this file
// Tests      Tests/NotebookRunnerTests/NotebookDocumentTests.swift

import Formats
import Foundation

/// What a comparison of a document with a committed file found.
public struct NotebookComparison: Hashable, Sendable {
  /// The first difference; nil when the file is up to date.
  public let difference: String?
  /// Pictures that differ by rounding alone.
  public let nearPictures: Int

  /// Compares a document with a file.
  ///
  /// - Parameters:
  ///   - document: What a run gives.
  ///   - path: The committed file.
  public init(_ document: NotebookDocument, with path: String) {
    guard let data = FileManager.default.contents(atPath: path) else {
      self.init("there is no such file")
      return
    }
    if Array(data) == Array(document.text.utf8) {
      self.init(nil)
      return
    }
    do {
      self.init(document.json, try JSONValue(path: path))
    } catch { self.init("\(error)") }
  }

  /// Compares two documents cell by cell.
  init(_ ours: JSONValue, _ committed: JSONValue) {
    let (cells, others) = (ours["cells"]?.array ?? [], committed["cells"]?.array ?? [])
    var code = 0
    var near = 0
    for (i, cell) in cells.enumerated() {
      let isCode = cell["cell_type"] == "code"
      if isCode { code += 1 }
      let name = isCode ? "cell [\(code)]" : "the prose after cell [\(code)]"
      guard others.indices.contains(i) else {
        self.init("\(name) is not in it")
        return
      }
      let other = others[i]
      guard cell["source"] == other["source"], cell["cell_type"] == other["cell_type"] else {
        self.init("\(name) has another source")
        return
      }
      switch NotebookComparison.compare(cell["outputs"], other["outputs"]) {
      case .success(let count): near += count
      case .failure(let difference):
        self.init("\(name): \(difference.text)")
        return
      }
    }
    guard others.count == cells.count else {
      self.init("it has \(others.count) cells, the source \(cells.count)")
      return
    }
    func skeleton(_ document: JSONValue) -> JSONValue {
      var members = document.object ?? [:]
      members["cells"] = .null
      return .object(members)
    }
    if skeleton(ours).indentedText != skeleton(committed).indentedText {
      self.init("its metadata differ")
      return
    }
    if near == 0 {
      self.init("its bytes differ, its cells do not: it was written by another program")
      return
    }
    self.init(nil, nearPictures: near)
  }

  private init(_ difference: String?, nearPictures: Int = 0) {
    self.difference = difference
    self.nearPictures = nearPictures
  }

  private struct Difference: Error { let text: String }

  /// Compares the outputs of a cell; the number of pictures that differ by rounding.
  private static func compare(
    _ ours: JSONValue?, _ committed: JSONValue?
  ) -> Result<Int, Difference> {
    let (a, b) = (ours?.array ?? [], committed?.array ?? [])
    var near = 0
    for i in 0..<max(a.count, b.count) {
      guard i < a.count, i < b.count else {
        return .failure(
          Difference(text: "it has \(b.count) outputs there, \(a.count) now"))
      }
      if a[i].indentedText == b[i].indentedText { continue }
      let (x, y) = (a[i]["data"]?["image/png"]?.string, b[i]["data"]?["image/png"]?.string)
      if let x, let y {
        guard let distance = distance(x, y) else {
          return .failure(Difference(text: "a picture has another size"))
        }
        guard distance <= 0.5 else {
          return .failure(
            Difference(
              text: String(format: "a picture differs by %.1f levels a pixel", distance)))
        }
        near += 1
      } else {
        return .failure(Difference(text: firstDifferentLine(a[i], b[i])))
      }
    }
    return .success(near)
  }

  private static func firstDifferentLine(_ ours: JSONValue, _ committed: JSONValue) -> String {
    let (a, b) = (ours["text"]?.array ?? [], committed["text"]?.array ?? [])
    let i = (0..<max(a.count, b.count)).first { $0 >= a.count || $0 >= b.count || a[$0] != b[$0] }
    func line(_ lines: [JSONValue]) -> String {
      guard let i, lines.indices.contains(i) else { return "nothing" }
      return "'\((lines[i].string ?? "").trimmingCharacters(in: .newlines))'"
    }
    return "it shows \(line(b)) there, \(line(a)) now"
  }

  /// The mean difference of two pictures' bytes; nil when they have no common size.
  private static func distance(_ a: String, _ b: String) -> Double? {
    func picture(_ text: String) -> RasterImage? {
      guard let data = Data(base64Encoded: text.trimmingCharacters(in: .newlines)) else {
        return nil
      }
      return try? RasterImage(decoding: Array(data))
    }
    guard let x = picture(a), let y = picture(b), x.width == y.width, x.height == y.height else {
      return nil
    }
    let sum = zip(x.bytes, y.bytes).reduce(0) { $0 + abs(Int($1.0) - Int($1.1)) }
    return Double(sum) / Double(max(1, x.bytes.count))
  }
}
