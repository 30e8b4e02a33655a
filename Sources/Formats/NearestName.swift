// Did you mean …? The known name that an unknown one resembles most.
//
// Formula    Edit distance with insertions, deletions, replacements and swaps of neighbours
//            (optimal string alignment); a name is near if the distance is at most half its length.
// Tests      Tests/FormatsTests/NearestNameTests.swift

/// The name most like `name`, or nil if none is near.
///
/// - Parameters:
///   - name: What was written.
///   - candidates: What could have been meant.
/// - Returns: The nearest candidate; of equally near ones the first.
public func nearestName(to name: String, among candidates: [String]) -> String? {
  let wanted = Array(name.utf8.prefix(256))
  var best: (distance: Int, name: String)?
  for candidate in candidates {
    let letters = Array(candidate.utf8.prefix(256))
    let limit = max(wanted.count, letters.count) / 2
    // Lengths alone are a lower bound of the distance.
    if abs(wanted.count - letters.count) > min(limit, (best?.distance ?? limit + 1) - 1) {
      continue
    }
    let distance = editDistance(wanted, letters)
    if distance <= limit, distance < best?.distance ?? Int.max { best = (distance, candidate) }
  }
  return best?.name
}

/// Edits that turn one text into the other; rows of the classic table, three at a time.
private func editDistance(_ a: [UInt8], _ b: [UInt8]) -> Int {
  var beforeLast: [Int] = []
  var last = Array(0...b.count)
  for i in 0..<a.count {
    var row = [i + 1]
    row.reserveCapacity(b.count + 1)
    for j in 0..<b.count {
      var cost = min(last[j] + (a[i] == b[j] ? 0 : 1), last[j + 1] + 1, row[j] + 1)
      if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
        cost = min(cost, beforeLast[j - 1] + 1)
      }
      row.append(cost)
    }
    (beforeLast, last) = (last, row)
  }
  return last[b.count]
}
