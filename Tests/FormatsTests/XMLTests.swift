import Foundation
import Testing

@testable import Formats

@Suite("XML") struct XMLTests {
  private func parsed(_ text: String) throws -> XMLElement {
    try XMLElement(parsing: Array(text.utf8))
  }

  @Test("elements, attributes, text and entities are read")
  func document() throws {
    let root = try parsed(
      """
      <?xml version="1.0" encoding="UTF-8"?>
      <!-- a note -->
      <annotation verified='yes' note="a &lt; b">
        <object><name> dog </name><difficult>0</difficult></object>
        <object/>
        fish &amp; chips <![CDATA[<raw>]]> &#233;&#x41;
      </annotation>
      """)
    #expect(root.name == "annotation" && root.children.count == 2)
    #expect(root.children[0].child("name")?.text == "dog")
    #expect(root.attributes.map(\.value) == ["yes", "a < b"])
    #expect(root.text == "fish & chips <raw> éA")
  }

  @Test(
    "what is no document is refused",
    arguments: [
      ("", FormatError.Kind.malformed), ("text", .malformed), ("<a>", .truncated),
      ("<a></b>", .malformed),
      ("<a/><b/>", .trailing), ("<a b=1/>", .malformed), ("<a b='1' b='2'/>", .duplicate),
      ("<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>", .unsupported), ("<a>&x;</a>", .malformed),
      ("<a>&#0;</a>", .malformed), ("<a><!-- </a>", .truncated), ("<a><?php ?></a>", .unsupported),
      ("<1a/>", .malformed), ("<a b='<'/>", .malformed), ("<a", .malformed),
    ])
  func refused(_ text: String, _ kind: FormatError.Kind) {
    let error = formatError { _ = try parsed(text) }
    #expect(error?.kind == kind, "\(text): \(String(describing: error))")
  }

  @Test("depth is limited, and bytes that are not UTF-8 are refused")
  func limits() {
    let deep = String(repeating: "<a>", count: 40) + String(repeating: "</a>", count: 40)
    #expect(formatError { _ = try parsed(deep) }?.kind == .limitExceeded)
    #expect(
      formatError { _ = try XMLElement(parsing: [60, 97, 62, 0xFF, 60, 47, 97, 62]) }?.kind
        == .malformed)
  }
}
