import Images
import Testing

@Suite("Resize") struct ResizeTests {
  @Test("SHA-256 of abc is the published one")
  func digest() { #expect(SHA256.digest(Array("abc".utf8)) == "ba7816bf8f01cfea") }

  @Test("one row of gray becomes the bytes Pillow gives")
  func rows() {
    let values: [UInt8] = [0, 100, 200, 255, 30, 7, 90, 180]
    let image = Image.row(values.map { [$0, $0, $0] })
    let expected: [(Int, [UInt8], [UInt8])] = [
      (3, [107, 127, 92], [107, 130, 87]),
      (4, [71, 187, 57, 117], [61, 208, 40, 122]),
      (5, [41, 184, 139, 33, 143], [34, 197, 144, 17, 148]),
      (
        13, [0, 42, 104, 165, 215, 249, 143, 27, 13, 36, 87, 142, 180],
        [0, 33, 104, 169, 225, 255, 147, 18, 0, 28, 87, 150, 187]
      ),
      (
        16, [0, 25, 75, 125, 175, 214, 241, 199, 86, 24, 13, 28, 69, 113, 158, 180],
        [0, 17, 71, 126, 178, 223, 255, 214, 79, 8, 1, 20, 66, 116, 165, 188]
      ),
    ]
    for (width, bilinear, bicubic) in expected {
      for (filter, row) in [(ResamplingFilter.bilinear, bilinear), (.bicubic, bicubic)] {
        let resized = image.resized(width: width, height: 1, filter: filter)
        #expect(resized.bytes == row.flatMap { [$0, $0, $0] }, "\(filter), width \(width)")
      }
    }
  }

  @Test("the noise image has the digests of Pillow 9.5 at four sizes")
  func digests() {
    let image = Image.noise(width: 60, height: 45, state: 1)
    #expect(image.digest == "60105394be05772a")
    let expected = [
      (32, 32, "4187fb4b30779647", "27a0b6e88d3a541e"),
      (96, 96, "561868b3ecf14d47", "7bcf298b77c35ac1"),
      (20, 70, "5d742222ff152fca", "f72d4ccd468708ce"),
      (70, 10, "62785da1c0fb83d7", "06364f16569370c0"),
    ]
    for (width, height, bilinear, bicubic) in expected {
      #expect(image.resized(width: width, height: height).digest == bilinear)
      #expect(image.resized(width: width, height: height, filter: .bicubic).digest == bicubic)
    }
    // The other order of passes is what Pillow 13 chooses here: the order matters.
    let vertical = image.resized(width: 60, height: 10).resized(width: 70, height: 10)
    #expect(vertical.digest == "2a08ab8731f08c25")
  }

  @Test("300 random sizes give Pillow's bytes")
  func random() throws {
    for c in try ImageFixture.load().resizes {
      let image = Image.noise(width: c.width, height: c.height, state: c.seed)
        .resized(width: c.newWidth, height: c.newHeight, filter: c.filter)
      #expect(image.digest == c.digest, "\(c)")
    }
  }

  @Test("resizing by the short side gives torchvision's extents")
  func shortSide() throws {
    for c in try ImageFixture.load().shortSides {
      let image = Image(width: c.width, height: c.height).resized(shortSide: c.shortSide)
      #expect([image.width, image.height] == [c.newWidth, c.newHeight], "\(c)")
    }
  }

  @Test("a constant image stays constant and an unchanged size stays the image")
  func constant() {
    let image = Image(width: 9, height: 7, red: 3, green: 250, blue: 77)
    for filter in ResamplingFilter.allCases {
      #expect(
        image.resized(width: 23, height: 4, filter: filter)
          == Image(width: 23, height: 4, red: 3, green: 250, blue: 77))
    }
    let noise = Image.noise(width: 9, height: 7, state: 4)
    #expect(noise.resized(width: 9, height: 7, filter: .bicubic) == noise)
  }
}
