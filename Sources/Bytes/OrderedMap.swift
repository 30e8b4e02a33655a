// A map that remembers the order of its keys and compares them byte by byte.
//
// Idea       Swift compares strings by canonical equivalence: "é" as one scalar equals "e" with an
//            accent. In files these are two names, so keys are compared by their UTF-8 bytes here.
// Tests      Tests/FormatsTests/OrderedMapTests.swift

/// Name-value pairs in the order of their insertion, with names distinguished by their bytes.
public struct OrderedMap<Value> {
  /// One pair.
  public struct Entry {
    public let key: String
    public var value: Value
  }

  /// The pairs in order.
  public private(set) var entries: [Entry] = []
  private var positions: [ByteKey: Int] = [:]

  /// An empty map.
  public init() {}

  public var count: Int { entries.count }
  public var isEmpty: Bool { entries.isEmpty }
  /// The names in order.
  public var keys: [String] { entries.map(\.key) }

  /// The value of a name; setting a new name appends it, setting nil removes the name.
  public subscript(key: String) -> Value? {
    get { positions[ByteKey(text: key)].map { entries[$0].value } }
    set {
      let position = positions[ByteKey(text: key)]
      switch (position, newValue) {
      case (let position?, let value?): entries[position].value = value
      case (nil, let value?): insert(value, for: key)
      case (let position?, nil):
        entries.remove(at: position)
        positions = [:]
        for (index, entry) in entries.enumerated() { positions[ByteKey(text: entry.key)] = index }
      case (nil, nil): break
      }
    }
  }

  /// Appends a pair unless the name is taken.
  ///
  /// - Parameters:
  ///   - value: The value to append.
  ///   - key: Its name.
  /// - Returns: Whether the name was free; if not, the map is unchanged.
  @discardableResult
  public mutating func insert(_ value: Value, for key: String) -> Bool {
    let name = ByteKey(text: key)
    guard positions[name] == nil else { return false }
    positions[name] = entries.count
    entries.append(Entry(key: key, value: value))
    return true
  }
}

/// A string that equals another only if their UTF-8 bytes are the same.
package struct ByteKey: Hashable, Sendable {
  private let text: String

  package init(text: String) { self.text = text }

  package static func == (a: ByteKey, b: ByteKey) -> Bool { a.text.utf8.elementsEqual(b.text.utf8) }

  package func hash(into hasher: inout Hasher) {
    for byte in text.utf8 { hasher.combine(byte) }
  }
}

extension OrderedMap.Entry: Equatable where Value: Equatable {
  public static func == (a: Self, b: Self) -> Bool {
    ByteKey(text: a.key) == ByteKey(text: b.key) && a.value == b.value
  }
}

extension OrderedMap.Entry: Sendable where Value: Sendable {}
extension OrderedMap: Sendable where Value: Sendable {}

extension OrderedMap: Equatable where Value: Equatable {
  /// Equal when the same pairs stand in the same order.
  public static func == (a: Self, b: Self) -> Bool { a.entries == b.entries }
}

extension OrderedMap: Sequence {
  public func makeIterator() -> IndexingIterator<[Entry]> { entries.makeIterator() }
}

extension OrderedMap: ExpressibleByDictionaryLiteral {
  /// A map written in the source; of a repeated name the first stays.
  public init(dictionaryLiteral elements: (String, Value)...) {
    for (key, value) in elements { insert(value, for: key) }
  }
}
