// A register tile: the rectangle of sums that stays in registers while the inner loop runs.
//
// Formula    tile[r, ·] += a[r] · b[·]      r < rows, · < width;  one outer product a step
// Idea       Matrix multiply, convolution and both its gradients are this one step in different
//            walks (TileWalk.swift). A tile must live in registers, and the compiler keeps a sum
//            there only if it is a named value: an array of vectors indexed in a loop stays in
//            memory and runs at 93 instead of 243 GFLOP/s. So tiles are composed of types: a row
//            is one to four vectors wide, and two tiles stacked are a tile.
// Budget     AVX-512 and NEON have 32 vector registers: 12 × 2 sums + 2 of b + 1 of a = 27.
//            AVX2 has 16: 6 × 2 + 2 + 1 = 15.
// Read       this file → TileFamilies.swift, TileWalk.swift → MatrixMultiply.swift, CorrelationPass.swift

/// One or more machine vectors side by side.
protocol Lanes {
  associatedtype Scalar: KernelScalar
  static var width: Int { get }
  static var zero: Self { get }
  static func load(_ p: UnsafePointer<Scalar>) -> Self
  mutating func add(_ a: Scalar, times b: Self)
  func store(_ p: UnsafeMutablePointer<Scalar>)
  /// Adds what lies at an address.
  mutating func add(from p: UnsafePointer<Scalar>)
  /// f of every machine vector and its counterpart.
  func with(
    _ other: Self, _ f: (Scalar.Vector, Scalar.Vector) -> Scalar.Vector
  ) -> Self
  /// The same with two counterparts.
  func with(
    _ second: Self, _ third: Self,
    _ f: (Scalar.Vector, Scalar.Vector, Scalar.Vector) -> Scalar.Vector
  ) -> Self
  /// Stores the first `count` lanes, or all if there are fewer.
  func store(_ p: UnsafeMutablePointer<Scalar>, count: Int)
}

/// c + a · b in every lane.
///
/// One instruction, but until the very end of compilation an operation on a vector is sixteen on its
/// scalars. A tile has 24 of them and there are a hundred tiles: put in their place at once, they made
/// this module take twice as long to compile. So they are put there late.
@_semantics("inline_late") @inline(__always)
private func sum<S: KernelScalar>(_ c: S.Vector, _ a: S, times b: S.Vector) -> S.Vector {
  c.addingProduct(S.Vector(repeating: a), b)
}

/// a + b in every lane, in place late for the same reason.
@_semantics("inline_late") @inline(__always)
private func sum<V: SIMD>(_ a: V, _ b: V) -> V where V.Scalar: KernelScalar { a + b }

/// One machine vector.
struct Vector1<Scalar: KernelScalar>: Lanes {
  var v: Scalar.Vector

  @inline(__always) static var width: Int { Scalar.Vector.scalarCount }
  @inline(__always) static var zero: Self { Self(v: Scalar.Vector(repeating: 0)) }
  @inline(__always) static func load(_ p: UnsafePointer<Scalar>) -> Self { Self(v: p.vector) }
  @inline(__always) mutating func add(_ a: Scalar, times b: Self) {
    v = sum(v, a, times: b.v)
  }
  @inline(__always) func store(_ p: UnsafeMutablePointer<Scalar>) { p.vector = v }
  @inline(__always) mutating func add(from p: UnsafePointer<Scalar>) { v = sum(p.vector, v) }
  @inline(__always)
  func with(_ other: Self, _ f: (Scalar.Vector, Scalar.Vector) -> Scalar.Vector) -> Self {
    Self(v: f(v, other.v))
  }
  @inline(__always)
  func with(
    _ second: Self, _ third: Self,
    _ f: (Scalar.Vector, Scalar.Vector, Scalar.Vector) -> Scalar.Vector
  ) -> Self {
    Self(v: f(v, second.v, third.v))
  }
  @inline(__always) func store(_ p: UnsafeMutablePointer<Scalar>, count: Int) {
    if count >= Self.width { return store(p) }
    for lane in 0..<count { p[lane] = v[lane] }
  }
}

/// Two bundles of lanes side by side: `Beside<Vector1>` is 2 vectors, `Beside<Beside<Vector1>>` 4.
struct Beside<Half: Lanes>: Lanes {
  typealias Scalar = Half.Scalar
  var left: Half
  var right: Half

