import Images
import Representations
import Tensors
import Testing

@Suite("Input of a CLIP teacher") struct TeacherInputTests {
  /// Gray levels 0…1 of a ramp, as a batch of one, normalised with given statistics.
  func ramp(_ statistics: ChannelStatistics) -> Tensor<Float> {
    let values = (0..<4 * 4 * 3).map { i in
      let (pixel, c) = (i / 3, i % 3)
      return (Float(pixel) / 15 - statistics.mean[c]) / statistics.standardDeviation[c]
    }
    return Tensor([1, 4, 4, 3], values)
  }

  @Test("enlarging is bilinear between pixel centres: the numbers of case G8")
  func enlargement() {
    // 3 × 4 ramp 0…11 to 5 × 7, row 1.
    let ramp = FloatImages(
      count: 1, height: 3, width: 4, values: (0..<36).map { Float($0 / 3) })
    let y = ramp.applying(.resize(width: 7, height: 5, filter: .bilinear)).values
    for (column, value) in [1.6, 1.957143, 2.528571, 3.1, 3.671429, 4.242857, 4.6].enumerated() {
      #expect(abs(Double(y[(7 + column) * 3]) - value) < 1e-6)
    }
  }

  @Test("in CLIP's statistics the teacher sees what CLIP's own normalisation would show it")
  func statistics() {
    for student in [ChannelStatistics.imageNet, .cifar] {
      let ours = teacherInput(ramp(student), side: 10, statistics: student)
      let direct = teacherInput(
        ramp(.clip), side: 10, statistics: .clip, input: .releasedCode)
      #expect(ours.shape == [1, 10, 10, 3])
      #expect(zip(ours.scalars, direct.scalars).allSatisfy { abs($0 - $1) < 2e-6 })
    }
  }

  @Test("D17: the released code's input has 1.17, 1.17 and 1.23 times the contrast")
  func releasedCode() {
    let x = ramp(.imageNet)
    let paper = teacherInput(x, side: 8, statistics: .imageNet).scalars
    let released = teacherInput(x, side: 8, statistics: .imageNet, input: .releasedCode).scalars
    for (channel, ratio) in [1.17305, 1.16653, 1.22568].enumerated() {
      func range(_ y: [Float]) -> Double {
        let values = stride(from: channel, to: y.count, by: 3).map { Double(y[$0]) }
        return (values.max() ?? 0) - (values.min() ?? 0)
      }
      #expect(abs(range(released) / range(paper) - ratio) < 1e-5)
    }
  }
}
