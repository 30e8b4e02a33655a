// Numbers as bits, for tests that two ways end in the same ones.
//
// Why        `==` takes −0 for 0, and no NaN for itself; bits tell them apart.

/// The bits of each number.
public func bitPatterns(_ numbers: [Float]) -> [UInt32] { numbers.map { $0.bitPattern } }

/// The bits of each number.
public func bitPatterns(_ numbers: [Double]) -> [UInt64] { numbers.map { $0.bitPattern } }
