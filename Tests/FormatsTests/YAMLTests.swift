import Formats
import Testing

@Suite("YAML") struct YAMLTests {
  /// Every construct the official configuration files use.
  static let config = """
    # pre-training on small pictures: a comment with 'quotes', <brackets> (and more).

    batch_size: 256          # images: per step
    epochs: 1000
    accumulate_grad_batches: 1
    fp16: True
    normalize_z: False
    fine_tune_from:          # a path, or nothing
    std_margin: 1
    wd: 1e-6
    lr: 1e-4
    scheduler: warmup_cosine
    dataset:
      name: stl10            # which
      size: 96
      path: <>
      aug_policy: custom
    scatnet:
      J: 2
      shape:
        - 96   # height
        - 96   # width
      L: 8
    encoder:
      out_dim: 8192-8192-8192

      small_kernel: true
    clip:
      model_name: ViT-B-16
      pretrained: laion400m_e32
    comment: imagenet_semi_supervised_0.10
    """

  @Test("a configuration with every official construct reads as the right tree")
  func official() throws {
    let node = try YAMLNode(parsing: Self.config, path: "stl10.yaml")
    #expect(try node.required("batch_size").integer() == 256)
    #expect(try node.required("fp16").bool())
    #expect(try node.required("normalize_z").bool() == false)
    #expect(node.keys.contains("fine_tune_from") && node["fine_tune_from"] == nil)
    #expect(try node.required("wd").string() == "1e-6")
    #expect(try node.required("wd").number() == 1e-6)
    #expect(try node.required("dataset").required("path").string() == "<>")
    #expect(try node.required("scatnet").required("shape").integers() == [96, 96])
    #expect(try node.required("scatnet").required("L").integer() == 8)
    #expect(try node.required("encoder").required("out_dim").string() == "8192-8192-8192")
    #expect(try node.required("encoder").required("small_kernel").bool())
    #expect(try node.required("comment").string() == "imagenet_semi_supervised_0.10")
    let shape = try node.required("scatnet").required("shape").list()
    #expect(shape[1].keyPath == "scatnet.shape[1]" && shape[1].line == 22)
    #expect(node.keys.first == "batch_size" && node.keys.last == "comment")
  }

  @Test("line ends, a byte-order mark, a document marker and a missing last newline do not matter")
  func lineEnds() throws {
    let expected = try YAMLNode(parsing: "a: 1\nb:\n  - x\n")
    for text in [
      "a: 1\r\nb:\r\n  - x", "\u{FEFF}a: 1\nb:\n- x", "---\na: 1\nb: [x]\n",
      "a:   1   # one\nb:\n   -   x",
      "a:\t1\nb: ['x']", "# top\n\na: 1\n   # odd\nb: [ \"x\" , ] # list",
    ] {
      #expect(try YAMLNode(parsing: text) == expected, "\(text)")
    }
    #expect(try YAMLNode(parsing: "# nothing\n") == .map([:]))
  }

