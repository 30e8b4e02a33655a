// Parts of tensors: permuted axes, slices, joined and gathered rows.
//
// Read       Kernels/Layout.swift ← this file → Autodiff/Indexing.swift

import Kernels

extension Tensor {
  private var steps: [Int] {
    var steps = [Int](repeating: 1, count: rank)
    for i in shape.indices.dropLast().reversed() { steps[i] = steps[i + 1] * shape[i + 1] }
    return steps
  }

  /// The axes in another order: result axis i is this tensor's axis `axes[i]`.
  public func permuted(axes: Int...) -> Tensor { permuted(axes: axes) }

  /// The axes in another order.
  public func permuted(axes: [Int]) -> Tensor {
    require(
      axes.sorted() == Array(0..<rank),
      "permuted: axes \(axes) of shape \(shape). To mend: each of 0..<\(rank) once.")
    let result = axes.map { shape[$0] }
    let y = Buffer<Scalar>(uninitialized: count)
    stridedCopy(extents: result, steps: axes.map { steps[$0] }, offset: 0, buffer, into: y)
    return Tensor(shape: result, buffer: y)
  }

  /// The transpose of a matrix.
  public func transposed() -> Tensor {
    require(rank == 2, "transposed: shape \(shape) is no matrix. To mend: use permuted(axes:).")
    return permuted(axes: [1, 0])
  }

  /// A range of indices along one axis.
  public func slice(_ range: Range<Int>, axis: Int) -> Tensor {
    checkSlice(range, axis)
    var result = shape
    result[axis] = range.count
    let y = Buffer<Scalar>(uninitialized: result.reduce(1, *))
    stridedCopy(
      extents: result, steps: steps, offset: range.lowerBound * steps[axis], buffer, into: y)
    return Tensor(shape: result, buffer: y)
  }

  /// Zeros of `shape` with this tensor at a range of indices along one axis: the transpose of
  /// `slice`.
  public func embedded(in shape: [Int], at range: Range<Int>, axis: Int) -> Tensor {
    var result = Tensor.zeros(shape)
    result.checkSlice(range, axis)
    var expected = shape
    expected[axis] = range.count
    require(
      self.shape == expected,
      "embedded: \(self.shape) into \(range) along axis \(axis) of \(shape); needs \(expected).")
    let steps = result.steps
    stridedCopy(
      extents: self.shape, steps: steps, offset: range.lowerBound * steps[axis], buffer,
      into: result.buffer, scatter: true)
    result.makeUnique()
    return result
  }

  /// Tensors joined along one axis.
  public static func concatenated(_ parts: [Tensor], axis: Int) -> Tensor {
    guard let first = parts.first else { fatalError("concatenated: no tensors given.") }
    require(
      axis >= 0 && axis < first.rank && parts.allSatisfy { $0.rank == first.rank },
      """
      concatenated: shapes \(parts.map(\.shape)) along axis \(axis).
        To mend: equal numbers of axes, and an axis in 0..<\(first.rank).
      """)
    var shape = first.shape
    shape[axis] = parts.reduce(0) { $0 + $1.shape[axis] }
    let result = Tensor(shape: shape, buffer: Buffer(uninitialized: shape.reduce(1, *)))
    let steps = result.steps
    var start = 0
    for part in parts {
      var expected = shape
      expected[axis] = part.shape[axis]
      require(
        part.shape == expected,
        "concatenated: \(part.shape) beside \(first.shape) along axis \(axis); other axes differ.")
      stridedCopy(
        extents: part.shape, steps: steps, offset: start * steps[axis], part.buffer,
        into: result.buffer, scatter: true)
      start += part.shape[axis]
    }
    return result
  }

  /// Rows (indices along the first axis) in the order given; an index may repeat.
  public func gathered(rows: [Int]) -> Tensor {
    require(rank >= 1, "gathered: a tensor of rank 0 has no rows.")
    let width = shape.dropFirst().reduce(1, *)
    let y = Buffer<Scalar>(uninitialized: rows.count * width)
    gatherRows(buffer, width: width, indices: rows, into: y)
    return Tensor(shape: [rows.count] + shape.dropFirst(), buffer: y)
  }

  /// Zeros with `count` rows, to which row r of this tensor is added at `rows[r]`: the transpose of
  /// `gathered`.
  public func scattered(rows: [Int], count: Int) -> Tensor {
    let result = Tensor.zeros([count] + shape.dropFirst())
    scatterAddRows(
      buffer, width: shape.dropFirst().reduce(1, *), indices: rows, into: result.buffer)
    return result
  }

  private func checkSlice(_ range: Range<Int>, _ axis: Int) {
    require(
      axis >= 0 && axis < rank && range.lowerBound >= 0 && range.upperBound <= shape[axis],
      "slice: \(range) along axis \(axis) of shape \(shape) leaves the tensor.")
  }
}
