// The batch-size search: how large a batch fits into the memory given?
//
// Idea       Take one step with a batch of 2, 4, 8, … images and look how high memory rose. The step from one size to
//            the next tells what twice the size will need; a size is tried only when that fits, so nothing
//            is ever driven out of memory to find out.
// Formula    mₙ₊₁ ≈ mₙ + 2.5 (mₙ − mₙ₋₁)   activations double with the batch, distances quadruple
// Source     The released code's `--auto_bs` doubles until the device is out of memory; on a machine whose memory is
//            shared that would end other programs, or this one.
// After      The learning rate is not changed, as in the released code.
// Read       PreTraining.swift ← this file → Command/PretrainCommand.swift
// Tests      Tests/TrainingTests/BatchSizeSearchTests.swift

import Foundation
import Kernels

/// What a search found.
public struct BatchSizeSearch: Sendable {
  /// A size that was tried.
  public struct Trial: Sendable, Hashable {
    /// Images in the batch.
    public let batchSize: Int
    /// The most memory the process had until then, in bytes.
    public let peak: Int
  }

  /// What was tried, smallest first.
  public private(set) var trials: [Trial] = []
  /// The memory that was given, in bytes.
  public let memory: Int

  /// The largest size that fitted; nil when not even the smallest did.
  public var batchSize: Int? { trials.last { $0.peak <= memory }?.batchSize }

  /// Searches.
  ///
  /// - Parameters:
  ///   - limit: The largest size there is data for.
  ///   - memory: Bytes that may be used.
  ///   - measure: Takes a step with so many images and returns the process's peak in bytes.
  /// - Throws: What measuring throws.
  public init(limit: Int, memory: Int, measure: (Int) throws -> Int) rethrows {
    self.memory = memory
    var size = 2
    while size <= limit {
      let peak = try measure(size)
      trials.append(Trial(batchSize: size, peak: peak))
      guard peak <= memory else { break }
      let before = trials.dropLast().last?.peak ?? peak
      let next = Double(peak) + 2.5 * Double(max(0, peak - before))
      guard next <= Double(memory) else { break }
      size *= 2
    }
  }

  /// The largest size with which a configuration's steps fit.
  ///
  /// - Parameters:
  ///   - configuration: Everything but its batch size.
  ///   - data: Its data.
  ///   - memory: Bytes that may be used.
  ///   - observe: Called after every trial.
  /// - Returns: What was found.
  /// - Throws: When a step fails.
  public static func run(
    _ configuration: Configuration, data: DataSource, memory: Int,
    observe: (Trial) -> Void = { _ in }
  ) throws -> BatchSizeSearch {
    try BatchSizeSearch(limit: data.training.count * configuration.copies, memory: memory) { size in
      var trial = configuration
      trial.batchSize = size
      let training = try PreTraining(trial, data: data)
      // The second step has what the first has not: moments and a gradient at the same time.
      let loader = training.remainingBatches()
      for _ in 0..<2 { if let batch = try loader.next() { _ = try training.step(batch) } }
      let peak = processPeakMemory()
      observe(Trial(batchSize: size, peak: peak))
      return peak
    }
  }
}

/// The most memory this process has had, in bytes.
public func processPeakMemory() -> Int {
  var usage = rusage()
  let ourselves: Int32 = 0  // RUSAGE_SELF, which has another type on every system
  guard unsafe getrusage(ourselves, &usage) == 0 else { return 0 }
  #if os(Linux)
    return Int(usage.ru_maxrss) * 1024
  #else
    return Int(usage.ru_maxrss)
  #endif
}

/// Memory that this process may take, in bytes: what the system calls available, beside what it has.
public func availableMemory() -> Int {
  let text = (try? String(contentsOfFile: "/proc/meminfo", encoding: .utf8)) ?? ""
  for line in text.split(separator: "\n") where line.hasPrefix("MemAvailable:") {
    let words = line.split(separator: " ")
    if words.count > 1, let kibibytes = Int(words[1]) {
      return kibibytes * 1024 + processPeakMemory()
    }
  }
  return Int(ProcessInfo.processInfo.physicalMemory / 2)
}
