import Formats
import Foundation
import Testing

@Suite("JSON lines") struct JSONLinesTests {
  private func write(_ text: String, _ path: String) throws {
    try Data(text.utf8).write(to: URL(filePath: path))
  }

  private func read(_ path: String) throws -> String {
    String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
  }

  @Test("lines are appended, and reopening keeps them")
  func append() throws {
    try withTemporaryDirectory { directory in
      let path = directory + "/metrics.jsonl"
      do {
        let writer = try JSONLinesWriter(path)
        try writer.append(["step": 1, "loss": 0.5])
        try writer.append(["step": 2, "loss": .number(Double.nan)])
      }
      let writer = try JSONLinesWriter(path)
      #expect(writer.existing.count == 2 && writer.droppedLineCount == 0)
      try writer.append(["step": 3])
      try writer.synchronize()
      let expected = "{\"step\":1,\"loss\":0.5}\n{\"step\":2,\"loss\":\"NaN\"}\n{\"step\":3}\n"
      #expect(try read(path) == expected)
      #expect(try JSONLinesWriter.read(path).count == 3)
    }
  }

  @Test(
    "what a crash left at the end is dropped",
    arguments: ["{\"step\":2", "{\"step\":2}", "{\"st\n", "\0\0\0\0", "\0\0\n\0\n", "x\ny\nz"])
  func crash(tail: String) throws {
    try withTemporaryDirectory { directory in
      let path = directory + "/metrics.jsonl"
      try write("{\"step\":1}\n" + tail, path)
      let writer = try JSONLinesWriter(path)
      #expect(writer.existing == [["step": 1]] && writer.droppedLineCount > 0)
      try writer.append(["step": 2])
      #expect(try read(path) == "{\"step\":1}\n{\"step\":2}\n")
    }
  }

  @Test("resuming drops the lines of later steps and keeps those without a step")
  func resume() throws {
    try withTemporaryDirectory { directory in
      let path = directory + "/metrics.jsonl"
      try write("{\"run\":\"a\"}\n{\"step\":1}\n{\"step\":3}\n{\"epoch\":1}\n{\"step\":2}\n", path)
      let writer = try JSONLinesWriter(path, resumingAfter: 2)
      #expect(writer.droppedLineCount == 1)
      #expect(try read(path) == "{\"run\":\"a\"}\n{\"step\":1}\n{\"epoch\":1}\n{\"step\":2}\n")
    }
  }

  @Test("a bad line among good ones is an error that names it, and the file is left alone")
  func badMiddle() throws {
    try withTemporaryDirectory { directory in
      let path = directory + "/metrics.jsonl"
      try write("{\"step\":1}\noops\n{\"step\":2}\n", path)
      let error = formatError { _ = try JSONLinesWriter(path) }
      #expect(error?.place == .line(2, column: 0) && error?.path == path)
      #expect(try read(path) == "{\"step\":1}\noops\n{\"step\":2}\n")
    }
  }
}
