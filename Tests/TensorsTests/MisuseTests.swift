// Misuse stops the program with a text that names the shapes and the way out.

import Foundation
import Kernels
import Tensors
import Testing

@Suite("Misuse of tensors") struct MisuseTests {
  @Test("a shape that does not hold the scalars")
  func shape() async throws {
    try expect(
      await #require(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = Tensor<Float>([2, 3], [1, 2])
      }, says: "[2, 3] holds 6, 2 scalars", "To mend:")
  }

  @Test("shapes that do not broadcast")
  func broadcasting() async throws {
    try expect(
      await #require(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = Tensor<Float>.zeros([2, 3]) + Tensor.zeros([2, 4])
      }, says: "add: shapes [2, 3] and [2, 4]", "To mend:")
  }

  @Test("an index outside")
  func index() async throws {
    try expect(
      await #require(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = Tensor<Float>.zeros([2, 3])[1, 3]
      }, says: "index [1, 3] outside shape [2, 3]")
  }

  @Test("an axis twice in a sum")
  func axes() async throws {
    try expect(
      await #require(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = Tensor<Float>.zeros([2, 3]).sum(over: 1, 1)
      }, says: "axes [1, 1] of shape [2, 3]", "distinct axes in 0..<2")
  }

  @Test("an axis that is not there in a mean")
  func meanAxis() async throws {
    try expect(
      await #require(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = Tensor<Float>.zeros([2, 3]).mean(over: 2)
      }, says: "axes [2] of shape [2, 3]")
  }

  @Test("inner extents that differ in a product")
  func product() async throws {
    try expect(
      await #require(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = matmul(Tensor<Float>.zeros([2, 3]), Tensor.zeros([3, 4]), transposeB: true)
      }, says: "a [2, 3], b [3, 4] transposed", "To mend:")
  }

  @Test("a slice that leaves its tensor")
  func slice() async throws {
    try expect(
      await #require(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = Tensor<Float>.zeros([2, 3]).slice(1..<4, axis: 1)
      }, says: "1..<4 along axis 1 of shape [2, 3]")
  }

  @Test("a part that does not fill its place")
  func embedded() async throws {
    try expect(
      await #require(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = Tensor<Float>.ones([5]).embedded(in: [10], at: 0..<2, axis: 0)
      }, says: "[5] into 0..<2 along axis 0 of [10]; needs [2]")
  }

  @Test("joining along an axis that is not there")
  func joinedAxis() async throws {
    try expect(
      await #require(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = Tensor<Float>.concatenated([.zeros([2, 3]), .zeros([2, 3])], axis: 2)
      }, says: "[[2, 3], [2, 3]] along axis 2", "0..<2")
  }

  @Test("joining shapes that differ elsewhere")
  func joinedShapes() async throws {
    try expect(
      await #require(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = Tensor<Float>.concatenated([.zeros([2, 3]), .zeros([3, 3])], axis: 1)
      }, says: "[3, 3] beside [2, 3] along axis 1")
  }

  @Test("a kernel that does not fit its image")
  func convolutionExtents() async throws {
    try expect(
      await #require(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = ConvolutionGeometry(input: [1, 4, 4, 3], filter: [7, 7, 3, 8], padding: 1)
      }, says: "does not fit into the padded image", "[7, 7, 3, 8]", "To mend:")
  }

  @Test("channels that do not match")
  func convolutionChannels() async throws {
    try expect(
      await #require(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = ConvolutionGeometry(input: [1, 4, 4, 3], filter: [3, 3, 4, 8])
      }, says: "the input has 3 channels, the filter joins 4", "To mend:")
  }

  private func expect(
    _ exit: ExitTest.Result, says texts: String...,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let message = String(decoding: exit.standardErrorContent, as: UTF8.self)
    for text in texts {
      #expect(message.contains(text), "\(message)", sourceLocation: sourceLocation)
    }
  }
}