  @inline(__always) static var width: Int { 2 * Half.width }
  @inline(__always) static var zero: Self { Self(left: .zero, right: .zero) }
  @inline(__always) static func load(_ p: UnsafePointer<Scalar>) -> Self {
    Self(left: .load(p), right: .load(p + Half.width))
  }
  @inline(__always) mutating func add(_ a: Scalar, times b: Self) {
    left.add(a, times: b.left)
    right.add(a, times: b.right)
  }
  @inline(__always) func store(_ p: UnsafeMutablePointer<Scalar>) {
    left.store(p)
    right.store(p + Half.width)
  }
  @inline(__always) mutating func add(from p: UnsafePointer<Scalar>) {
    left.add(from: p)
    right.add(from: p + Half.width)
  }
  @inline(__always)
  func with(_ other: Self, _ f: (Scalar.Vector, Scalar.Vector) -> Scalar.Vector) -> Self {
    Self(left: left.with(other.left, f), right: right.with(other.right, f))
  }
  @inline(__always)
  func with(
    _ second: Self, _ third: Self,
    _ f: (Scalar.Vector, Scalar.Vector, Scalar.Vector) -> Scalar.Vector
  ) -> Self {
    Self(
      left: left.with(second.left, third.left, f),
      right: right.with(second.right, third.right, f))
  }
  @inline(__always) func store(_ p: UnsafeMutablePointer<Scalar>, count: Int) {
    left.store(p, count: count)
    right.store(p + Half.width, count: max(0, count - Half.width))
  }
}

/// Rows of lanes that accumulate outer products.
protocol RegisterTile {
  associatedtype Columns: Lanes
  /// Where the rows of a are read: one address, or several that move together.
  associatedtype Cursor
  static var rows: Int { get }
  static var zero: Self { get }
  /// The addresses for a tile whose row r reads a + r · stride.
  static func cursor(_ a: UnsafePointer<Columns.Scalar>, _ stride: Int) -> Cursor
  static func advance(_ cursor: inout Cursor, by step: Int)
  /// Adds a[r · stride] · b to row r.
  mutating func add(_ a: Cursor, _ stride: Int, times b: Columns)
  /// The same for all rows but the first, or but the last.
  mutating func addButFirst(_ a: Cursor, _ stride: Int, times b: Columns)
  mutating func addButLast(_ a: Cursor, _ stride: Int, times b: Columns)
  /// Writes row r to p + r · stride.
  func store(_ p: UnsafeMutablePointer<Columns.Scalar>, _ stride: Int)
  /// Adds to row r what lies at p + r · stride.
  mutating func add(from p: UnsafePointer<Columns.Scalar>, _ stride: Int)
}

/// A tile of one row.
struct Row<Columns: Lanes>: RegisterTile {
  var sums: Columns

  @inline(__always) static var rows: Int { 1 }
  @inline(__always) static var zero: Self { Self(sums: .zero) }
  @inline(__always)
  static func cursor(_ a: UnsafePointer<Columns.Scalar>, _ stride: Int)
    -> UnsafePointer<Columns.Scalar>
  { a }
  @inline(__always)
  static func advance(_ a: inout UnsafePointer<Columns.Scalar>, by step: Int) { a += step }
  @inline(__always)
  mutating func add(_ a: UnsafePointer<Columns.Scalar>, _ stride: Int, times b: Columns) {
    sums.add(a.pointee, times: b)
  }
  @inline(__always)
  mutating func addButFirst(_ a: UnsafePointer<Columns.Scalar>, _ stride: Int, times b: Columns) {}
  @inline(__always)
  mutating func addButLast(_ a: UnsafePointer<Columns.Scalar>, _ stride: Int, times b: Columns) {}
  @inline(__always) func store(_ p: UnsafeMutablePointer<Columns.Scalar>, _ stride: Int) {
    sums.store(p)
  }
  @inline(__always) mutating func add(from p: UnsafePointer<Columns.Scalar>, _ stride: Int) {
    sums.add(from: p)
  }
}

/// Two tiles, one above the other, that share one address.
struct Stack<Upper: RegisterTile, Lower: RegisterTile>: RegisterTile
where
  Upper.Columns == Lower.Columns, Upper.Cursor == UnsafePointer<Upper.Columns.Scalar>,
  Lower.Cursor == Upper.Cursor
{
  typealias Columns = Upper.Columns
  var upper: Upper
  var lower: Lower

  @inline(__always) static var rows: Int { Upper.rows + Lower.rows }
  @inline(__always) static var zero: Self { Self(upper: .zero, lower: .zero) }
  @inline(__always)
  static func cursor(_ a: UnsafePointer<Columns.Scalar>, _ stride: Int)
    -> UnsafePointer<Columns.Scalar>
  { a }
  @inline(__always)
  static func advance(_ a: inout UnsafePointer<Columns.Scalar>, by step: Int) { a += step }
  @inline(__always)
  mutating func add(_ a: UnsafePointer<Columns.Scalar>, _ stride: Int, times b: Columns) {
    upper.add(a, stride, times: b)
    lower.add(a + Upper.rows * stride, stride, times: b)
  }
  @inline(__always)
  mutating func addButFirst(_ a: UnsafePointer<Columns.Scalar>, _ stride: Int, times b: Columns) {
    upper.addButFirst(a, stride, times: b)
    lower.add(a + Upper.rows * stride, stride, times: b)
  }
  @inline(__always)
  mutating func addButLast(_ a: UnsafePointer<Columns.Scalar>, _ stride: Int, times b: Columns) {
    upper.add(a, stride, times: b)
    lower.addButLast(a + Upper.rows * stride, stride, times: b)
  }
  @inline(__always) func store(_ p: UnsafeMutablePointer<Columns.Scalar>, _ stride: Int) {
    upper.store(p, stride)
    lower.store(p + Upper.rows * stride, stride)
  }
  @inline(__always) mutating func add(from p: UnsafePointer<Columns.Scalar>, _ stride: Int) {
    upper.add(from: p, stride)
    lower.add(from: p + Upper.rows * stride, stride)
  }
}

