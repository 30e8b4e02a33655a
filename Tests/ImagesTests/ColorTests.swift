import Images
import Testing

/// Eight colours, and what Pillow makes of them.
private let colors: [[UInt8]] = [
  [255, 0, 0], [0, 255, 0], [0, 0, 255], [10, 200, 30], [123, 45, 67], [200, 199, 198], [1, 2, 3],
  [254, 255, 0],
]

@Suite("Color enhancement") struct ColorEnhancementTests {
  @Test("luma of eight colours is Pillow's")
  func luma() { #expect(Image.row(colors).luma == [76, 150, 29, 124, 71, 199, 2, 226]) }

  @Test("a weaker factor gives Pillow's bytes")
  func weaker() {
    let image = Image.row(colors)
    #expect(
      image.brightness(scaledBy: 0.3)
        == .row([
          [76, 0, 0], [0, 76, 0], [0, 0, 76], [3, 60, 9], [36, 13, 20], [60, 59, 59], [0, 0, 0],
          [76, 76, 0],
        ]))
    #expect(
      image.contrast(scaledBy: 0.3)
        == .row([
          [153, 77, 77], [77, 153, 77], [77, 77, 153], [80, 137, 86], [113, 90, 97],
          [137, 136, 136], [77, 77, 77], [153, 153, 77],
        ]))
    #expect(
      image.saturation(scaledBy: 0.3)
        == .row([
          [129, 53, 53], [105, 181, 105], [20, 20, 96], [89, 146, 95], [86, 63, 69],
          [199, 199, 198], [1, 2, 2], [234, 234, 158],
        ]))
  }

  @Test("a stronger factor gives Pillow's bytes")
  func stronger() {
    let image = Image.row(colors)
    #expect(
      image.brightness(scaledBy: 1.7)
        == .row([
          [255, 0, 0], [0, 255, 0], [0, 0, 255], [17, 255, 51], [209, 76, 113], [255, 255, 255],
          [1, 3, 5], [255, 255, 0],
        ]))
    #expect(
      image.contrast(scaledBy: 1.7)
        == .row([
          [255, 0, 0], [0, 255, 0], [0, 0, 255], [0, 255, 0], [132, 0, 36], [255, 255, 255],
          [0, 0, 0], [255, 255, 0],
        ]))
    #expect(
      image.saturation(scaledBy: 1.7)
        == .row([
          [255, 0, 0], [0, 255, 0], [0, 0, 255], [0, 253, 0], [159, 26, 64], [200, 199, 197],
          [0, 2, 3], [255, 255, 0],
        ]))
  }

  @Test("the noise image has Pillow's digests")
  func digests() {
    let image = Image.noise(width: 60, height: 45, state: 1)
    #expect(SHA256.digest(image.luma) == "f0e1a0949280a115")
    #expect(image.brightness(scaledBy: 1.37).digest == "3db729f0e10c4d4c")
    #expect(image.contrast(scaledBy: 0.61).digest == "6df2d7a5411b5db9")
    #expect(image.saturation(scaledBy: 1.9).digest == "4b76b9c6f0165e54")
  }

  @Test("the 8 × 8 pattern of the specification gives its pixels and sums")
  func pattern() {
    let image = Image.pattern
    func check(_ result: Image, _ pixel: [UInt8], _ sum: Int) {
      let (red, green, blue) = result[row: 3, column: 5]
      #expect([red, green, blue] == pixel)
      #expect(result.bytes.reduce(0) { $0 + Int($1) } == sum)
    }
    check(image, [15, 68, 121], 24336)
    check(image.brightness(scaledBy: 1.3), [19, 88, 157], 29960)
    check(image.brightness(scaledBy: 0.4), [6, 27, 48], 9657)
    check(image.contrast(scaledBy: 1.5), [0, 39, 119], 24384)
    check(image.saturation(scaledBy: 0.25), [47, 60, 73], 23999)
    check(image.hue(turnedBy: 0.1), [23, 15, 121], 21222)
    check(image.hue(turnedBy: -0.2), [15, 121, 45], 22417)
    check(image.grayscale(), [58, 58, 58], 24000)
    check(image.resized(width: 6, height: 5), [177, 88, 107], 11430)
    check(image.resized(width: 11, height: 13, filter: .bicubic), [139, 214, 168], 54336)
    check(image.blurred(kernelSize: 3, sigma: 1), [117, 119, 121], 24601)
  }

  @Test("a factor of 1 changes nothing")
  func identity() {
    let image = Image.noise(width: 12, height: 9, state: 3)
    #expect(image.brightness(scaledBy: 1) == image)
    #expect(image.contrast(scaledBy: 1) == image)
    #expect(image.saturation(scaledBy: 1) == image)
    #expect(image.saturation(scaledBy: 0) == image.grayscale())
  }
}

