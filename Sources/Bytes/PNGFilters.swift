// PNG's filters: a row as differences from its neighbours, and back.
//
// Source     PNG specification (W3C, third edition) §9
// Formula    filtered = byte − {0, left, above, ⌊(left + above) / 2⌋, Paeth}, modulo 256; Paeth is whichever
//            of left, above, upper left is nearest to left + above − upper left
// Idea       Of the filters a writer may try, each row takes the one that leaves the smallest sum of absolute
//            differences. A reader must know all five.
// Read       this file → Formats/PNGWriter.swift, Formats/PNGRows.swift
// Tests      Tests/FormatsTests/PNGWriterTests.swift, Tests/FormatsTests/PNGReaderTests.swift

/// Filters the rows of a picture.
///
/// - Parameters:
///   - bytes: The rows, one after the other.
///   - rowLength: Bytes of a row.
///   - step: Bytes from a pixel to the next.
///   - filters: Those to choose from: 0 none, 1 left, 2 up, 4 Paeth; the first of equals is taken.
/// - Returns: The rows, each after the number of its filter.
package func pngFiltered(
  _ bytes: [UInt8], rowLength: Int, step: Int, _ filters: [UInt8]
) -> [UInt8] {
  var output: [UInt8] = []
  output.reserveCapacity(bytes.count + bytes.count / rowLength)
  var above = [UInt8](repeating: 0, count: rowLength)
  for start in stride(from: 0, to: bytes.count, by: rowLength) {
    let row = Array(bytes[start..<(start + rowLength)])
    if filters.count == 1 {
      output.append(filters[0])
      output += differences(row, above, step, filters[0])
    } else if row == above && filters.contains(2) {
      // Charts repeat rows: "up" then leaves nothing, and only black pixels leave as little otherwise.
      output.append(row.allSatisfy { $0 == 0 } ? filters[0] : 2)
      output += repeatElement(0, count: rowLength)
    } else {
      var best: (cost: Int, filter: UInt8, row: [UInt8]) = (.max, 0, row)
      for filter in filters {
        let candidate = differences(row, above, step, filter)
        var cost = 0
        for difference in candidate { cost &+= Int(Int8(bitPattern: difference).magnitude) }
        if cost < best.cost { best = (cost, filter, candidate) }
      }
      output.append(best.filter)
      output += best.row
    }
    above = row
  }
  return output
}

private func differences(
  _ row: [UInt8], _ above: [UInt8], _ step: Int, _ filter: UInt8
) -> [UInt8] {
  var result = row
  switch filter {
  case 1: for i in step..<max(step, row.count) { result[i] = row[i] &- row[i - step] }
  case 2: for i in row.indices { result[i] = row[i] &- above[i] }
  case 4:
    for i in row.indices {
      let left = i < step ? 0 : Int16(row[i - step])
      let upperLeft = i < step ? 0 : Int16(above[i - step])
      let up = Int16(above[i])
      // The distances of left + up − upperLeft from each of the three.
      let a = abs(up - upperLeft)
      let b = abs(left - upperLeft)
      let c = abs(left + up - 2 * upperLeft)
      let nearest = a <= b && a <= c ? left : (b <= c ? up : upperLeft)
      result[i] = row[i] &- UInt8(truncatingIfNeeded: nearest)
    }
  default: break
  }
  return result
}

/// Makes filtered rows whole again, in place.
///
/// - Parameters:
///   - rows: `count` rows from `start` on, each the number of its filter and `length` bytes.
///   - start: The first row's filter.
///   - length: Bytes of a row.
///   - count: Rows.
///   - step: Bytes from a pixel to the next, at least 1.
/// - Throws: `malformed` if a row names a filter that does not exist.
package func pngUnfilter(
  _ rows: inout [UInt8], from start: Int, length: Int, count: Int, step: Int
) throws(FormatError) {
  for row in 0..<count {
    let here = start + row * (length + 1) + 1
    let above = row == 0 ? nil : here - length - 1
    switch rows[here - 1] {
    case 0: break
    case 1:
      for i in stride(from: step, to: length, by: 1) { rows[here + i] &+= rows[here + i - step] }
    case 2:
      guard let above else { break }
      for i in 0..<length { rows[here + i] &+= rows[above + i] }
    case 3:
      for i in 0..<length {
        let left = i < step ? 0 : UInt16(rows[here + i - step])
        let up = above.map { UInt16(rows[$0 + i]) } ?? 0
        rows[here + i] &+= UInt8(truncatingIfNeeded: (left + up) / 2)
      }
    case 4:
      for i in 0..<length {
        let a = i < step ? 0 : Int(rows[here + i - step])
        let b = above.map { Int(rows[$0 + i]) } ?? 0
        let c = i < step ? 0 : above.map { Int(rows[$0 + i - step]) } ?? 0
        let (da, db, dc) = (abs(b - c), abs(a - c), abs(a + b - c - c))
        rows[here + i] &+= UInt8(truncatingIfNeeded: da <= db && da <= dc ? a : db <= dc ? b : c)
      }
    default:
      throw FormatError(
        .malformed, format: "PNG", "row \(row) names filter \(rows[here - 1]); there are 0 to 4",
        remedy: "the file is damaged: get it again")
    }
  }
}
