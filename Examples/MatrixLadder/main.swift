// Measures the ladder: GFLOP/s of each rung, beside the processor's peak.
//
// Run        swift run -c release MatrixLadder [n] [--record FILE]
// Expect     Half a minute at n = 1536. Each rung's result is compared with the first one's.
// Time       Of the processor, one thread, the best of several: other programs disturb it less.
// Read       Rungs.swift ← this file

import Foundation
import MVMR

var words = Array(CommandLine.arguments.dropFirst())
var record: String?
if let option = words.firstIndex(of: "--record"), option + 1 < words.count {
  record = words[option + 1]
  words.removeSubrange(option...option + 1)
}
let n = words.isEmpty ? 1536 : Int(words[0]) ?? 0
guard (48...4800).contains(n), n % 48 == 0, words.count < 2 else {
  print("MatrixLadder [n] [--record FILE]: n a multiple of 48, 48 to 4800, such as 1536.")
  exit(64)
}
ThreadTeam.count = 1

let key = RandomKey(seed: 1)
let (x, y) = (
  Tensor<Float>.uniform([n, n], in: -1...1, key: key.child("a")),
  Tensor<Float>.uniform([n, n], in: -1...1, key: key.child("b"))
)
let (a, b) = (x.scalars, y.scalars)
var expected = [Float](repeating: 0, count: n * n)

typealias Rung = (Int, UnsafePointer<Float>, UnsafePointer<Float>, UnsafeMutablePointer<Float>) ->
  Void
let rungs: [(name: String, rung: Rung)] = [
  ("1 textbook", textbook), ("2 along rows", alongRows), ("3 one register", oneRegister),
  ("4 eight rows", eightRows), ("5 packed panels", packedPanels),
]

/// GFLOP/s in processor time, the best of one to forty calls within a second.
func rate(of operations: Int, _ work: () -> Void) -> Double {
  var (best, total, calls) = (Double.infinity, 0.0, 0)
  while calls == 0 || (total < 1 && calls < 40) {
    let start = clock()
    work()
    let seconds = Double(clock() - start) / Double(CLOCKS_PER_SEC)
    (best, total, calls) = (min(best, seconds), total + seconds, calls + 1)
  }
  return 1e-9 * Double(operations) / best
}

var sink: Float = 0
let steps = 20_000_000
let peak = rate(of: 384 * steps) { sink += multiplyAdds(steps, sink * 1e-30) }
print("n = \(n), one thread, peak \(String(format: "%.0f", peak)) GFLOP/s")
var recorded: [JSONValue] = []
@MainActor func report(_ name: String, _ rate: Double) {
  recorded.append(["name": .string(name), "gflops": .number(rate)])
  let padded = name.padding(toLength: 18, withPad: " ", startingAt: 0)
  print("\(padded)\(String(format: "%7.1f GFLOP/s %4.0f %% of peak", rate, 100 * rate / peak))")
}

for (name, rung) in rungs {
  var c = [Float](repeating: .nan, count: n * n)
  let speed = a.withUnsafeBufferPointer { a in
    b.withUnsafeBufferPointer { b in
      c.withUnsafeMutableBufferPointer { c in
        guard let a = a.baseAddress, let b = b.baseAddress, let c = c.baseAddress else {
          return 0.0
        }
        return rate(of: 2 * n * n * n) { rung(n, a, b, c) }
      }
    }
  }
  if name.hasPrefix("1") { expected = c }
  let error = zip(c, expected).map { ($0 - $1).magnitude }.max() ?? .nan
  guard error < 1e-3 else {
    print("\(name): off by \(error)")
    exit(1)
  }
  report(name, speed)
}
let z = Buffer<Float>(uninitialized: n * n)
report(
  "6 the package's",
  rate(of: 2 * n * n * n) {
    matrixMultiply(rows: n, columns: n, depth: n, a: x.buffer, b: y.buffer, into: z)
  })

if let record {
  let date = Date().formatted(.iso8601.year().month().day())
  let json: JSONValue = [
    "date": .string(date), "n": .integer(n), "peak": .number(peak), "rungs": .array(recorded),
  ]
  try Data((json.text + "\n").utf8).write(to: URL(filePath: record))
}