@Suite("Hue") struct HueTests {
  @Test("hue, saturation and value of eight colours are Pillow's")
  func forward() {
    let expected: [[UInt8]] = [
      [0, 255, 255], [85, 255, 255], [170, 255, 255], [89, 242, 200], [243, 161, 123],
      [21, 2, 200], [148, 170, 3], [42, 255, 255],
    ]
    for (rgb, hsv) in zip(colors, expected) {
      let color = HueSaturationValue(red: rgb[0], green: rgb[1], blue: rgb[2])
      #expect([color.hue, color.saturation, color.value] == hsv)
    }
  }

  @Test("the way back gives Pillow's colours")
  func backward() {
    let cases: [([UInt8], [UInt8])] = [
      ([0, 0, 200], [200, 200, 200]), ([0, 255, 255], [255, 0, 0]),
      ([42, 128, 200], [200, 199, 100]), ([43, 255, 255], [252, 255, 0]),
      ([85, 200, 100], [22, 100, 22]), ([128, 77, 250], [175, 249, 250]),
      ([170, 255, 1], [0, 0, 1]), ([254, 254, 254], [254, 1, 7]),
    ]
    for (hsv, rgb) in cases {
      let color = HueSaturationValue(hue: hsv[0], saturation: hsv[1], value: hsv[2]).redGreenBlue
      #expect([color.red, color.green, color.blue] == rgb)
    }
  }

  @Test("turned hues are Pillow's")
  func turned() {
    #expect(
      Image.row(colors).hue(turnedBy: 0.2)
        == .row([
          [204, 255, 0], [0, 204, 255], [255, 0, 204], [10, 144, 200], [123, 115, 45],
          [199, 200, 198], [2, 1, 3], [0, 255, 48],
        ]))
    #expect(
      Image.row(colors).hue(turnedBy: -0.1)
        == .row([
          [255, 0, 144], [150, 255, 0], [0, 150, 255], [104, 200, 10], [123, 45, 113],
          [200, 198, 199], [1, 3, 3], [255, 102, 0],
        ]))
    let image = Image.noise(width: 60, height: 45, state: 1)
    #expect(image.hue(turnedBy: 0.13).digest == "b3fa15372be4c7d7")
  }

  @Test("the noise image has Pillow's HSV digest")
  func digest() {
    let bytes = Image.noise(width: 60, height: 45, state: 1).bytes
    let hsv = stride(from: 0, to: bytes.count, by: 3).flatMap { i -> [UInt8] in
      let c = HueSaturationValue(red: bytes[i], green: bytes[i + 1], blue: bytes[i + 2])
      return [c.hue, c.saturation, c.value]
    }
    #expect(SHA256.digest(hsv) == "52f82f3febb79e15")
  }
}

extension Image {
  /// v[i, j, c] = (37 i + 11 j + 53 c + 7 i j) mod 256.
  fileprivate static var pattern: Image {
    var bytes: [UInt8] = []
    for i in 0..<8 {
      for j in 0..<8 {
        for c in 0..<3 {
          let value: Int = 37 * i + 11 * j + 53 * c + 7 * i * j
          bytes.append(UInt8(value % 256))
        }
      }
    }
    return Image(width: 8, height: 8, bytes: bytes)
  }
}
