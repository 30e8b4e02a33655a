import Images
import Testing

@Suite("Crop") struct CropTests {
  @Test("a crop holds the pixels of its rectangle")
  func crop() {
    let image = Image.noise(width: 9, height: 7, state: 5)
    let part = image.cropped(to: CropBox(top: 2, left: 3, height: 4, width: 5))
    #expect(part.width == 5 && part.height == 4)
    for row in 0..<4 {
      for column in 0..<5 {
        #expect(part[row: row, column: column] == image[row: row + 2, column: column + 3])
      }
    }
  }

  @Test("centre crops start where torchvision's do, larger and smaller images alike")
  func center() throws {
    for c in try ImageFixture.load().centerCrops {
      let image = Image.noise(width: c.width, height: c.height, state: c.seed)
      #expect(
        image.centerCropped(width: c.newWidth, height: c.newHeight).digest == c.digest, "\(c)")
    }
  }

  @Test("a flip reverses every row and two flips are none")
  func flip() {
    let image = Image.noise(width: 6, height: 3, state: 9)
    let mirror = image.flippedHorizontally()
    #expect(mirror[row: 1, column: 0] == image[row: 1, column: 5])
    #expect(mirror != image)
    #expect(mirror.flippedHorizontally() == image)
  }

  @Test("padding is black and a crop undoes it")
  func padding() {
    let image = Image.noise(width: 6, height: 3, state: 9)
    let padded = image.padded(top: 1, left: 2, bottom: 3, right: 4)
    #expect(padded.width == 12 && padded.height == 7)
    #expect(padded[row: 0, column: 5] == (0, 0, 0) && padded[row: 2, column: 8] == (0, 0, 0))
    #expect(padded.cropped(to: CropBox(top: 1, left: 2, height: 3, width: 6)) == image)
  }

  @Test("a box outside the image stops with a message that says how to mend it")
  func message() async throws {
    let exit = try await #require(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Image(width: 4, height: 4).cropped(to: CropBox(top: 2, left: 0, height: 3, width: 4))
    }
    let text = String(decoding: exit.standardErrorContent, as: UTF8.self)
    #expect(text.contains("rows 2..<5") && text.contains("To mend:"))
  }
}
