// One request: the rest of a file, appended as it comes.
//
// Read       this file → ArchiveDownload.swift
// Tests      Tests/DatasetsTests/ArchiveDownloadTests.swift

import Foundation
import Synchronization

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// A transfer from `start` on, to the end of a file.
final class HTTPTransfer: NSObject, URLSessionDataDelegate, Sendable {
  private struct State {
    var file: FileHandle?
    var written: Int
    var problem: String?
    /// A problem that another attempt will not mend.
    var isFinal = false
    var redirections = 0
  }

  private let address: URL
  private let path: String
  private let start: Int
  private let limit: Int
  private let progress: @Sendable (Int) -> Void
  private let state: Mutex<State>
  private let done = DispatchSemaphore(value: 0)

  init(
    _ address: URL, to path: String, from start: Int, limit: Int,
    progress: @escaping @Sendable (Int) -> Void
  ) {
    self.address = address
    self.path = path
    self.start = start
    self.limit = limit
    self.progress = progress
    state = Mutex(State(written: start))
  }

  /// Runs to its end, good or bad.
  ///
  /// - Returns: What broke it off, if another attempt may help.
  /// - Throws: When no attempt will.
  func run() throws(DatasetError) -> String? {
    if !FileManager.default.fileExists(atPath: path) {
      _ = FileManager.default.createFile(atPath: path, contents: nil)
    }
    guard let file = FileHandle(forWritingAtPath: path) else {
      throw DatasetError(
        .unwritable, what: "A file cannot be written.", place: path,
        mend: "check that the directory is there and may be written.")
    }
    defer { try? file.close() }
    do { try file.seek(toOffset: UInt64(start)) } catch {
      throw DatasetError(
        .unwritable, what: "A file cannot be extended.", place: path, mend: "remove it.")
    }
    state.withLock { $0.file = file }
    let configuration = URLSessionConfiguration.ephemeral
    configuration.timeoutIntervalForRequest = 60
    let session = URLSession(configuration: configuration, delegate: self, delegateQueue: nil)
    var request = URLRequest(url: address)
    if start > 0 { request.setValue("bytes=\(start)-", forHTTPHeaderField: "Range") }
    // A packed transfer would count other bytes than the file has.
    request.setValue("identity", forHTTPHeaderField: "Accept-Encoding")
    session.dataTask(with: request).resume()
    done.wait()
    session.invalidateAndCancel()
    let (problem, isFinal) = state.withLock { ($0.problem, $0.isFinal) }
    if isFinal {
      throw DatasetError(
        .unreadable, what: "The archive cannot be fetched: \(problem ?? "unknown").",
        place: address.absoluteString,
        mend: "check the address in a browser; --from URL names another place that has the archive."
      )
    }
    return problem
  }

  private func stop(_ problem: String, isFinal: Bool = true) {
    state.withLock { if $0.problem == nil { ($0.problem, $0.isFinal) = (problem, isFinal) } }
  }

  func urlSession(
    _ session: URLSession, dataTask: URLSessionDataTask, didReceive response: URLResponse,
    completionHandler: @escaping @Sendable (URLSession.ResponseDisposition) -> Void
  ) {
    let answer = response as? HTTPURLResponse
    let status = answer?.statusCode ?? 0
    switch status {
    case 206:
      // "bytes 100-199/200"; a server that begins elsewhere would put bytes in the wrong place.
      let range = answer?.value(forHTTPHeaderField: "Content-Range") ?? ""
      guard range.hasPrefix("bytes \(start)-") else {
        stop("the server answers with the range '\(range.prefix(60))' instead of one from \(start)")
        completionHandler(.cancel)
        return
      }
    case 200:
      // The whole file: from the beginning.
      state.withLock { state in
        try? state.file?.truncate(atOffset: 0)
        state.written = 0
      }
    case 416:
      state.withLock { try? $0.file?.truncate(atOffset: 0) }
      stop("the server has no bytes from \(start) on", isFinal: false)
      completionHandler(.cancel)
      return
    case 408, 429, 500...599:
      stop("the server answers \(status)", isFinal: false)
      completionHandler(.cancel)
      return
    default:
      stop("the server answers \(status)")
      completionHandler(.cancel)
      return
    }
    completionHandler(.allow)
  }

  func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
    let (written, isTooMuch) = state.withLock { state -> (Int, Bool) in
      guard state.problem == nil, let file = state.file else { return (state.written, false) }
      guard state.written + data.count <= limit else { return (state.written, true) }
      do {
        try file.write(contentsOf: data)
        state.written += data.count
      } catch {
        (state.problem, state.isFinal) = ("writing failed: \(error.localizedDescription)", true)
      }
      return (state.written, false)
    }
    if isTooMuch {
      stop("the server sends more than the \(limit) bytes that were published")
      dataTask.cancel()
    }
    progress(written)
  }

  func urlSession(
    _ session: URLSession, task: URLSessionTask,
    willPerformHTTPRedirection response: HTTPURLResponse,
    newRequest request: URLRequest, completionHandler: @escaping @Sendable (URLRequest?) -> Void
  ) {
    let count = state.withLock { state in
      state.redirections += 1
      return state.redirections
    }
    let scheme = request.url?.scheme?.lowercased() ?? ""
    let isDowngrade = response.url?.scheme?.lowercased() == "https" && scheme != "https"
    guard count <= 10, ["http", "https"].contains(scheme), !isDowngrade else {
      stop(count > 10 ? "more than ten redirections" : "a redirection to '\(scheme)'")
      completionHandler(nil)
      task.cancel()
      return
    }
    var request = request
    if start > 0 { request.setValue("bytes=\(start)-", forHTTPHeaderField: "Range") }
    request.setValue("identity", forHTTPHeaderField: "Accept-Encoding")
    completionHandler(request)
  }

  func urlSession(
    _ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?
  ) {
    if let error { stop(error.localizedDescription, isFinal: false) }
    done.signal()
  }
}
