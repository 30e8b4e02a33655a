// A web server on this machine that misbehaves as asked.

import Foundation
import Synchronization

#if canImport(Glibc)
  import Glibc
#endif

/// Serves one file; each connection takes the next behaviour, the last one stays.
final class LoopbackServer: Sendable {
  enum Behaviour: Sendable {
    case good
    /// Knows no ranges: always the whole file.
    case withoutRanges
    /// Breaks off after so many bytes of the body.
    case breaksOff(after: Int)
    /// Changes one byte.
    case corrupts
    /// Says that it is elsewhere.
    case redirects(to: String)
    /// Sends more than there is.
    case sendsTooMuch
    case status(Int)
  }

  /// A client that has gone must not end the tests by a signal.
  #if canImport(Glibc)
    private static let quietly = Int32(MSG_NOSIGNAL)
  #else
    private static let quietly: Int32 = 0x80000
  #endif

  let port: UInt16
  private let socketNumber: Int32
  private let content: [UInt8]
  private let behaviours: Mutex<[Behaviour]>
  private let seen = Mutex<[String]>([])

  /// The first lines of all requests, and their ranges.
  var requests: [String] { seen.withLock { $0 } }

  init(_ content: [UInt8], _ behaviours: [Behaviour]) throws {
    self.content = content
    self.behaviours = Mutex(behaviours)
    #if canImport(Glibc)
      let number = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    #else
      let number = socket(AF_INET, SOCK_STREAM, 0)
    #endif
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
        bind(number, pointer, length) == 0 && listen(number, 16) == 0
          && getsockname(number, pointer, &length) == 0
      }
    }
    guard isBound else { throw CocoaError(.featureUnsupported) }
    socketNumber = number
    port = UInt16(bigEndian: address.sin_port)
    let thread = Thread { [self] in
      while true {
        let connection = accept(number, nil, nil)
        if connection < 0 { return }
        serve(connection)
        close(connection)
      }
    }
    thread.start()
  }

  func stop() {
    shutdown(socketNumber, Int32(SHUT_RDWR))
    close(socketNumber)
  }

  private func serve(_ connection: Int32) {
    var request = ""
    var buffer = [UInt8](repeating: 0, count: 4096)
    while !request.contains("\r\n\r\n") {
      let count = recv(connection, &buffer, buffer.count, 0)
      if count <= 0 { return }
      request += String(decoding: buffer[..<count], as: UTF8.self)
    }
    let lines = request.components(separatedBy: "\r\n")
    let range = lines.first { $0.lowercased().hasPrefix("range:") }
    seen.withLock { $0.append(lines[0] + (range.map { " " + $0 } ?? "")) }
    let start = range.flatMap { Int($0.filter(\.isNumber)) } ?? 0
    let behaviour = behaviours.withLock { list in list.count > 1 ? list.removeFirst() : list[0] }
    var body = content
    var status = start > 0 ? 206 : 200
    var headers = ""
    var limit = Int.max
    switch behaviour {
    case .good: break
    case .withoutRanges: status = 200
    case .breaksOff(let count): limit = count
    case .corrupts: body[body.count / 2] ^= 1
    case .sendsTooMuch: body += [UInt8](repeating: 1, count: 1000)
    case .redirects(let address):
      status = 302
      headers = "Location: \(address)\r\n"
      body = []
    case .status(let number): (status, body) = (number, [])
    }
    let part = status == 206 ? Array(body.dropFirst(start)) : body
    if status == 206 {
      headers += "Content-Range: bytes \(start)-\(body.count - 1)/\(body.count)\r\n"
    }
    let head =
      "HTTP/1.1 \(status) X\r\nContent-Length: \(part.count)\r\nConnection: close\r\n\(headers)\r\n"
    let answer = Array(head.utf8) + part.prefix(limit)
    var sent = 0
    while sent < answer.count {
      let count = answer.withUnsafeBytes { bytes in
        guard let start = bytes.baseAddress else { return 0 }
        return send(connection, start + sent, min(4096, bytes.count - sent), Self.quietly)
      }
      if count <= 0 { return }
      sent += count
    }
    shutdown(connection, Int32(SHUT_WR))
  }
}
