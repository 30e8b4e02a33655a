import Kernels
import Representations
import Tensors
import Testing

@Suite("Raw pixels") struct RawPixelsTests {
  @Test("the channel is slowest, then the row, then the column")
  func order() {
    let x = fixtureImages(2, 3, 5, of: Double.self)
    let y = rawPixels(x)
    #expect(y.shape == [2, 45])
    for b in 0..<2 {
      for (c, i, j) in [(0, 0, 0), (0, 0, 1), (1, 2, 4), (2, 1, 3)] {
        #expect(y[b, (c * 3 + i) * 5 + j] == x[b, i, j, c])
      }
    }
  }

  @Test("a representation is the function it names")
  func names() throws {
    let x = fixtureImages(1, 16, 16, of: Float.self)
    let scattering = try ScatteringTransform<Float>(height: 16, width: 16)
    for (φ, name, features) in [
      (Representation<Float>.rawPixels, "full_img", rawPixels(x)),
      (.augmentedPixels, "full_img_augment", rawPixels(x)),
      (.scattering(scattering), "full_img_scatnet", scattering(x)),
      (.histogramOfOrientedGradients(), "full_img_hog", histogramOfOrientedGradients(x)),
      (.localStandardDeviation, "full_img_std", localStandardDeviation(x)),
    ] {
      #expect(φ.name == name && φ(x) == features)
    }
  }
}
