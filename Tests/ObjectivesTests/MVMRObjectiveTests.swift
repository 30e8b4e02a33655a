// The objective against the same equations written in PyTorch, and at degenerate batches.
//
// Made by    Tests/Reference/objectives.py

import Autodiff
import Kernels
import Objectives
import Tensors
import TestSupport
import Testing

@Suite("MV-MR objective") struct MVMRObjectiveTests {
  static let shapes: [(n: Int, d: Int, widths: [Int])] = [
    (7, 3, [5, 2, 9, 4, 6]), (12, 17, [40, 1]), (2, 4, [3]),
  ]

  @Test(
    "terms and gradients agree with PyTorch", arguments: shapes,
    ["paper", "released", "weighted", "normalised"])
  func againstReference(shape: (n: Int, d: Int, widths: [Int]), kind: String) throws {
    let (n, d) = (shape.n, shape.d)
    var settings = ObjectiveSettings()
    switch kind {
    case "released": settings.numerics = .releasedCode
    case "weighted":
      (settings.invarianceWeight, settings.varianceWeight, settings.viewWeight) = (2, 0.5, 3)
      settings.representationWeights = ["full_img": 0.25, "full_img_hog": 4]
      settings.margin = 1.5
    case "normalised": settings.normalizesEmbeddings = true
    default: break
    }
    let (z, augmented) = batches(n, d)
    let names = [
      "full_img", "full_img_scatnet", "full_img_augment", "full_img_hog", "full_img_std",
    ]
    let representations = zip(names, shape.widths).enumerated().map { i, pair in
      RepresentationBatch(
        name: pair.0, values: Tensor([n, pair.1], pattern(n * pair.1, offset: 3 + i, scale: 2)))
    }
    try compare("\(n) \(d) \(kind)", z, augmented, representations, settings)
  }

  @Test("the released code's sign is right for CLIP, and CLIP is scaled")
  func clip() throws {
    var settings = ObjectiveSettings()
    settings.numerics = .releasedCode
    let (z, augmented) = batches(9, 5)
    let clip = RepresentationBatch(
      name: "clip", values: Tensor([9, 6], pattern(54, offset: 3, scale: 2)))
    try compare("clip released", z, augmented, [clip], settings)
  }

