// Progress on the terminal: one line that moves, or plain lines where there is no terminal.
//
// Read       PreTrainingRun.swift

import Foundation

/// Shows how far a run is, how fast it goes and how long it will take.
public final class RunProgress {
  private let isTerminal: Bool
  private let total: Int
  private let imagesAStep: Int
  /// When the first step was reported, and which it was: the rate is counted from there.
  private var first: (step: Int, date: Date)?
  private var lastShown = Date.distantPast
  private let output = FileHandle.standardError

  /// Progress of a run.
  ///
  /// - Parameters:
  ///   - total: Steps in the whole run.
  ///   - imagesAStep: For the rate.
  public init(total: Int, imagesAStep: Int) {
    self.total = total
    self.imagesAStep = imagesAStep
    isTerminal = isatty(2) == 1 && ProcessInfo.processInfo.environment["TERM"] != "dumb"
  }

  /// Shows a step, at most ten times a second on a terminal and every ten seconds elsewhere.
  public func show(_ record: StepRecord) {
    let now = Date()
    let done = record.position.step
    let last = done == total
    let start = first ?? (done, now)
    first = start
    guard last || now.timeIntervalSince(lastShown) >= (isTerminal ? 0.1 : 10) else { return }
    lastShown = now
    var pace = ""
    if done > start.step {
      let secondsAStep = now.timeIntervalSince(start.date) / Double(done - start.step)
      let rate = Double(imagesAStep) / max(1e-9, secondsAStep)
      pace = " \(Int(rate)) images/s, \(RunProgress.time(secondsAStep * Double(total - done))) left"
    }
    // The chance level stands beside each distance correlation.
    let terms = record.terms.map { term in
      let level = record.chance.first { $0.name == term.name }
      return "\(term.name) \(RunProgress.number(term.value))"
        + (level.map { " (chance \(RunProgress.number($0.value)))" } ?? "")
    }.joined(separator: " ")
    let percent = total > 0 ? 100 * done / total : 100
    let line =
      "\(isTerminal ? bar(done) + " " : "")step \(done)/\(total) (\(percent) %)\(pace)  "
      + "loss \(RunProgress.number(record.loss)) = \(terms)"
    write(isTerminal ? "\r\u{1B}[K\(clipped(line))" + (last ? "\n" : "") : line + "\n")
  }

  /// Ends a line that is still moving.
  public func finish() {
    if isTerminal { write("\n") }
  }

  private func bar(_ done: Int) -> String {
    let filled = total > 0 ? 20 * done / total : 20
    return "[" + String(repeating: "=", count: filled)
      + String(repeating: " ", count: max(0, 20 - filled)) + "]"
  }

  /// A moving line must not wrap.
  private func clipped(_ line: String) -> String {
    var size = winsize()
    let columns = unsafe ioctl(2, UInt(TIOCGWINSZ), &size) == 0 ? Int(size.ws_col) : 80
    return String(line.prefix(max(20, columns - 1)))
  }

  private func write(_ text: String) { output.write(Data(text.utf8)) }

  static func number(_ value: Double) -> String { String(format: "%.4f", value) }

  /// `1:02:03` or `2:03`.
  public static func time(_ seconds: Double) -> String {
    let s = Int(min(seconds, 1e9).rounded())
    let (hours, minutes) = (s / 3600, s / 60 % 60)
    func two(_ n: Int) -> String { n < 10 ? "0\(n)" : "\(n)" }
    return hours > 0 ? "\(hours):\(two(minutes)):\(two(s % 60))" : "\(minutes):\(two(s % 60))"
  }
}
