// The comment a source file opens with: one line that says what the file is, then slots.
//
// Format     // One line, the idea.          up to the first empty line
//            //
//            // Formula    text
//            //            more text          a slot goes on while lines are indented by three or more
// Read       Repository.swift ← this file → SourceCatalogue.swift, AnnotatedSource.swift
// Tests      Tests/DocumentationTests/AnnotatedSourceTests.swift

import Foundation

/// What a file says of itself.
public struct SourceHeader: Sendable {
  /// A named part of a header.
  public struct Slot: Sendable {
    public let name: String
    /// Its lines, without the name and the indentation that all of them share.
    public let lines: [String]

    /// The lines as one.
    public var text: String {
      lines.map { $0.trimmingCharacters(in: .whitespaces) }.joined(separator: " ")
    }
  }

  /// What stands before the slots; empty if the file opens otherwise.
  public private(set) var idea = ""
  public private(set) var slots: [Slot] = []
  /// How many lines of the file it takes.
  public let lineCount: Int

  public init(_ source: String) {
    let lines = source.split(separator: "\n", omittingEmptySubsequences: false)
      .prefix { $0.hasPrefix("//") && !$0.hasPrefix("///") }.map { $0.dropFirst(2) }
    lineCount = lines.count
    var open: (name: String, lines: [Substring])?
    func close() {
      guard let (name, lines) = open else { return }
      let margin = lines.filter { !$0.isEmpty }.map { $0.prefix { $0 == " " }.count }.min() ?? 0
      slots.append(Slot(name: name, lines: lines.map { String($0.dropFirst(margin)) }))
    }
    var isIdea = true
    for line in lines {
      // The first line says what the file is, whatever it looks like.
      if !isIdea || !idea.isEmpty, let name = Self.slotName(line) {
        close()
        isIdea = false
        let rest = String(repeating: " ", count: name.count + 1) + line.dropFirst(name.count + 1)
        open = (name, [rest[...]])
      } else if open != nil, line.hasPrefix("   ") {
        open?.lines.append(line)
      } else if line.allSatisfy({ $0 == " " }) {
        isIdea = idea.isEmpty
        open?.lines.append("")
      } else if isIdea {
        idea += (idea.isEmpty ? "" : " ") + line.trimmingCharacters(in: .whitespaces)
      } else if open?.name == "" {
        open?.lines.append(line)
      } else {
        // Prose behind the idea or a slot is a slot without a name.
        close()
        open = ("", [line])
      }
    }
    close()
    for i in slots.indices {
      var lines = slots[i].lines
      while lines.last?.isEmpty == true { lines.removeLast() }
      slots[i] = Slot(name: slots[i].name, lines: lines)
    }
  }

  /// A name of at most ten letters in a column of its own: `Formula`, `Why fused`.
  ///
  /// Two blanks end it, or one if the name is as long as the column is wide.
  private static func slotName(_ line: Substring) -> String? {
    guard line.first == " ", line.dropFirst().first?.isUppercase == true else { return nil }
    let column = line.dropFirst().prefix(12)
    let word = column.prefix { $0 != " " }
    let name = column.range(of: "  ").map { column[..<$0.lowerBound] } ?? word
    guard name.count == 10 || column.contains("  "), name.count <= 10, line.count > name.count + 3,
      name.allSatisfy({ $0.isLetter || $0.isNumber || $0 == "-" || $0 == " " })
    else { return nil }
    return String(name)
  }

  /// A slot's text in one line, or nil.
  public func slot(_ name: String) -> String? { slots.first { $0.name == name }?.text }

  /// The files a slot names, as paths from the root.
  ///
  /// - Parameters:
  ///   - slot: `Read` or `Tests`.
  ///   - path: The file whose header this is.
  ///   - repository: Where they should be.
  /// - Returns: The names as written, each with the file it means, or nil if there is none.
  public func files(
    in slot: String, of path: String, repository: Repository
  ) -> [(name: String, path: String?)] {
    var folder = Repository.folder(of: path)
    let named = words(self.slot(slot) ?? "", marks: "/.+").filter { $0.hasSuffix(".swift") }
    return named.map { word in
      // A name without a folder lies beside the file, or beside the one named before it.
      let places = [
        "\(Repository.folder(of: path))/\(word)", "\(folder)/\(word)", "Sources/\(word)", word,
      ]
      let place = places.first(where: repository.exists)
      if let place { folder = Repository.folder(of: place) }
      return (word, place)
    }
  }
}
