// YAML as a tree of values that know their line.
//
// Source     The subset of YAML 1.1 that the official configuration files use: maps, lists of
//            scalars, plain and quoted scalars, comments.
// Idea       A scalar keeps its text beside its type, and the caller says which type it wants.
//            YAML 1.1 reads `1e-4` as text, because a float there needs a dot and a signed exponent;
//            `number()` accepts it, so that `lr: 1e-4` means what everybody means by it.
// Read       this file → YAMLScalar.swift → YAMLParser.swift → YAMLWriter.swift
// Tests      Tests/FormatsTests/YAMLTests.swift, YAMLScalarTests.swift

/// A value of a YAML file, with its place in the file.
public struct YAMLNode: Sendable {
  /// What a node holds.
  public enum Content: Equatable, Sendable {
    case scalar(YAMLScalar)
    case list([YAMLNode])
    case map(OrderedMap<YAMLNode>)
  }

  public var content: Content
  /// Line and column from 1; 0 for a value that was made by the program.
  public var line = 0
  public var column = 0
  /// The file, for messages.
  public var path: String?
  /// How to get here from the top: `dataset.name`, `scatnet.shape[0]`; empty at the top.
  public var keyPath = ""

  public init(_ content: Content) { self.content = content }

  /// A map made by the program.
  public static func map(_ pairs: OrderedMap<YAMLNode>) -> YAMLNode { YAMLNode(.map(pairs)) }
  /// A list made by the program.
  public static func list(_ nodes: [YAMLNode]) -> YAMLNode { YAMLNode(.list(nodes)) }
  /// A scalar made by the program.
  public static func scalar(_ scalar: YAMLScalar) -> YAMLNode { YAMLNode(.scalar(scalar)) }
  /// Text made by the program.
  public static func string(_ text: String) -> YAMLNode {
    .scalar(YAMLScalar(text: text, type: .string))
  }
  /// A whole number made by the program.
  public static func integer(_ value: Int) -> YAMLNode {
    .scalar(YAMLScalar(text: String(value), type: .integer(value)))
  }
  /// A floating-point number made by the program.
  public static func float(_ value: Double) -> YAMLNode {
    .scalar(YAMLScalar(text: YAMLScalar.text(of: value), type: .float(value)))
  }
  /// A truth value made by the program.
  public static func bool(_ value: Bool) -> YAMLNode {
    .scalar(YAMLScalar(text: value ? "true" : "false", type: .bool(value)))
  }
  /// The empty value.
  public static var null: YAMLNode { .scalar(YAMLScalar(text: "", type: .null)) }
}

extension YAMLNode: Equatable {
  /// Equal in content, wherever the two stand.
  public static func == (a: YAMLNode, b: YAMLNode) -> Bool { a.content == b.content }
}

extension YAMLNode {
  /// Whether the value is empty, `~` or `null`.
  public var isNull: Bool { scalar?.type == .null }

  /// The keys of a map, in order; none for other nodes.
  public var keys: [String] { pairs?.keys ?? [] }

  /// The value of a key; nil if this is no map, the key is missing, or its value is empty.
  public subscript(key: String) -> YAMLNode? {
    guard let node = pairs?[key], !node.isNull else { return nil }
    return node
  }

  /// The value of a key that must exist and not be empty.
  ///
  /// - Parameter key: A key of this map.
  /// - Returns: Its value.
  /// - Throws: `malformed`, naming the file, the line of the map and the key path.
  public func required(_ key: String) throws(FormatError) -> YAMLNode {
    if let node = self[key] { return node }
    let name = FormatError.quoted(keyPath.isEmpty ? key : "\(keyPath).\(key)")
    if let empty = pairs?[key] {
      throw empty.error(.malformed, "the key \(name) has no value", remedy: "write one after ':'")
    }
    let near = nearestName(to: key, among: keys)
    throw error(
      .malformed, "the key \(name) is missing",
      remedy: near.map { "did you mean it by \(FormatError.quoted($0))?" } ?? "add it")
  }

  /// The scalar as text, whatever its type; an empty value is refused.
  public func string() throws(FormatError) -> String {
    guard let scalar, scalar.type != .null else { throw mismatch("text") }
    return scalar.text
  }

  /// A whole number.
  public func integer() throws(FormatError) -> Int {
    guard case .integer(let value) = scalar?.type else { throw mismatch("a whole number") }
    return value
  }

  /// `true` or `false`.
  public func bool() throws(FormatError) -> Bool {
    guard case .bool(let value) = scalar?.type else { throw mismatch("true or false") }
    return value
  }

  /// A finite number in any decimal notation: `1`, `0.5`, `1e-4`, `1.0e-4`.
  public func number() throws(FormatError) -> Double {
    switch scalar?.type {
    case .integer(let value): return Double(value)
    case .float(let value) where value.isFinite: return value
    case .string:
      if let text = scalar?.text, let value = YAMLScalar.decimal(text) { return value }
      throw mismatch("a number such as 0.5 or 1e-4")
    default: throw mismatch("a number such as 0.5 or 1e-4")
    }
  }

  /// The elements of a list.
  public func list() throws(FormatError) -> [YAMLNode] {
    guard case .list(let nodes) = content else { throw mismatch("a list") }
    return nodes
  }

  /// The pairs of a map.
  public func map() throws(FormatError) -> OrderedMap<YAMLNode> {
    guard let pairs else { throw mismatch("a map of keys and values") }
    return pairs
  }

  /// A list of whole numbers.
  public func integers() throws(FormatError) -> [Int] {
    var values: [Int] = []
    for node in try list() { values.append(try node.integer()) }
    return values
  }

  /// One error for every key that is not known, with the nearest known key.
  ///
  /// - Parameter known: The keys this map may have.
  /// - Returns: Errors to throw or to print as warnings.
  public func unknownKeys(known: [String]) -> [FormatError] {
    (pairs?.entries ?? []).filter { !known.contains($0.key) }.map { entry in
      let near = nearestName(to: entry.key, among: known)
      var error = entry.value.error(
        .malformed, "unknown key \(FormatError.quoted(entry.value.keyPath))",
        remedy: near.map { "did you mean '\($0)'?" } ?? "remove it")
      // The key is meant, but the node knows the column of its value.
      error.place = .line(entry.value.line, column: 0)
      return error
    }
  }

  /// An error at this node, for checks of the caller such as ranges and known names.
  public func error(
    _ kind: FormatError.Kind = .malformed, _ problem: String, remedy: String = ""
  ) -> FormatError {
    FormatError(
      kind, format: "YAML", path: path,
      at: line > 0 ? .line(line, column: column) : .unknown, problem, remedy: remedy)
  }

  private var scalar: YAMLScalar? {
    if case .scalar(let scalar) = content { scalar } else { nil }
  }

  private var pairs: OrderedMap<YAMLNode>? {
    if case .map(let pairs) = content { pairs } else { nil }
  }

  private func mismatch(_ wanted: String) -> FormatError {
    let found =
      switch content {
      case .list: "a list"
      case .map: "a map"
      case .scalar(let scalar):
        scalar.type == .null ? "empty" : FormatError.quoted(scalar.text)
      }
    let name = keyPath.isEmpty ? "the file" : FormatError.quoted(keyPath)
    return error(.typeMismatch, "\(name) must be \(wanted), but is \(found)")
  }
}
