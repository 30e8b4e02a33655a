// The optimal assignment: each row its own column, at the least cost in sum.
//
// Source     Kuhn, Naval Res. Logist. Quart. 2, 1955; Munkres, J. SIAM 5, 1957; as shortest augmenting
//            paths: Jonker & Volgenant, Computing 38, 1987
// Idea       Prices uᵢ + vⱼ ≤ cᵢⱼ never exceed a cost, and pairs in use meet it. One row after the other
//            joins by a shortest path of alternating pairs, and prices follow. O(n² m).
// Read       this file → Clusters.swift
// Tests      Tests/TrainingTests/ClusterTests.swift

import Kernels

/// The assignment of rows to columns with the least cost in sum.
///
/// - Parameter cost: One row an array, all of one length; finite.
/// - Returns: The column of each row, or nil for rows that are left over where there are more rows than
///   columns. Of equally good assignments always the same.
public func optimalAssignment(_ cost: [[Double]]) -> [Int?] {
  let (n, m) = (cost.count, cost.first?.count ?? 0)
  require(
    cost.allSatisfy { $0.count == m && $0.allSatisfy(\.isFinite) },
    "optimalAssignment: rows differ in length or hold a cost that is not finite.")
  guard n > 0, m > 0 else { return [Int?](repeating: nil, count: n) }
  if n > m {
    let turned = (0..<m).map { j in cost.map { $0[j] } }
    var result = [Int?](repeating: nil, count: n)
    for (column, row) in optimalAssignment(turned).enumerated() {
      if let row { result[row] = column }
    }
    return result
  }
  // Columns are counted from 1; column 0 stands for the row that joins.
  var u = [Double](repeating: 0, count: n + 1)
  var v = [Double](repeating: 0, count: m + 1)
  var rowOf = [Int](repeating: 0, count: m + 1)
  for row in 1...n {
    rowOf[0] = row
    var column = 0
    var shortest = [Double](repeating: .infinity, count: m + 1)
    var before = [Int](repeating: 0, count: m + 1)
    var visited = [Bool](repeating: false, count: m + 1)
    repeat {
      visited[column] = true
      let i = rowOf[column]
      var (least, next) = (Double.infinity, 0)
      for j in 1...m where !visited[j] {
        let reduced = cost[i - 1][j - 1] - u[i] - v[j]
        if reduced < shortest[j] {
          shortest[j] = reduced
          before[j] = column
        }
        if shortest[j] < least { (least, next) = (shortest[j], j) }
      }
      for j in 0...m {
        if visited[j] {
          u[rowOf[j]] += least
          v[j] -= least
        } else {
          shortest[j] -= least
        }
      }
      column = next
    } while rowOf[column] != 0
    while column != 0 {
      rowOf[column] = rowOf[before[column]]
      column = before[column]
    }
  }
  var result = [Int?](repeating: nil, count: n)
  for j in 1...m where rowOf[j] > 0 { result[rowOf[j] - 1] = j - 1 }
  return result
}
