// A pattern without chance: parameters by a rule, and summaries of gradients that are too large for a file.
//
// Formula    pat(k; o) = (m³ mod p)/p − ½,  m = (k + 1009 o) mod p,  p = 65519
//            summary(v) = [‖v‖, ⟨v, pat(·; 1001)⟩, ⟨v, pat(·; 1002)⟩, ⟨v, pat(·; 1003)⟩, v₀, v_⌊n/2⌋, v_{n−1}]
// Why        p is a prime with p mod 3 = 2, so cubing is a permutation: no value repeats within 65519
//            elements and no two filters are alike. m³ < 2⁵³: exact also where all numbers are doubles.
//            The offsets of a summary are not those of parameters: the gradient of a filter that batch
//            norm follows is orthogonal to the filter.
// Read       this file → Oracle/GeneratedParameters.swift
// Tests      Tests/OracleTests/GeneratedParameterTests.swift

/// The deterministic pattern that fills parameters and summarises gradients.
public enum ParameterPattern {
  /// The period.
  public static let prime = 65519

  /// One period: (m³ mod p)/p − ½ for m in 0..<p.
  private static let period: [Double] = (0..<prime).map { m in
    Double(m * m * m % prime) / Double(prime) - 0.5
  }

  /// pat(k; offset), in −½…½.
  public static func value(_ k: Int, offset: Int) -> Double { period[(k + 1009 * offset) % prime] }

  /// pat(k; offset) for k in 0..<count, as scale · pat + shift.
  public static func values(
    _ count: Int, offset: Int, scale: Double = 1, shift: Double = 0
  ) -> [Double] {
    let period = period
    return (0..<count).map { scale * period[($0 + 1009 * offset) % prime] + shift }
  }

  /// What a case holds of a gradient that is too large to be written whole; 7 numbers.
  public static func summary(_ values: [Double]) -> [Double] {
    var norm = 0.0
    var projections = [0.0, 0.0, 0.0]
    let period = period
    for k in values.indices {
      norm += values[k] * values[k]
      for i in 0..<3 { projections[i] += values[k] * period[(k + 1009 * (1001 + i)) % prime] }
    }
    let n = values.count
    return [norm.squareRoot()] + projections + [values[0], values[n / 2], values[n - 1]]
  }

  /// Numbers in a summary.
  public static let summaryCount = 7
}
