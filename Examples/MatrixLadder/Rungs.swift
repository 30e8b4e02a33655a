// A matrix product, one idea a rung: from three loops to a tile of registers.
//
// Formula    C[i, j] = Σₖ A[i, k] · B[k, j], all n × n, row-major
// Idea       Each rung computes the same C. What changes is the order in which the processor meets the
//            numbers, how many it takes at once, and how many sums wait for each other.
// Width      16 lanes of Float: one register with AVX-512, two or four with less. n is a multiple of 48.
// Read       this file → main.swift; docs/book/02-matrix-products.md tells the story;
//            Sources/Kernels/MatrixMultiply.swift is what the package uses

typealias Lanes = SIMD16<Float>
typealias Input = UnsafePointer<Float>
typealias Output = UnsafeMutablePointer<Float>

/// The peak: twelve chains of fused multiply-adds that touch no memory.
///
/// - Returns: Something that depends on all of them; 384 operations a step have been made.
@inline(never)
func multiplyAdds(_ steps: Int, _ x: Float) -> Float {
  let v = Lanes(repeating: x)
  var (a, b, c, d) = (v, v + 1, v + 2, v + 3)
  var (e, f, g, h) = (v + 4, v + 5, v + 6, v + 7)
  var (i, j, k, l) = (v + 8, v + 9, v + 10, v + 11)
  let y = Lanes(repeating: 0.9999)
  for _ in 0..<steps {
    a.addProduct(v, y)
    b.addProduct(v, y)
    c.addProduct(v, y)
    d.addProduct(v, y)
    e.addProduct(v, y)
    f.addProduct(v, y)
    g.addProduct(v, y)
    h.addProduct(v, y)
    i.addProduct(v, y)
    j.addProduct(v, y)
    k.addProduct(v, y)
    l.addProduct(v, y)
  }
  return (a + b + c + d + e + f + g + h + i + j + k + l).sum()
}

/// Rung 1: the formula.
@inline(never)
func textbook(_ n: Int, _ a: Input, _ b: Input, _ c: Output) {
  for i in 0..<n {
    for j in 0..<n {
      var sum: Float = 0
      for k in 0..<n { sum += a[i * n + k] * b[k * n + j] }
      c[i * n + j] = sum
    }
  }
}

/// Rung 2: the two inner loops exchanged, so that B and C are read along their rows.
@inline(never)
func alongRows(_ n: Int, _ a: Input, _ b: Input, _ c: Output) {
  c.update(repeating: 0, count: n * n)
  for i in 0..<n {
    for k in 0..<n {
      let x = a[i * n + k]
      for j in 0..<n { c[i * n + j] += x * b[k * n + j] }
    }
  }
}

/// Rung 3: sixteen columns at once, their sums in one register, fused multiply-adds.
@inline(never)
func oneRegister(_ n: Int, _ a: Input, _ b: Input, _ c: Output) {
  for i in 0..<n {
    for j in stride(from: 0, to: n, by: 16) {
      var sum = Lanes(repeating: 0)
      for k in 0..<n { sum.addProduct(Lanes(repeating: a[i * n + k]), row(b + k * n + j)) }
      store(sum, c + i * n + j)
    }
  }
}

/// Rung 4: eight rows at once.
///
/// Eight sums that do not wait for each other share one load of B.
@inline(never)
func eightRows(_ n: Int, _ a: Input, _ b: Input, _ c: Output) {
  for i in stride(from: 0, to: n, by: 8) {
    for j in stride(from: 0, to: n, by: 16) {
      tile8(n, rows: a + i * n, pitch: n, b + j, bPitch: n, c + i * n + j, cPitch: n, adding: false)
    }
  }
}

/// Rung 5: the same tile over a panel of B, 256 deep and 48 wide, copied into one run of memory.
@inline(never)
func packedPanels(_ n: Int, _ a: Input, _ b: Input, _ c: Output) {
  let (depth, width) = (256, 48)
  let panel = Output.allocate(capacity: depth * width)
  defer { panel.deallocate() }
  for k in stride(from: 0, to: n, by: depth) {
    let deep = min(depth, n - k)
    for j in stride(from: 0, to: n, by: width) {
      for p in 0..<deep {
        (panel + p * width).update(from: b + (k + p) * n + j, count: width)
      }
      for i in stride(from: 0, to: n, by: 8) {
        for v in stride(from: 0, to: width, by: 16) {
          tile8(
            deep, rows: a + i * n + k, pitch: n, panel + v, bPitch: width, c + i * n + j + v,
            cPitch: n, adding: k > 0)
        }
      }
    }
  }
}

/// Eight rows × sixteen columns of C in eight named registers.
@inline(__always)
private func tile8(
  _ depth: Int, rows a: Input, pitch: Int, _ b: Input, bPitch: Int, _ c: Output, cPitch: Int,
  adding: Bool
) {
  let zero = Lanes(repeating: 0)
  var (s0, s1, s2, s3) = (zero, zero, zero, zero)
  var (s4, s5, s6, s7) = (zero, zero, zero, zero)
  for k in 0..<depth {
    let x = row(b + k * bPitch)
    s0.addProduct(Lanes(repeating: a[k]), x)
    s1.addProduct(Lanes(repeating: a[pitch + k]), x)
    s2.addProduct(Lanes(repeating: a[2 * pitch + k]), x)
    s3.addProduct(Lanes(repeating: a[3 * pitch + k]), x)
    s4.addProduct(Lanes(repeating: a[4 * pitch + k]), x)
    s5.addProduct(Lanes(repeating: a[5 * pitch + k]), x)
    s6.addProduct(Lanes(repeating: a[6 * pitch + k]), x)
    s7.addProduct(Lanes(repeating: a[7 * pitch + k]), x)
  }
  for (r, s) in [s0, s1, s2, s3, s4, s5, s6, s7].enumerated() {
    let place = c + r * cPitch
    store(adding ? row(Input(place)) + s : s, place)
  }
}

@inline(__always)
private func row(_ p: Input) -> Lanes { UnsafeRawPointer(p).loadUnaligned(as: Lanes.self) }

@inline(__always)
private func store(_ x: Lanes, _ p: Output) {
  UnsafeMutableRawPointer(p).storeBytes(of: x, as: Lanes.self)
}
