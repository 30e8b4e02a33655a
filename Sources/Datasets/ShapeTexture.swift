// Surfaces for the synthetic data set: what figure and ground are covered with, regardless of class.
//
// Idea       A texture maps a point to a mix of two colours. Kind, colours, direction, scale and
//            phase are drawn alike for every class, so none of them gives the class away.
// Units      Points in parts of the image's side, 0…1.
// Read       this file → ShapeScene.swift
// Tests      Tests/DatasetsTests/SyntheticShapesTests.swift

import Kernels
import Randomness

/// A colour with channels in 0…1.
typealias Color = SIMD3<Float>

extension SIMD3<Float> {
  /// A colour with independent uniform channels.
  static func random(from stream: inout RandomStream) -> Color {
    // A light of any strength with a tint: colour alone must not tell one image from another.
    let light = Float(stream.uniform())
    let tint = Color(Float(stream.uniform()), Float(stream.uniform()), Float(stream.uniform()))
    return Color(repeating: light).mixed(with: tint, 0.4)
  }

  /// Euclidean distance of two colours, 0…√3.
  func distance(to other: Color) -> Float {
    let d = self - other
    return (d * d).sum().squareRoot()
  }

  /// The colour a part of the way to another.
  @inline(__always) func mixed(with other: Color, _ part: Float) -> Color {
    self + part * (other - self)
  }
}

/// A pattern in two colours.
struct ShapeTexture: Sendable {
  /// The pattern.
  enum Kind: Int, CaseIterable {
    case solid, gradient, stripes, checks, clouds
  }

  let first: Color
  let second: Color
  private let kind: Kind
  private let direction: SIMD2<Float>  // length: periods across the image
  private let phase: SIMD2<Float>
  private let lattice: [Float]  // 16 × 16 random heights, for clouds

  /// Draws a texture in two colours.
  init(first: Color, second: Color, from stream: inout RandomStream) {
    self.first = first
    self.second = second
    kind = Kind(rawValue: stream.integer(below: Kind.allCases.count)) ?? .solid
    let angle = stream.uniform(in: 0...(2 * Double.pi))
    let periods = stream.uniform(in: kind == .gradient ? 0.8...1.4 : 3...8)
    direction = SIMD2(
      Float(periods * Elementary.cosine(angle)), Float(periods * Elementary.sine(angle)))
    phase = SIMD2(Float(stream.uniform()), Float(stream.uniform()))
    lattice = kind == .clouds ? (0..<256).map { _ in Float(stream.uniform()) } : []
  }

  /// The colour at a point.
  func color(x: Float, y: Float) -> Color { first.mixed(with: second, part(x, y)) }

  /// How much of the second colour there is at a point, 0…1.
  private func part(_ x: Float, _ y: Float) -> Float {
    func clip(_ v: Float) -> Float { max(0, min(1, v)) }
    let u = x * direction.x + y * direction.y + phase.x
    let v = y * direction.x - x * direction.y + phase.y
    switch kind {
    case .solid: return 0
    case .gradient: return clip((x - 0.5) * direction.x + (y - 0.5) * direction.y + 0.5)
    case .stripes: return clip(3 * wave(u) + 0.5)
    case .checks: return clip(8 * wave(u) * wave(v) + 0.5)
    case .clouds: return clip(1.8 * (0.65 * height(u, v) + 0.35 * height(2 * u, 2 * v)) - 0.4)
    }
  }

  /// A triangle wave of period 1, in −½…½.
  @inline(__always) private func wave(_ t: Float) -> Float {
    abs(2 * (t - t.rounded(.down)) - 1) - 0.5
  }

  /// Heights of the lattice, joined linearly; the lattice repeats.
  private func height(_ u: Float, _ v: Float) -> Float {
    let (column, row) = (u.rounded(.down), v.rounded(.down))
    let (a, b) = (u - column, v - row)
    let (i, j) = (Int(column) & 15, Int(row) & 15)
    let (k, l) = ((i + 1) & 15, (j + 1) & 15)
    let top = lattice[16 * j + i] * (1 - a) + lattice[16 * j + k] * a
    let bottom = lattice[16 * l + i] * (1 - a) + lattice[16 * l + k] * a
    return top * (1 - b) + bottom * b
  }
}
