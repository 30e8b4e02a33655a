import Images
import Testing

@Suite("Gaussian blur") struct GaussianBlurTests {
  @Test("at most one level and one byte in 10 000 away from torchvision")
  func torchvision() throws {
    var differing = 0
    var total = 0
    for c in try ImageFixture.load().blurs {
      let image: Image =
        c.smooth
        ? .smooth(width: c.width, height: c.height, state: c.seed)
        : .noise(width: c.width, height: c.height, state: c.seed)
      let blurred = image.blurred(kernelSize: c.kernelSize, sigma: c.sigma)
      try #require(blurred.bytes.count == c.bytes.count)
      for (a, b) in zip(blurred.bytes, c.bytes) where a != b {
        #expect(abs(Int(a) - Int(b)) <= 1)
        differing += 1
      }
      total += c.bytes.count
    }
    #expect(total > 50_000)
    #expect(differing * 10_000 <= total, "\(differing) of \(total) bytes differ")
  }

  @Test("a constant image stays constant")
  func constant() {
    for level in [0, 1, 127, 254, 255] as [UInt8] {
      let image = Image(width: 24, height: 13, red: level, green: 255 - level, blue: 9)
      #expect(image.blurred(kernelSize: 9, sigma: 1.7) == image)
    }
  }

  @Test("a blur keeps a mirror image a mirror image")
  func symmetry() {
    let image = Image.noise(width: 31, height: 20, state: 8)
    let a = image.blurred(kernelSize: 7, sigma: 1.1).flippedHorizontally()
    let b = image.flippedHorizontally().blurred(kernelSize: 7, sigma: 1.1)
    // The sums run in opposite orders, so a value near a half may round either way.
    let differences = zip(a.bytes, b.bytes).map { abs(Int($0) - Int($1)) }
    #expect(differences.allSatisfy { $0 <= 1 } && differences.count { $0 > 0 } < 5)
  }

  @Test("the kernel side is that of the released code")
  func kernelSize() {
    #expect([32, 64, 96, 224].map(GaussianKernel.size(forImageSide:)) == [3, 7, 9, 23])
  }

  @Test("a kernel larger than the reflection allows says how to mend it")
  func message() async throws {
    let exit = try await #require(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Image(width: 4, height: 9).blurred(kernelSize: 9, sigma: 1)
    }
    let text = String(decoding: exit.standardErrorContent, as: UTF8.self)
    #expect(text.contains("kernel of 9") && text.contains("To mend:"))
  }
}
