// What stands in a page by reference: quotes, passages, facts and lines, filled from what they refer to.
//
// Idea       Each kind is one pass over the page's lines and says what it changed. What cannot be filled stays as it
//            is and becomes a problem with its line, so that one mistake does not hide the others.
// Read       Quotation.swift, Fact.swift, LineLink.swift, Terminal.swift ← this file → BookUpdate.swift
// Tests      Tests/DocumentationTests/BookUpdateTests.swift

import Foundation

extension BookUpdate {
  private mutating func source(_ path: String) throws -> String {
    if let text = sources[path] { return text }
    let text = try repository.text(path)
    sources[path] = text
    return text
  }

  /// Fills fences that name a place in a source.
  mutating func fillQuotations(
    _ page: inout MarkdownPage, _ path: String, _ reasons: inout [String]
  ) {
    var filled: [String] = []
    var i = 0
    let isProse = page.isProse
    while i < page.lines.count {
      let line = page.lines[i]
      filled.append(line)
      i += 1
      let opensFence = !isProse[i - 1] && (i < 2 || isProse[i - 2] || closes(page.lines[i - 2]))
      guard opensFence, line.contains(" path=") else { continue }
      let marks = line.drop { $0 == " " }.prefix { $0 == "`" }
      guard let end = page.lines[i...].firstIndex(where: { $0.drop { $0 == " " } == marks }) else {
        problems.append(
          BookError(path, line: i, "this fence has no end", remedy: "close it with \(marks)"))
        continue
      }
      let body = Array(page.lines[i..<end])
      do {
        guard let quotation = try Quotation(fence: line, page: path, line: i) else { continue }
        let margin = line.prefix { $0 == " " }
        let wanted = try quotation.lines(in: source(quotation.path))
          .map { $0.isEmpty ? "" : margin + $0 }
        if wanted != body { reasons.append("quote of \(quotation.path)#\(quotation.name)") }
        filled += wanted
      } catch let error as BookError {
        problems.append(
          BookError(path, line: i, "\(error.page): \(error.problem)", remedy: error.remedy))
        filled += body
      } catch {
        filled += body
      }
      i = end
    }
    page.lines = filled
  }

  private func closes(_ line: String) -> Bool {
    let trimmed = line.drop { $0 == " " }
    return trimmed.count >= 3 && trimmed.allSatisfy { $0 == "`" }
  }

  /// Fills what stands between `<!-- passage: name -->` and `<!-- /passage -->`.
  mutating func fillPassages(
    _ page: inout MarkdownPage, _ path: String, _ reasons: inout [String]
  ) throws {
    var i = 0
    while i < page.lines.count {
      defer { i += 1 }
      let line = page.lines[i]
      guard line.hasPrefix("<!-- passage: "), line.hasSuffix(" -->"), page.isProse[i] else {
        continue
      }
      let name = String(line.dropFirst(14).dropLast(4))
      guard let end = page.lines[i...].firstIndex(of: "<!-- /passage -->") else {
        throw BookError(
          path, line: i + 1, "the passage \(name) has no end",
          remedy: "write <!-- /passage --> on a line behind it")
      }
      // A blank line on each side lets Markdown see where a table begins and ends.
      let wanted = [""] + (try lines(of: name, path, i + 1)) + [""]
      let shown = page.lines[(i + 1)..<end]
      let isCurrent =
        Terminal.runs(name) ? Terminal.agree(shown, wanted) : shown.elementsEqual(wanted)
      if !isCurrent {
        page.lines.replaceSubrange((i + 1)..<end, with: wanted)
        reasons.append("passage \(name)")
      }
    }
  }

  /// The lines of a registered passage, or of a command's output.
  private func lines(of name: String, _ path: String, _ line: Int) throws -> [String] {
    if Terminal.runs(name), let terminal { return try terminal.passage(name) }
    guard let passage = passages[name] else {
      throw BookError(
        path, line: line, "there is no passage \(name)",
        remedy: "register it in Sources/Book/Registry.swift")
    }
    return try passage.lines(repository)
  }

  /// Fills what stands between `<!-- fact: name -->` and `<!-- /fact -->`.
  mutating func filledFacts(
    _ line: String, _ path: String, _ number: Int, _ reasons: inout [String]
  ) -> String {
    guard line.contains("<!-- fact: ") else { return line }
    if line.drop(while: { " >-".contains($0) }).hasPrefix("<!-- fact: ") {
      problems.append(
        BookError(
          path, line: number, "a line begins with a fact, so Markdown takes it for a block of HTML",
          remedy: "break the line elsewhere: a word must stand before the comment"))
    }
    var result = ""
    var rest = line[...]
    while let open = rest.range(of: "<!-- fact: "),
      let middle = rest[open.upperBound...].range(of: " -->")
    {
      result += rest[..<middle.upperBound]
      let name = String(rest[open.upperBound..<middle.lowerBound])
      let isShown = rest[..<open.lowerBound].last == "`"  // code that explains the notation
      rest = rest[middle.upperBound...]
      guard !isShown else { continue }
      guard let close = rest.range(of: "<!-- /fact -->") else {
        problems.append(
          BookError(
            path, line: number, "the fact \(name) has no end",
            remedy: "write <!-- /fact --> behind it, on the same line"))
        break
      }
      let before = String(rest[..<close.lowerBound])
      let wanted = value(of: name, path, number) ?? before
      if wanted != before { reasons.append("\(name): \(before) → \(wanted)") }
      result += wanted + "<!-- /fact -->"
      rest = rest[close.upperBound...]
    }
    return result + rest
  }

  /// A fact's value; nil when it is slow and slow ones are not asked for, or fails.
  private mutating func value(of name: String, _ path: String, _ line: Int) -> String? {
    if let value = values[name] { return value }
    guard let fact = facts[name] else {
      problems.append(
        BookError(
          path, line: line, "there is no fact \(name)",
          remedy: "register it in Sources/Book/Registry.swift"))
      return nil
    }
    guard fact.isQuick || !onlyQuick else { return nil }
    do {
      let value = try fact.value(repository)
      values[name] = value
      return value
    } catch {
      problems.append(
        BookError(path, line: line, "the fact \(name) fails: \(error)", remedy: "see the message"))
      return nil
    }
  }

  /// Sets the line of every link of the form [`name`](File.swift#L12).
  mutating func currentLinks(
    _ line: String, _ path: String, _ number: Int, _ reasons: inout [String]
  ) -> String {
    var result = line
    for link in LineLink.all(in: line) {
      do {
        let file = Repository.resolved(link.file, from: Repository.folder(of: path))
        let current = try Quotation(path: file, name: link.symbol).line(in: source(file))
        if current != link.line {
          result = result.replacingOccurrences(of: link.text, with: link.moved(to: current).text)
          reasons.append("\(link.symbol) is at line \(current)")
        }
      } catch let error as BookError {
        problems.append(
          BookError(path, line: number, "\(error.page): \(error.problem)", remedy: error.remedy))
      } catch {}
    }
    return result
  }
}
