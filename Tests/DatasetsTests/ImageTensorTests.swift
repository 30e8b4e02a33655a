import Datasets
import Images
import Testing

@Suite("Image tensor") struct ImageTensorTests {
  @Test("every byte becomes (byte / 255 − mean) / deviation in single precision, bit for bit")
  func values() {
    let statistics = ChannelStatistics.cifar
    let bytes = (0..<768).map { UInt8($0 * 7 % 256) }
    let images = [
      Image(width: 16, height: 8, bytes: Array(bytes[..<384])),
      Image(width: 16, height: 8, bytes: Array(bytes[384...])),
    ]
    let tensor = PixelNormalization(statistics).tensor(images)
    #expect(tensor.shape == [2, 8, 16, 3])
    for (i, (value, byte)) in zip(tensor.scalars, bytes).enumerated() {
      let x = Float(byte) / 255
      let expected = (x - statistics.mean[i % 3]) / statistics.standardDeviation[i % 3]
      #expect(value.bitPattern == expected.bitPattern)
    }
    // Computed with torch: (17 / 255 - 0.482) / 0.243 in float32.
    let green = PixelNormalization(statistics).tensor([Image(width: 1, height: 1, green: 17)])
    #expect(abs(green.scalars[1] - -1.709191) < 1e-6)
  }

  @Test("no images make an empty batch")
  func empty() { #expect(PixelNormalization(.voc).tensor([]).shape == [0, 0, 0, 3]) }
}
