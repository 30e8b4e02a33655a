// The repository these tests read: the one they are compiled in.

import Book
import Foundation

let repository = Repository(
  root: URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..")
    .standardizedFileURL.path)
