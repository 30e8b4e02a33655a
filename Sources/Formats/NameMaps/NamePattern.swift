// Patterns of tensor names, and what happens to the numbers under them.
//
// Grammar    Names are words joined by dots. `#` stands for a whole number, a final `*` for the rest:
//            `vision_model.encoder.layers.#.layer_norm1.*` ↔ `visual.transformer.resblocks.#.ln_1.*`
// Idea       One rule reads and writes: what a pattern caught on one side fills the other side's.
// Read       this file → NameMap.swift
// Tests      Tests/FormatsTests/NameMapTests.swift

/// A name with places for numbers and a rest.
struct NamePattern: Sendable, ExpressibleByStringLiteral {
  private let words: [Substring]
  let text: String

  init(_ text: String) {
    self.text = text
    words = text.split(separator: ".", omittingEmptySubsequences: false)
  }

  init(stringLiteral text: String) { self.init(text) }

  /// What the places of this pattern stand for in a name; nil if it does not fit.
  func match(_ name: String) -> [Substring]? {
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    var caught: [Substring] = []
    for (i, word) in words.enumerated() {
      if word == "*", i == words.count - 1 {
        guard i < parts.count else { return nil }
        return caught + [Substring(parts[i...].joined(separator: "."))]
      }
      guard i < parts.count else { return nil }
      if word == "#" {
        guard (1...4).contains(parts[i].utf8.count),
          parts[i].utf8.allSatisfy({ (0x30...0x39).contains($0) })
        else { return nil }
        caught.append(parts[i])
      } else if word != parts[i] {
        return nil
      }
    }
    return parts.count == words.count ? caught : nil
  }

  /// The name that this pattern gives with its places filled.
  func filled(_ caught: [Substring]) -> String {
    var rest = caught[...]
    return words.map { $0 == "#" || $0 == "*" ? rest.popFirst() ?? "" : $0 }
      .joined(separator: ".")
  }
}

/// One correspondence between names of another project and names of this one.
struct NameRule: Sendable {
  /// What happens to the numbers on the way in; on the way out the reverse happens.
  enum Operation: Sendable {
    case keep
    /// Their tensors, one below the other along the first axis, are ours.
    case joinRows
    /// Their matrix is the transpose of ours.
    case transpose
  }

  let theirs: [NamePattern]
  let ours: NamePattern
  let operation: Operation

  init(_ theirs: String, _ ours: String, _ operation: Operation = .keep) {
    self.theirs = [NamePattern(theirs)]
    self.ours = NamePattern(ours)
    self.operation = operation
  }

  /// A rule by which several of their tensors make one of ours.
  init(joining theirs: [String], _ ours: String) {
    self.theirs = theirs.map { NamePattern($0) }
    self.ours = NamePattern(ours)
    operation = .joinRows
  }
}

extension TensorRecord {
  /// Tensors one below the other along their first axis.
  ///
  /// - Throws: `typeMismatch` if types or the other extents differ.
  static func joiningRows(_ parts: [TensorRecord]) throws(FormatError) -> TensorRecord {
    guard let first = parts.first,
      parts.allSatisfy({
        $0.dtype == first.dtype && !$0.shape.isEmpty
          && $0.shape.dropFirst() == first.shape.dropFirst()
      })
    else {
      throw FormatError(
        .typeMismatch, format: "tensor",
        "tensors of shapes \(parts.map(\.shape)) cannot stand one below the other")
    }
    let rows = parts.reduce(0) { $0 + $1.shape[0] }
    return try TensorRecord(
      dtype: first.dtype, shape: [rows] + first.shape.dropFirst(), bytes: parts.flatMap(\.bytes))
  }

  /// The tensor cut along its first axis into equal parts.
  ///
  /// - Throws: `typeMismatch` if they cannot be equal.
  func rows(in count: Int) throws(FormatError) -> [TensorRecord] {
    guard let rows = shape.first, rows % count == 0 else {
      throw FormatError(
        .typeMismatch, format: "tensor", "shape \(shape) cannot be cut into \(count) equal parts")
    }
    let size = bytes.count / count
    var parts: [TensorRecord] = []
    for i in 0..<count {
      parts.append(
        try TensorRecord(
          dtype: dtype, shape: [rows / count] + shape.dropFirst(),
          bytes: Array(bytes[(i * size)..<((i + 1) * size)])))
    }
    return parts
  }

  /// The transpose of a matrix.
  ///
  /// - Throws: `typeMismatch` for other ranks.
  func transposed() throws(FormatError) -> TensorRecord {
    guard shape.count == 2, dtype.bitCount % 8 == 0,
      let turned = denseCopy(
        of: bytes, width: dtype.bitCount / 8, shape: [shape[1], shape[0]], strides: [1, shape[1]],
        offset: 0)
    else {
      throw FormatError(
        .typeMismatch, format: "tensor", "shape \(shape) is no matrix that could be transposed")
    }
    return try TensorRecord(dtype: dtype, shape: [shape[1], shape[0]], bytes: turned)
  }
}
