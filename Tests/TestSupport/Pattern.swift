// The input pattern, and comparisons of large results: both sides of a fixture compute them alike.
//
// Formula    pat(k; o) = ((37 (k + o) + 11) mod 101)/101 − 0.5
// Summary    sum, sum of squares, four elements, projections on pat(·; 17), pat(·; 53), pat(·; 89)
// Why here   Loops over millions of scalars need optimised code, also in debug builds of tests.

/// pat(k; offset) for k in 0..<count, as scale · pat + shift.
public func pattern(
  _ count: Int, offset: Int = 0, scale: Double = 1, shift: Double = 0
) -> [Double] {
  (0..<count).map { k -> Double in
    let rest: Int = (37 * (k + offset) + 11) % 101
    return scale * (Double(rest) / 101 - 0.5) + shift
  }
}

/// ⟨values, pat(·; offset)⟩.
public func projection(_ values: [Double], offset: Int) -> Double {
  var sum = 0.0
  for k in values.indices {
    sum += values[k] * (Double((37 * (k + offset) + 11) % 101) / 101 - 0.5)
  }
  return sum
}

/// The Euclidean norm.
public func norm(_ values: [Double]) -> Double {
  values.reduce(0) { $0 + $1 * $1 }.squareRoot()
}

/// What fixtures store of a large tensor.
public func summary(_ values: [Double]) -> [Double] {
  let n = values.count
  let places = [0, n / 3, 2 * n / 3, n - 1]
  return [values.reduce(0, +), values.reduce(0) { $0 + $1 * $1 }] + places.map { values[$0] }
    + [17, 53, 89].map { projection(values, offset: $0) }
}

/// The largest deviation of a tensor from a stored summary.
///
/// - Returns: Elements relative to the root mean square, sums and projections to the norm times √n:
///   what rounding, and any mistake, is measured in. NaN if anything is NaN.
public func summaryError(_ values: [Double], _ stored: [Double]) -> Double {
  let ours = summary(values)
  guard ours.count == stored.count else { return .infinity }
  let length = stored[1].squareRoot()
  let root = Double(values.count).squareRoot()
  var worst = 0.0
  for i in ours.indices {
    let scale =
      switch i {
      case 1: stored[1]
      case 2...5: length / root
      default: length * root
      }
    let error = abs(ours[i] - stored[i]) / scale
    if !(error <= worst) { worst = error }
  }
  return worst
}

/// The largest |a − b| relative to the largest |b|; infinite when lengths differ, NaN if one is.
public func relativeError(_ a: [Double], _ b: [Double]) -> Double {
  guard a.count == b.count else { return .infinity }
  let scale = max(b.reduce(0) { max($0, abs($1)) }, .leastNormalMagnitude)
  var worst = 0.0
  for i in a.indices {
    let error = abs(a[i] - b[i]) / scale
    if !(error <= worst) { worst = error }
  }
  return worst
}

/// The largest |a − b| in units of a bound for each element; 0 / 0 is 0, NaN if anything is NaN.
public func errorInBounds(_ a: [Double], _ b: [Double], bounds: [Double]) -> Double {
  guard a.count == b.count, a.count == bounds.count else { return .infinity }
  var worst = 0.0
  for i in a.indices where a[i] != b[i] {
    let error = abs(a[i] - b[i]) / bounds[i]
    if !(error <= worst) { worst = error }
  }
  return worst
}
