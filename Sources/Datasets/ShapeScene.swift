// One synthetic image: a figure on a ground, with everything but the outline drawn by chance.
//
// Nuisance   place, size, turn, stretch, both textures and their colours, clutter behind the figure,
//            brightness, the direction of light, pixel noise
// Idea       Figure and ground are kept apart in colour, never in which of them is lighter, so no
//            single pixel says anything about the class.
// Read       ShapeOutline.swift, ShapeTexture.swift ← this file → SyntheticShapes.swift
// Tests      Tests/DatasetsTests/SyntheticShapesTests.swift

import Images
import Kernels
import Randomness

/// Everything that was drawn for one image.
struct ShapeScene: Sendable {
  /// A point-symmetric blot behind the figure: a disc, or a bar when `length` is above 0.
  private struct Blot {
    let x: Float, y: Float, dx: Float, dy: Float, length: Float, radius: Float, color: Color
  }

  private let outline: ShapeOutline
  private let center: SIMD2<Float>  // in parts of the side, like every length here
  private let axes: (x: SIMD2<Float>, y: SIMD2<Float>)  // from the image into the outline's frame
  private let radius: Float
  private let figure: ShapeTexture
  private let ground: ShapeTexture
  private let blots: [Blot]
  private let brightness: Float
  private let light: SIMD2<Float>
  private let noise: Float
  private let noiseKey: RandomKey

  /// Draws a scene around an outline.
  init(_ outline: ShapeOutline, key: RandomKey) {
    var stream = RandomStream(key.child("scene"))
    func uniform(_ low: Double, _ high: Double) -> Float { Float(stream.uniform(in: low...high)) }
    self.outline = outline
    radius = uniform(0.28, 0.42)
    let room = Double(0.56 - radius)  // a twentieth of the side may stick out
    center = SIMD2(0.5 + uniform(-room, room), 0.5 + uniform(-room, room))
    // Up to 20°: with any turn, an encoder needs far more than the few minutes of the main job.
    let angle = Double(uniform(-Double.pi / 9, Double.pi / 9))
    let stretch = uniform(0.85, 1.18)
    let mirror: Float = stream.uniform() < 0.5 ? 1 : -1
    let c = Float(Elementary.cosine(angle)) / radius
    let s = Float(Elementary.sine(angle)) / radius
    axes = (SIMD2(c, s) / stretch, SIMD2(-s, c) * stretch * mirror)

    let colors = ShapeScene.colors(from: &stream)
    figure = ShapeTexture(first: colors.figure.0, second: colors.figure.1, from: &stream)
    ground = ShapeTexture(first: colors.ground.0, second: colors.ground.1, from: &stream)
    blots = (0..<stream.integer(below: 4)).map { _ in
      let turn = Double(uniform(0, 2 * Double.pi))
      return Blot(
        x: uniform(0, 1), y: uniform(0, 1), dx: Float(Elementary.cosine(turn)),
        dy: Float(Elementary.sine(turn)),
        length: stream.uniform() < 0.5 ? 0 : uniform(0.04, 0.16), radius: uniform(0.02, 0.055),
        color: .random(from: &stream))
    }
    brightness = uniform(0.75, 1.1)
    light = SIMD2(uniform(-0.35, 0.35), uniform(-0.35, 0.35))
    noise = uniform(0, 0.05)
    noiseKey = key.child("noise")
  }

  /// Two colours each for figure and ground: similar within a pair, distinct across.
  private static func colors(from stream: inout RandomStream)
    -> (figure: (Color, Color), ground: (Color, Color))
  {
    func pair() -> (Color, Color) {
      let first = Color.random(from: &stream)
      let part = Float(stream.uniform(in: 0.05...0.35))
      return (first, first.mixed(with: .random(from: &stream), part))
    }
    func contrast(_ a: (Color, Color), _ b: (Color, Color)) -> Float {
      min(
        min(a.0.distance(to: b.0), a.0.distance(to: b.1)),
        min(a.1.distance(to: b.0), a.1.distance(to: b.1)))
    }
    let ground = pair()
    var best = pair()
    for _ in 0..<24 where contrast(best, ground) < 0.42 {
      let other = pair()
      if contrast(other, ground) > contrast(best, ground) { best = other }
    }
    return (best, ground)
  }

  /// The scene as an image of `size × size` pixels.
  func rendered(size: Int) -> Image {
    var image = Image(width: size, height: size)
    var grain = RandomStream(noiseKey)
    let step = 1 / Float(size)
    var i = 0
    for row in 0..<size {
      let y = (Float(row) + 0.5) * step
      for column in 0..<size {
        let x = (Float(column) + 0.5) * step
        var color = color(x, y, pixel: step)
        let shade = 1 + (x - 0.5) * light.x + (y - 0.5) * light.y
        let bits = grain.next()
        let speckle = Color(
          Float(bits & 0xFFFF), Float(bits >> 16 & 0xFFFF), Float(bits >> 32 & 0xFFFF))
        color = color * (brightness * shade) + noise * (speckle / 65535 - 0.5)
        let levels = (color * 255 + 0.5).clamped(
          lowerBound: Color(), upperBound: Color(255, 255, 255))
        image.bytes[i] = UInt8(levels.x)
        image.bytes[i + 1] = UInt8(levels.y)
        image.bytes[i + 2] = UInt8(levels.z)
        i += 3
      }
    }
    return image
  }

  /// The colour at a point, before light and noise.
  private func color(_ x: Float, _ y: Float, pixel: Float) -> Color {
    let offset = SIMD2(x, y) - center
    let (u, v) = ((offset * axes.x).sum(), (offset * axes.y).sum())
    // Beyond this circle the figure cannot be; most pixels end here.
    let reach = 1.1 + 2 * pixel / radius
    var cover: Float = 0
    if u * u + v * v < reach * reach {
      let distance = outline.signedDistance(x: u, y: v) * radius
      cover = max(0, min(1, 0.5 - distance / pixel))
    }
    if cover == 1 { return figure.color(x: x, y: y) }
    var color = ground.color(x: x, y: y)
    for blot in blots {
      let (px, py) = (x - blot.x, y - blot.y)
      let along = max(-blot.length, min(blot.length, px * blot.dx + py * blot.dy))
      let (qx, qy) = (px - along * blot.dx, py - along * blot.dy)
      let distance = (qx * qx + qy * qy).squareRoot() - blot.radius
      color = color.mixed(with: blot.color, max(0, min(1, 0.5 - distance / pixel)))
    }
    return cover == 0 ? color : color.mixed(with: figure.color(x: x, y: y), cover)
  }
}