  @Test("quoted text keeps its characters and stays text")
  func quotes() throws {
    let node = try YAMLNode(
      parsing: #"""
        a: 'it''s # not a comment'
        b: "tab\t quote\" back\\ line\n"
        c: '12'
        d: "" # empty
        """#)
    #expect(try node.required("a").string() == "it's # not a comment")
    #expect(try node.required("b").string() == "tab\t quote\" back\\ line\n")
    #expect(try node.required("c").string() == "12")
    #expect(formatError { _ = try node.required("c").integer() }?.kind == .typeMismatch)
    #expect(try node.required("d").string() == "")
  }

  @Test("errors name file, line, key path and the nearest known name")
  func messages() throws {
    let node = try YAMLNode(
      parsing: "epochs: ten\ndataset:\n  nmae: x\nn_epoch: 3\n", path: "config.yaml")
    #expect(
      formatError { _ = try node.required("epochs").integer() }?.description
        == "config.yaml:1:9: 'epochs' must be a whole number, but is 'ten'")
    #expect(
      formatError { _ = try node.required("dataset").required("name") }?.description
        == "config.yaml:2:1: the key 'dataset.name' is missing. To mend: did you mean it by 'nmae'?"
    )
    let unknown = node.unknownKeys(known: ["epochs", "dataset"])
    #expect(
      unknown.map(\.description)
        == ["config.yaml:4: unknown key 'n_epoch'. To mend: did you mean 'epochs'?"])
  }

  @Test(
    "what the subset leaves out is refused by name, with its line",
    arguments: [
      ("a: 1\n\tb: 2", "tab", 2), ("a: &x 1", "anchor", 1), ("a: *x", "alias", 1),
      ("a: !t 1", "tag", 1), ("a: |\n  x", "block scalar", 1), ("a: {b: 1}", "flow map", 1),
      ("a: @x", "reserved", 1), ("a: 1\na: 2", "twice", 2), ("a: b: c", "second ':'", 1),
      ("a: b:", "second ':'", 1), ("a: 1\n  b: 2", "deeper", 2), ("  a: 1\nb: 2", "less", 2),
      ("a:\n  b: 1\n c: 2", "deeper", 3), ("- a: 1", "second ':'", 1), ("- - 1", "nested", 1),
      ("a: 'x", "not closed", 1), ("a: \"x", "not closed", 1), ("a: \"\\x41\"", "escape", 1),
      ("a: 'x' y", "follows", 1), ("a: 'x'#c", "follows", 1), ("a: [1, [2]]", "list in a list", 1),
      ("a: [1, 2", "no ']'", 1), ("a: ['a' 'b']", "must stand", 1), ("a: [1,, 2]", "stray", 1),
      ("a: 1\n---\nb: 2", "document", 2), ("a: 1\n...", "document", 2),
      ("---\n---\na: 1", "document", 2),
      ("just text", "key: value", 1),
      ("a:1", "key: value", 1), ("1a: 2", "key: value", 1), ("a: 1\n- 2", "list item", 2),
      ("a: 1\0", "control", 1), ("a: no", "ambiguous", 1), ("a: 010", "disguise", 1),
      ("a:\n- 1\n  - 2", "deeper", 3), ("é: 1", "key: value", 1), ("? a", "key: value", 1),
    ])
  func refused(text: String, word: String, line: Int) {
    let error = formatError { _ = try YAMLNode(parsing: text) }
    #expect(error?.problem.contains(word) == true, "\(String(describing: error))")
    if case .line(line, _) = error?.place {} else { Issue.record("\(String(describing: error))") }
  }

  @Test("size, lines and depth have limits")
  func limits() {
    let deep = (0..<100_000).reduce(into: "") { text, i in
      if i < 700 { text += String(repeating: " ", count: i) + "a:\n" }
    }
    for text in [
      String(repeating: "\n", count: 1_000_000), String(repeating: "a", count: 1 << 20 + 1), deep,
    ] {
      #expect(formatError { _ = try YAMLNode(parsing: text) }?.kind == .limitExceeded)
    }
    let longLine = "a: " + String(repeating: "x", count: 1 << 20 - 10)
    #expect(formatError { _ = try YAMLNode(parsing: longLine) } == nil)
    #expect(
      formatError { _ = try YAMLNode(parsing: [0x61, 0x3A, 0x20, 0xFF]) }?.kind == .malformed)
  }

  @Test("what is written reads back as the same values, in the same order")
  func roundTrip() throws {
    let node = YAMLNode.map([
      "text": .string("plain words"), "number_like": .string("12"), "float_like": .string("1.5"),
      "scientific": .string("1e-4"), "truth": .string("true"), "none": .string(""),
      "nothing": .null, "comment": .string("a # b"), "colon": .string("a: b"),
      "ambiguous": .string("no"), "octal": .string("010"), "blank": .string(" x "),
      "quote": .string("it's"), "lines": .string("a\n\tb\"\\"), "dash": .string("- x"),
      "anchor": .string("&x"), "integer": .integer(-3), "small": .float(1e-6),
      "large": .float(1e22), "third": .float(1.0 / 3), "one": .float(1), "inf": .float(-.infinity),
      "nan": .float(.nan), "yes": .bool(true), "list": .list([.integer(1), .string("1"), .null]),
      "empty": .list([]), "map": .map(["inner": .map(["x": .bool(false)])]),
    ])
    let text = try node.yaml()
    #expect(try YAMLNode(parsing: text) == node, "\(text)")
    #expect(text.contains("small: 1.0e-06\n") && text.contains("scientific: 1e-4\n"))
    #expect(text.contains("number_like: '12'\n"))
    #expect(try YAMLNode(parsing: Self.config).yaml().contains("path: <>\n"))
  }

  @Test("what the subset cannot say is refused by the writer")
  func unwritable() {
    for node in [
      YAMLNode.string("x"), .map(["a b": .null]), .map(["a": .string("\u{1}")]),
      .map(["a": .list([.list([])])]), .map(["a": .map([:])]),
    ] {
      #expect(formatError { _ = try node.yaml() }?.kind == .unsupported)
    }
  }

  @Test("mutations throw or read, and never trap; what reads also writes and reads again")
  func mutations() throws {
    var generator = SeededGenerator(state: 11)
    let seed = Array(Self.config.utf8)
    var read = 0
    for _ in 0..<1500 {
      let bytes = mutated(seed, by: &generator)
      guard let node = try? YAMLNode(parsing: bytes) else { continue }
      read += 1
      let text = try node.yaml()
      #expect(try YAMLNode(parsing: text) == node)
    }
    #expect(read > 100)
  }
}
