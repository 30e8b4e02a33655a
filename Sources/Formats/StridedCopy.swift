// From any strides to dense row-major order.
//
// Formula    element (i₀, i₁, …) lies at offset + Σ iₖ strideₖ, counted in elements
// Idea       A transposed, sliced or expanded tensor is its storage seen through other strides.
//            Files of ours are dense, so the view is walked once, the last axis innermost.
// Read       this file → NumPyArray.swift, TorchTensor.swift
// Tests      Tests/FormatsTests/NumPyTests.swift, WeightFileTests.swift

/// Whether strides are those of a dense row-major tensor; axes of extent 1 do not matter.
func isDense(shape: [Int], strides: [Int]) -> Bool {
  var expected = 1
  for (extent, stride) in zip(shape, strides).reversed() where extent != 1 {
    if stride != expected { return false }
    expected *= extent
  }
  return true
}

/// The last element a view touches, or nil on overflow; the view must not be empty.
func lastElement(shape: [Int], strides: [Int], offset: Int) -> Int? {
  var last = offset
  for (extent, stride) in zip(shape, strides) {
    let (step, overflow) = (extent - 1).multipliedReportingOverflow(by: stride)
    let (sum, overflow2) = last.addingReportingOverflow(step)
    if overflow || overflow2 { return nil }
    last = sum
  }
  return last
}

/// The elements of a view, dense and row-major.
///
/// - Parameters:
///   - bytes: The storage.
///   - width: Bytes of an element.
///   - shape: Extents of the view.
///   - strides: Steps of the view, in elements, one an axis.
///   - offset: First element of the view.
/// - Returns: The view's bytes, or nil if it reaches outside the storage.
func denseCopy(
  of bytes: [UInt8], width: Int, shape: [Int], strides: [Int], offset: Int
) -> [UInt8]? {
  guard let count = TensorRecord.elementCount(of: shape) else { return nil }
  if count == 0 { return [] }
  guard shape.count == strides.count, offset >= 0, strides.allSatisfy({ $0 >= 0 }),
    let last = lastElement(shape: shape, strides: strides, offset: offset),
    last < bytes.count / width
  else { return nil }
  if isDense(shape: shape, strides: strides) {
    if offset == 0, count * width == bytes.count { return bytes }
    return Array(bytes[(offset * width)..<((offset + count) * width)])
  }
  switch width {
  case 1: return gather(bytes, shape, strides, offset)
  case 2: return copyBytes(of: gather(copyElements(of: bytes) as [UInt16], shape, strides, offset))
  case 4: return copyBytes(of: gather(copyElements(of: bytes) as [UInt32], shape, strides, offset))
  case 8: return copyBytes(of: gather(copyElements(of: bytes) as [UInt64], shape, strides, offset))
  default: return nil
  }
}

/// The walk itself; every index was proved to lie in `source`.
private func gather<Element: BitwiseCopyable>(
  _ source: [Element], _ shape: [Int], _ strides: [Int], _ offset: Int
) -> [Element] {
  let inner = shape.last ?? 1
  let step = strides.last ?? 0
  var output: [Element] = []
  output.reserveCapacity(shape.reduce(1, *))
  var position = [Int](repeating: 0, count: max(0, shape.count - 1))
  var start = offset
  while true {
    var index = start
    for _ in 0..<inner {
      output.append(source[index])
      index += step
    }
    var axis = position.count - 1
    while axis >= 0 {
      position[axis] += 1
      start += strides[axis]
      if position[axis] < shape[axis] { break }
      start -= shape[axis] * strides[axis]
      position[axis] = 0
      axis -= 1
    }
    if axis < 0 { return output }
  }
}