  @Test("the golden batch, as the paper and as the released code", arguments: [false, true])
  func golden(released: Bool) throws {
    var settings = ObjectiveSettings()
    if released { settings.numerics = .releasedCode }
    let z = Tensor<Double>([8, 5], pattern(40, scale: 2))
    let augmented = Tensor<Double>([8, 5], pattern(40, offset: 7, scale: 2))
    let hog = RepresentationBatch(
      name: "full_img_hog", values: Tensor<Double>([8, 9], pattern(72, offset: 3, scale: 2)))
    try compare("G2 \(released ? "released" : "paper")", z, augmented, [hog], settings)

    // Numbers that were computed from the official code itself.
    let (a, b) = (Variable(tracking: z), Variable(tracking: augmented))
    let objective = mvmrObjective(
      z: a, augmented: b, representations: [hog], settings: settings)
    objective.total.backward()
    let terms = Dictionary(uniqueKeysWithValues: objective.terms.map { ($0.name, $0.value) })
    let lastRow = try #require(b.gradient).slice(7..<8, axis: 0).scalars
    func close(_ ours: [Double], _ theirs: [Double], _ tolerance: Double) -> Bool {
      errorInBounds(ours, theirs, bounds: theirs.map { _ in tolerance }) <= 1
    }
    let values = ["MSE", "DC_zz"].compactMap { terms[$0] }
    let total = objective.total.value.scalar
    if released {
      #expect(
        close(
          values + [total], [0.9908244290, 1 - 0.8670967400, 2.5810125913], 6e-11))
      #expect(
        close(lastRow, [-0.06400799, 0.02095911, 0.00891129, 0.03599201, 0.02095911], 6e-9))
    } else {
      #expect(
        close(
          values + [total], [0.9908244290, 1 - 0.8970789827, 2.1748253540], 6e-11))
      #expect(close([terms["DC_full_img_hog"] ?? 0], [1 - 0.7061581134], 6e-11))
      #expect(
        close(lastRow, [-0.05421848, 0.01565288, -0.03993037, 0.04578152, 0.01565288], 6e-9))
      let firstRow = try #require(a.gradient).slice(0..<1, axis: 0).scalars
      #expect(
        close(firstRow, [0.00709305, 0.04054084, 0.02983909, -0.04280672, 0.02476108], 6e-9))
    }
  }

  enum Degenerate: CaseIterable {
    case batchOfOne, constantView, bothConstant, equalViews, duplicateRows, collapsedDimension
    case constantRepresentation
  }

  @Test(
    "degenerate batches give finite values and gradients", arguments: Degenerate.allCases,
    ObjectiveNumerics.allCases)
  func degenerate(kind: Degenerate, numerics: ObjectiveNumerics) throws {
    var (z, augmented) = batches(6, 4)
    var representation = Tensor<Double>([6, 3], pattern(18, offset: 5))
    switch kind {
    case .batchOfOne:
      (z, augmented) = (z.slice(0..<1, axis: 0), augmented.slice(0..<1, axis: 0))
      representation = representation.slice(0..<1, axis: 0)
    case .constantView: augmented = Tensor([6, 4], repeating: 0.25)
    case .bothConstant:
      (z, augmented) = (Tensor([6, 4], repeating: 0.1), Tensor([6, 4], repeating: 0.25))
    case .equalViews: augmented = z
    case .duplicateRows: augmented = augmented.gathered(rows: [0, 1, 0, 2, 2, 0])
    case .collapsedDimension:
      let mask = Tensor<Double>([4], [1, 0, 1, 1])
      (z, augmented) = (z * mask, augmented * mask)
    case .constantRepresentation: representation = Tensor([6, 3], repeating: 7)
    }
    for normalises in [false, true] {
      var settings = ObjectiveSettings()
      settings.numerics = numerics
      settings.normalizesEmbeddings = normalises
      let (a, b) = (Variable(tracking: z), Variable(tracking: augmented))
      let objective = mvmrObjective(
        z: a, augmented: b,
        representations: [RepresentationBatch(name: "full_img", values: representation)],
        settings: settings)
      objective.total.backward()
      #expect(objective.total.value.isFinite && objective.terms.allSatisfy { $0.value.isFinite })
      #expect(try #require(a.gradient).isFinite)
      #expect(try #require(b.gradient).isFinite)
      let single = mvmrObjective(
        z: Variable(z.converted(to: Float.self)),
        augmented: Variable(augmented.converted(to: Float.self)),
        representations: [
          RepresentationBatch(name: "full_img", values: representation.converted(to: Float.self))
        ], settings: settings)
      let difference = Double(single.total.value.scalar) - objective.total.value.scalar
      #expect(abs(difference) < 1e-2, "Float: \(single.total.value.scalar)")
    }
  }

  @Test("a row of zeros stays zero when embeddings are normalised")
  func zeroRow() {
    let z = Variable(tracking: Tensor<Double>([2, 2], [0, 0, 3, 4]))
    let y = lengthNormalized(z)
    #expect(relativeError(y.value.scalars, [0, 0, 0.6, 0.8]) < 1e-15)
    y.sum().backward()
    #expect(z.gradient?.isFinite == true)
  }

  @Test("a representation that holds a NaN makes the total NaN")
  func notANumber() {
    let (z, augmented) = batches(6, 4)
    var values = Tensor<Double>([6, 3], pattern(18, offset: 5))
    values[2, 1] = .nan
    for numerics in ObjectiveNumerics.allCases {
      var settings = ObjectiveSettings()
      settings.numerics = numerics
      let objective = mvmrObjective(
        z: Variable(z), augmented: Variable(augmented),
        representations: [RepresentationBatch(name: "full_img", values: values)],
        settings: settings)
      #expect(objective.total.value.scalar.isNaN)
    }
  }

  @Test("in Float the objective is that of Double to single precision")
  func single() {
    let (z, augmented) = batches(12, 17)
    let wide = mvmrObjective(z: Variable(z), augmented: Variable(augmented), representations: [])
    let narrow = mvmrObjective(
      z: Variable(z.converted(to: Float.self)),
      augmented: Variable(augmented.converted(to: Float.self)), representations: [])
    #expect(abs(Double(narrow.total.value.scalar) - wide.total.value.scalar) < 2e-6)
  }

  /// The embeddings of both views that the fixture script makes.
  private func batches(_ n: Int, _ d: Int) -> (z: Tensor<Double>, augmented: Tensor<Double>) {
    let z = Tensor([n, d], pattern(n * d, scale: 2))
    let shift = zip(pattern(n * d, offset: 40), pattern(n * d, offset: 71)).map { $0 * $1 }
    return (z, Tensor([n, d], pattern(n * d, offset: 7, scale: 2)) + Tensor([n, d], shift))
  }

  private func compare(
    _ name: String, _ z: Tensor<Double>, _ augmented: Tensor<Double>,
    _ representations: [RepresentationBatch<Double>], _ settings: ObjectiveSettings
  ) throws {
    let fixture = try Fixture("objectives")
    let (a, b) = (Variable(tracking: z), Variable(tracking: augmented))
    let objective = mvmrObjective(
      z: a, augmented: b, representations: representations, settings: settings)
    objective.total.backward()
    let expected = try [fixture.values("\(name) total"), fixture.values("\(name) terms")].flatMap {
      $0
    }
    let ours = [objective.total.value.scalar] + objective.terms.map(\.value)
    #expect(relativeError(ours, expected) < 1e-11, "\(name): \(ours), PyTorch \(expected)")
    let (dZ, dAugmented) = try (#require(a.gradient), #require(b.gradient))
    #expect(relativeError(dZ.scalars, try fixture.values("\(name) dZ")) < 1e-10, "\(name), dZ")
    #expect(
      relativeError(dAugmented.scalars, try fixture.values("\(name) dAugmented")) < 1e-10,
      "\(name), dAugmented")
  }
}
