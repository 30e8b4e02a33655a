// Comparing two tensors: how far apart, where, and whether that is near enough.
//
// Formula    absolute  max |ours − theirs|
//            relative  the same over max |theirs|
//            ULP       the largest number of representable values between two elements
//            verdict   |ours − theirs| ≤ a + r · max |theirs| for every element
// ULP        The bit patterns of floating-point numbers of one sign are ordered as integers; those of
//            negative numbers are mirrored, so that −0 and +0 are neighbours at distance 0.
// NaN        is never within tolerance, not even beside another NaN: every test asks whether the
//            error is small, never whether it is large.
// Read       Tolerance.swift ← this file → CheckReport.swift
// Tests      Tests/OracleTests/ComparisonTests.swift

import Formats

/// What a comparison of two tensors found.
public struct TensorComparison: Sendable {
  /// Why a tensor passes or fails.
  public enum Verdict: String, Sendable {
    case within = "ok"
    case beyond = "DIFFERS"
    case missing = "MISSING"
    case unexpected = "UNEXPECTED"
    case shape = "SHAPE"
    case type = "TYPE"
  }

  /// The tensor's name.
  public let name: String
  /// The expected shape.
  public let shape: [Int]
  /// Largest |ours − theirs|; nil where nothing could be compared.
  public var absolute: Double?
  /// That, relative to the largest |theirs|.
  public var relative: Double?
  /// Largest distance in units in the last place.
  public var ulps: Double?
  /// Index of the worst element.
  public var place = ""
  /// Both values there.
  public var values: (ours: Double, theirs: Double)?
  public let verdict: Verdict

  /// Whether it is within tolerance.
  public var passes: Bool { verdict == .within }

  private init(_ name: String, _ shape: [Int], _ verdict: Verdict) {
    self.name = name
    self.shape = shape
    self.verdict = verdict
  }

  /// Compares two tensors.
  ///
  /// - Parameters:
  ///   - name: What to call them.
  ///   - ours: What was computed; nil when there is none of this name.
  ///   - theirs: What is expected; nil when there is none of this name.
  ///   - tolerance: How far apart they may be.
  /// - Throws: `FormatError` for element types that are no numbers.
  public init(
    _ name: String, ours: TensorRecord?, theirs: TensorRecord?, tolerance: Tolerance
  ) throws {
    guard let theirs else {
      self.init(name, ours?.shape ?? [], .unexpected)
      return
    }
    guard let ours else {
      self.init(name, theirs.shape, .missing)
      return
    }
    guard ours.shape == theirs.shape else {
      self.init(name, theirs.shape, .shape)
      place = "the other is \(ours.shape)"
      return
    }
    guard ours.dtype == theirs.dtype else {
      self.init(name, theirs.shape, .type)
      place = "\(theirs.dtype.rawValue), the other \(ours.dtype.rawValue)"
      return
    }
    // docs: region compare
    let (a, b) = (try ours.comparable(), try theirs.comparable())
    let largest = b.reduce(0) { !(abs($1) <= $0) ? abs($1) : $0 }
    let bound = tolerance.absolute + tolerance.relative * largest
    var (worst, at, far) = (0.0, 0, 0.0)
    for i in a.indices {
      // Equal infinities have no difference; equal NaNs have.
      let error = a[i] == b[i] ? 0 : abs(a[i] - b[i])
      if !(error <= worst) && !worst.isNaN { (worst, at) = (error, i) }
      let distance = ulpDistance(a[i], b[i], ours.dtype)
      if !(distance <= far) && !far.isNaN { far = distance }
    }
    // An infinite bound must not let an infinite error pass.
    let passes = worst <= bound && bound.isFinite || worst == 0 && !largest.isNaN
    // docs: end compare
    self.init(name, theirs.shape, passes ? .within : .beyond)
    absolute = worst
    relative = worst == 0 ? 0 : worst / largest
    ulps = far
    if !a.isEmpty {
      place = indexText(at, in: theirs.shape)
      values = (a[at], b[at])
    }
  }
}

/// How many representable numbers lie between two, counting one end.
///
/// - Returns: NaN if one of them is NaN; for integers their difference.
func ulpDistance(_ a: Double, _ b: Double, _ dtype: DType) -> Double {
  if a.isNaN || b.isNaN { return .nan }
  func distance(_ x: Int64, _ y: Int64) -> Double {
    // Of opposite signs they may lie further apart than Int64 reaches.
    Double(x > y ? UInt64(bitPattern: x &- y) : UInt64(bitPattern: y &- x))
  }
  switch dtype {
  case .f64:
    func ordered(_ x: Double) -> Int64 {
      let bits = Int64(bitPattern: x.bitPattern)
      return bits < 0 ? Int64.min &- bits : bits
    }
    return distance(ordered(a), ordered(b))
  case .f32:
    func ordered(_ x: Double) -> Int64 {
      let bits = Int32(bitPattern: Float(x).bitPattern)
      return Int64(bits < 0 ? Int32.min &- bits : bits)
    }
    return distance(ordered(a), ordered(b))
  default: return abs(a - b)
  }
}

extension TensorRecord {
  /// The elements as numbers to compare.
  fileprivate func comparable() throws -> [Double] {
    switch dtype {
    case .f64, .f32, .f16, .bf16: try doubles()
    default: try int64s().map(Double.init)
    }
  }
}
