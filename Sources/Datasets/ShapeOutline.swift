// Ten outlines as signed distances: what the classes of the synthetic data set look like.
//
// Idea       A signed distance tells how far a point is from an edge, so an outline of any size is
//            drawn smooth by reading off how much of a pixel it covers.
// Units      Each outline lies within the circle of radius 1 around the origin; y points down.
// Formula    polygon  d = ± min over edges of the distance to the segment; the sign from the number
//            of edges a ray to the right crosses (odd: inside, negative)
// Read       this file → ShapeScene.swift → SyntheticShapes.swift
// Tests      Tests/DatasetsTests/SyntheticShapesTests.swift

import Kernels

/// An outline, one for each class, in the order of the labels.
enum ShapeOutline: Int, CaseIterable, Sendable {
  case disc, square, triangle, star, ring, cross, crescent, heart, arrow, spiral

  /// The class name.
  var name: String { "\(self)" }

  /// Distance of a point from the outline, negative inside.
  func signedDistance(x: Float, y: Float) -> Float {
    switch self {
    case .disc: return (x * x + y * y).squareRoot() - 0.92
    case .ring: return abs((x * x + y * y).squareRoot() - 0.74) - 0.2
    case .crescent:
      let disc = (x * x + y * y).squareRoot() - 0.95
      let bite = ((x - 0.46) * (x - 0.46) + y * y).squareRoot() - 0.74
      return max(disc, -bite)
    case .spiral: return ShapeOutline.spiralDistance(x, y)
    case .square: return ShapeOutline.squareCorners.signedDistance(x, y)
    case .triangle: return ShapeOutline.triangleCorners.signedDistance(x, y)
    case .star: return ShapeOutline.starCorners.signedDistance(x, y)
    case .cross: return ShapeOutline.crossCorners.signedDistance(x, y)
    case .heart: return ShapeOutline.heartCorners.signedDistance(x, y)
    case .arrow: return ShapeOutline.arrowCorners.signedDistance(x, y)
    }
  }

  /// An Archimedean spiral of one and three quarter turns: r = 0.5 θ / 2π, as thick as its gap.
  private static func spiralDistance(_ x: Float, _ y: Float) -> Float {
    let radius = (x * x + y * y).squareRoot()
    let pitch: Float = 0.5
    let thickness: Float = 0.125
    let turn = Float(Elementary.angle(y: Double(y), x: Double(x)) / (2 * Double.pi))  // −½…½
    // Arms cross this ray at radii pitch · (turn + k); the nearest of those that exist.
    var nearest = Float.infinity
    for k in 0...2 {
      let turns = turn + Float(k)
      guard turns >= 0.15, turns <= 1.75 else { continue }
      nearest = min(nearest, abs(radius - pitch * turns))
    }
    for (direction, end) in spiralEnds {  // round caps
      let (dx, dy) = (x - pitch * end * direction.x, y - pitch * end * direction.y)
      nearest = min(nearest, (dx * dx + dy * dy).squareRoot())
    }
    return nearest - thickness
  }

  /// Where the spiral begins and ends: the direction, and the turns up to there.
  private static let spiralEnds = [Float(0.15), 1.75].map { end in
    let angle = 2 * Double.pi * Double(end)
    return (SIMD2(Float(Elementary.cosine(angle)), Float(Elementary.sine(angle))), end)
  }

  private static let squareCorners = Polygon([(-0.7, -0.7), (0.7, -0.7), (0.7, 0.7), (-0.7, 0.7)])
  private static let triangleCorners = Polygon(
    (0..<3).map { polar(radius: 1, turn: Double($0) / 3) })
  private static let starCorners = Polygon(
    (0..<10).map { polar(radius: $0 % 2 == 0 ? 1 : 0.42, turn: Double($0) / 10) })
  private static let crossCorners = Polygon([
    (-0.25, -0.95), (0.25, -0.95), (0.25, -0.25), (0.95, -0.25), (0.95, 0.25), (0.25, 0.25),
    (0.25, 0.95), (-0.25, 0.95), (-0.25, 0.25), (-0.95, 0.25), (-0.95, -0.25), (-0.25, -0.25),
  ])
  private static let arrowCorners = Polygon([
    (0.98, 0), (0.2, 0.72), (0.2, 0.26), (-0.92, 0.26), (-0.92, -0.26), (0.2, -0.26),
    (0.2, -0.72),
  ])
  /// Two arcs above, two straight flanks below, meeting in a point.
  private static let heartCorners: Polygon = {
    let arc = (0...8).map { i -> (Double, Double) in
      let angle = Double.pi * (1 + 1.15 * Double(i) / 8)
      return (
        0.45 + 0.46 * Elementary.cosine(angle), -0.3 + 0.46 * Elementary.sine(angle)
      )
    }
    let mirrored = arc.reversed().dropLast().map { (-$0.0, $0.1) }
    return Polygon(arc + [(0, 0.95)] + mirrored)
  }()

  /// A point on a circle; turn 0 is up.
  private static func polar(radius: Double, turn: Double) -> (Double, Double) {
    let angle = 2 * Double.pi * turn
    return (radius * Elementary.sine(angle), -radius * Elementary.cosine(angle))
  }
}

/// A closed polygon without crossings.
struct Polygon: Sendable {
  /// One edge: where it starts, where it leads, and one over its squared length.
  private struct Edge {
    let x: Float, y: Float, dx: Float, dy: Float, inverse: Float
  }
  private let edges: [Edge]

  /// The polygon through corners, the last joined to the first.
  init(_ corners: [(Double, Double)]) {
    edges = corners.indices.map { i in
      let (a, b) = (corners[i], corners[(i + 1) % corners.count])
      let (dx, dy) = (b.0 - a.0, b.1 - a.1)
      return Edge(
        x: Float(a.0), y: Float(a.1), dx: Float(dx), dy: Float(dy),
        inverse: Float(1 / (dx * dx + dy * dy)))
    }
  }

  /// Distance of a point from the nearest edge, negative inside.
  func signedDistance(_ x: Float, _ y: Float) -> Float {
    var nearest = Float.infinity
    var inside = false
    for edge in edges {
      let (px, py) = (x - edge.x, y - edge.y)
      let along = max(0, min(1, (px * edge.dx + py * edge.dy) * edge.inverse))
      let (qx, qy) = (px - along * edge.dx, py - along * edge.dy)
      nearest = min(nearest, qx * qx + qy * qy)
      // The edge spans this height, and the point is to the left of where it does.
      if (py < 0) != (py - edge.dy < 0) {
        let side = px * edge.dy - py * edge.dx
        if (side < 0) == (edge.dy > 0) { inside.toggle() }
      }
    }
    return inside ? -nearest.squareRoot() : nearest.squareRoot()
  }
}
