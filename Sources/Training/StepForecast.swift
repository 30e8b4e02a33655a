// A forecast: how much memory a run needs and how long an epoch takes, before it starts.
//
// Idea       What a step needs depends on the network, the method, the representations and the loss. So
//            two small batches are tried, half and whole of the same size, on networks that are thrown
//            away, and both memory and time are continued along the straight line through them. The sizes
//            are the batch size halved some times, so that the rounding of blocks in the buffer pool
//            (Kernels/BufferPool.swift) is the same.
// Formula    bytes(N) = process + a + (b + w) N + c N²,  a + b N through the peaks of the trials, w N the batches
//            that wait as bytes, c N² the distance matrices of eq. (3): too small to be seen in small trials
// Accuracy   Within 15 % for steps, 17 % for the whole built-in job (docs/performance.md, "Memory"). All large
//            buffers are made by the step itself, in the same order in every step; batches wait as bytes, and
//            evaluation gives back what the pool and the C library keep.
// Read       PreTraining.swift, Kernels/BufferPool.swift, ResidentMemory.swift ← this file → PreTrainingRun.swift
// Tests      Tests/TrainingTests/StepForecastTests.swift

import Foundation
import Kernels

/// What a run will need.
public struct StepForecast: Sendable {
  /// Images in a batch.
  public let batchSize: Int
  /// Most memory of the process while it trains, in bytes.
  public let bytes: Int
  /// Of a step, on the threads in use.
  public let seconds: Double
  /// Parts of `bytes`: what does not grow with the batch, the process among it, and what grows with N and N².
  let fixed: Double
  let process: Double
  let linear: Double
  let square: Double

  /// Tries two small batches; the run's own state is not touched.
  ///
  /// - Parameters:
  ///   - configuration: What decides the run.
  ///   - data: Its data.
  ///   - teacher: Its teacher, if it has one.
  /// - Throws: What a step throws.
  public init(_ configuration: Configuration, data: DataSource, teacher: Teacher? = nil) throws {
    batchSize = configuration.batchSize
    ResidentMemory.trim()
    process = Double(ResidentMemory.besideBuffers)
    // Small enough to be quick; large enough for the algorithms and the chunks of the whole batch.
    var size = batchSize
    let smallest = max(64, 4 * configuration.cacheChunk)
    while size / 2 >= smallest { size /= 2 }
    func trial(_ size: Int) throws -> (bytes: Double, waiting: Double, seconds: Double) {
      var small = configuration
      small.batchSize = size
      small.accumulation = 1
      BufferMemory.releaseKept()
      let before = BufferMemory.footprint
      BufferMemory.resetPeak()
      let training = try PreTraining(small, data: data, teacher: teacher)
      let loader = training.remainingBatches()
      var fastest = Double.infinity
      var waiting = 0
      for _ in 0..<2 {
        guard let batch = try loader.next() else { break }
        waiting = training.batchesAhead * batch.scalarCount
        let start = DispatchTime.now().uptimeNanoseconds
        _ = try training.step(batch)
        fastest = min(fastest, Double(DispatchTime.now().uptimeNanoseconds - start) * 1e-9)
      }
      return (Double(BufferMemory.peak - before), Double(waiting) / Double(size), fastest)
    }
    // docs: region forecast
    let whole = try trial(size)
    let half = size >= 8 ? try trial(size / 2) : whole
    BufferMemory.releaseKept()
    let images = Double(size - (size >= 8 ? size / 2 : 0))
    let grown = size >= 8 ? max(0, (whole.bytes - half.bytes) / images) : 0
    fixed = process + whole.bytes - grown * Double(size)
    linear = grown + whole.waiting
    let matrices = Self.matricesOfViews + configuration.features.count
    square = size == batchSize ? 0 : Double(matrices * MemoryLayout<Float>.stride)
    let n = Double(batchSize)
    bytes = Int(fixed + linear * n + square * n * n)
    let pace = size >= 8 ? max(0, (whole.seconds - half.seconds) / images) : 0
    seconds = whole.seconds + pace * Double(batchSize - size)
    // docs: end forecast
  }

  /// N × N matrices beside one for each representation: distances, where they are not 0, and centred distances
  /// of both views, held for backward; and five at once on the way to one of them.
  private static let matricesOfViews = 11

  /// The largest batch that fits some bytes; at least 0.
  public func largestBatch(within limit: Int) -> Int {
    let room = Double(limit) - fixed
    guard room > 0 else { return 0 }
    if square == 0 { return linear > 0 ? Int(min(room / linear, 65536)) : batchSize }
    let root = (linear * linear + 4 * square * room).squareRoot()
    return Int(min((root - linear) / (2 * square), 65536))
  }

  /// Stops a run that cannot fit.
  ///
  /// - Parameters:
  ///   - limit: Bytes that the process may have.
  ///   - configuration: What decides the run: says what could be changed.
  /// - Throws: `TrainingError` with the settings to change.
  public func check(limit: Int, _ configuration: Configuration) throws {
    guard bytes > limit else { return }
    var ways: [String] = []
    let largest = largestBatch(within: limit)
    if largest >= 2 { ways.append("batch_size at most \(largest)") }
    if configuration.network.isResNet && !configuration.recomputes {
      ways.append("encoder.recompute: true")
    }
    if configuration.cacheChunk == 0 {
      ways.append(
        "encoder.chunk: \(max(2, min(64, batchSize / 4))), which keeps the batch and its loss")
    }
    if ways.isEmpty { ways.append("a smaller network or projector, or a smaller encoder.chunk") }
    throw TrainingError(
      "a step of batch_size \(batchSize) needs about \(Self.text(bytes)) of memory, "
        + "and there are \(Self.text(limit))",
      remedy: "set " + ways.joined(separator: ", or "))
  }

  /// `3.2 GB`, or `320 MB`.
  public static func text(_ bytes: Int) -> String {
    bytes >= 1_000_000_000
      ? String(format: "%.1f GB", Double(bytes) * 1e-9) : "\(bytes / 1_000_000) MB"
  }
}
