// A long attack on the readers: `swift run -c release Fuzz 100000 [TARGET …]`.
//
// Each mutant is a function of its number, so a number printed here names a file. The address space
// is limited to what the program has at the start and 256 MiB: a reader that asks for more, or traps,
// ends the process, and `fuzz.last` in the temporary directory names the thousand it was in. A mutant
// that takes over a second fails the run.

import Formats
import Foundation
import Fuzzing

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

let words = CommandLine.arguments.dropFirst()
let count = words.first.flatMap { Int($0) } ?? 10_000
let wanted = words.dropFirst()
let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..")
  .standardizedFileURL
let last = FileManager.default.temporaryDirectory.appending(path: "fuzz.last").path

/// A line such as `VmSize: 12345 kB` of the process's own status, in bytes; 0 where there is none.
func status(_ key: String) -> Int {
  let text = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
  let line = text.split(separator: "\n").first { $0.hasPrefix("\(key):") } ?? ""
  return (line.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) << 10
}

var failures = 0
do {
  let targets = try FuzzTarget.all(root: root)
  let base = status("VmSize")
  if base > 0 {
    var limit = rlimit(rlim_cur: rlim_t(base + 256 << 20), rlim_max: rlim_t(base + 256 << 20))
    #if canImport(Glibc)
      setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit)
    #else
      setrlimit(RLIMIT_AS, &limit)
    #endif
  }
  for target in targets where wanted.isEmpty || wanted.contains(target.name) {
    let clock = ContinuousClock()
    let start = clock.now
    var outcome = FuzzTarget.Outcome()
    for piece in stride(from: 0, to: count, by: 1000) {
      try "\(target.name) from \(piece)\n".write(toFile: last, atomically: false, encoding: .utf8)
      let part = target.run(piece..<min(count, piece + 1000))
      outcome.accepted += part.accepted
      outcome.refused += part.refused
      if part.slowest > outcome.slowest {
        (outcome.slowest, outcome.slowestNumber) = (part.slowest, part.slowestNumber)
      }
    }
    if outcome.slowest > .seconds(1) { failures += 1 }
    print(
      "\(target.name): \(count) mutants, \(outcome.accepted) accepted, \(outcome.refused) refused, "
        + "slowest \(outcome.slowest) (number \(outcome.slowestNumber)), "
        + "\(clock.now - start) in all, peak memory \(status("VmHWM") >> 20) MiB")
  }
} catch {
  print("error: \(error)")
  failures += 1
}
exit(failures == 0 ? 0 : 1)