/// Two tiles, one above the other, with addresses of their own.
///
/// Twelve rows at a distance known only at run time need eleven offsets from one address, more than
/// the processor has registers to spare. Three addresses of four rows each need one offset and its
/// multiples, which the processor's addressing supplies. Of sixteen vector registers, a tile of six rows leaves four; there
/// each address has two rows, or the compiler reads all rows before it multiplies one, and keeps sums in memory
/// (AVX2, 1×1: 44 GFLOP/s of a core's 117, 98 to 105 so).
struct Apart<Upper: RegisterTile, Lower: RegisterTile>: RegisterTile
where Upper.Columns == Lower.Columns {
  typealias Columns = Upper.Columns
  typealias Cursor = (upper: Upper.Cursor, lower: Lower.Cursor)
  var upper: Upper
  var lower: Lower

  @inline(__always) static var rows: Int { Upper.rows + Lower.rows }
  @inline(__always) static var zero: Self { Self(upper: .zero, lower: .zero) }
  @inline(__always)
  static func cursor(_ a: UnsafePointer<Columns.Scalar>, _ stride: Int) -> Cursor {
    (Upper.cursor(a, stride), Lower.cursor(moved(a, by: Upper.rows * stride), stride))
  }
  @inline(__always)
  static func advance(_ cursor: inout Cursor, by step: Int) {
    Upper.advance(&cursor.upper, by: step)
    Lower.advance(&cursor.lower, by: step)
  }
  @inline(__always)
  mutating func add(_ a: Cursor, _ stride: Int, times b: Columns) {
    upper.add(a.upper, stride, times: b)
    lower.add(a.lower, stride, times: b)
  }
  @inline(__always)
  mutating func addButFirst(_ a: Cursor, _ stride: Int, times b: Columns) {
    upper.addButFirst(a.upper, stride, times: b)
    lower.add(a.lower, stride, times: b)
  }
  @inline(__always)
  mutating func addButLast(_ a: Cursor, _ stride: Int, times b: Columns) {
    upper.add(a.upper, stride, times: b)
    lower.addButLast(a.lower, stride, times: b)
  }
  @inline(__always) func store(_ p: UnsafeMutablePointer<Columns.Scalar>, _ stride: Int) {
    upper.store(p, stride)
    lower.store(p + Upper.rows * stride, stride)
  }
  @inline(__always) mutating func add(from p: UnsafePointer<Columns.Scalar>, _ stride: Int) {
    upper.add(from: p, stride)
    lower.add(from: p + Upper.rows * stride, stride)
  }
}

/// An address the optimiser cannot see through, or it would compute both from one and be back at
/// eleven offsets.
@inline(never)
private func moved<S>(_ a: UnsafePointer<S>, by step: Int) -> UnsafePointer<S> { a + step }

typealias Rows1<L: Lanes> = Row<L>
typealias Rows2<L: Lanes> = Stack<Row<L>, Row<L>>
typealias Rows3<L: Lanes> = Stack<Rows2<L>, Row<L>>
typealias Rows4<L: Lanes> = Stack<Rows2<L>, Rows2<L>>
typealias Rows6<L: Lanes> = Stack<Rows4<L>, Rows2<L>>
typealias Rows8<L: Lanes> = Stack<Rows4<L>, Rows4<L>>
typealias Rows12<L: Lanes> = Stack<Rows8<L>, Rows4<L>>
typealias Rows6Apart<L: Lanes> = Apart<Apart<Rows2<L>, Rows2<L>>, Rows2<L>>
typealias Rows8Apart<L: Lanes> = Apart<Rows4<L>, Rows4<L>>
typealias Rows12Apart<L: Lanes> = Apart<Rows8Apart<L>, Rows4<L>>

extension UnsafePointer where Pointee: KernelScalar {
  /// The machine vector at this address, aligned or not.
  @inline(__always) var vector: Pointee.Vector {
    UnsafeRawPointer(self).loadUnaligned(as: Pointee.Vector.self)
  }
}

extension UnsafeMutablePointer where Pointee: KernelScalar {
  /// The machine vector at this address, aligned or not.
  @inline(__always) var vector: Pointee.Vector {
    get { UnsafeRawPointer(self).loadUnaligned(as: Pointee.Vector.self) }
    nonmutating set {
      UnsafeMutableRawPointer(self).storeBytes(of: newValue, as: Pointee.Vector.self)
    }
  }
}
