// What the system says about this process's memory: resident now, the most so far, and what is free.
//
// Source     proc(5): VmRSS, VmHWM; "5" written to /proc/self/clear_refs sets VmHWM to VmRSS
// Elsewhere  macOS tells only the most since the process began; a peak is then put together from what the
//            process was beside its large buffers and the most those needed (Kernels/BufferPool.swift).
// Read       StepForecast.swift ← this file → PreTrainingRun.swift
// Tests      Tests/TrainingTests/StepForecastTests.swift

import Foundation
import Kernels

/// Memory of this process.
public enum ResidentMemory {
  /// Resident now, in bytes.
  public static var now: Int {
    #if canImport(Darwin)
      // There the most so far stands for both.
      var usage = rusage()
      _ = unsafe getrusage(RUSAGE_SELF, &usage)
      return Int(usage.ru_maxrss)
    #else
      return bytes("VmRSS:", in: "/proc/self/status") ?? 0
    #endif
  }

  /// Gives the system back what the process has freed, as far as the C library can.
  static func trim() {
    BufferMemory.releaseKept()
    #if canImport(Glibc)
      // Swift's module of the C library leaves out malloc.h, where `int malloc_trim(size_t)` stands.
      if let trim = unsafe dlsym(nil, "malloc_trim") {
        _ = unsafe unsafeBitCast(trim, to: (@convention(c) (Int) -> Int32).self)(0)
      }
    #endif
  }

  /// Resident now beside large buffers: the program, its data, small things.
  static var besideBuffers: Int { max(0, now - BufferMemory.footprint) }

  /// Bytes this process may have: what it has and what the system says is free.
  public static var available: Int {
    guard let free = bytes("MemAvailable:", in: "/proc/meminfo") else {
      return Int(clamping: ProcessInfo.processInfo.physicalMemory)
    }
    return free + now
  }

  /// The bytes of a line such as `VmRSS:  1234 kB`.
  fileprivate static func bytes(_ key: String, in path: String) -> Int? {
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return nil }
    for line in text.split(separator: "\n") where line.hasPrefix(key) {
      return line.split { $0 == " " || $0 == "\t" }.dropFirst().first.flatMap { Int($0) }
        .map { $0 * 1024 }
    }
    return nil
  }
}

/// The most memory the process has from a moment on.
struct ResidentPeak {
  private let isCounted: Bool
  private let beside: Int

  /// Begins here: gives back what the pool of buffers keeps, so that it is not counted.
  init() {
    ResidentMemory.trim()
    BufferMemory.resetPeak()
    beside = ResidentMemory.besideBuffers
    let counter = FileHandle(forWritingAtPath: "/proc/self/clear_refs")
    isCounted = (try? counter?.write(contentsOf: Data("5".utf8))) != nil
  }

  /// The most until now, in bytes.
  var bytes: Int {
    let counted = isCounted ? ResidentMemory.bytes("VmHWM:", in: "/proc/self/status") : nil
    return counted ?? beside + BufferMemory.peak
  }
}
