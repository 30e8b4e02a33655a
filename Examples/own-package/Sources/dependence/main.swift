// A package of your own that uses the library: how far do two representations agree about images?
//
// Run        swift run -c release --package-path Examples/own-package

import MVMR

let shapes = SyntheticShapes(count: 100)
let x = PixelNormalization(.imageNet).tensor(try (0..<shapes.count).map { try shapes.image($0) })
let scattering = try ScatteringTransform<Float>(height: 32, width: 32)

func centred(_ values: Tensor<Float>) -> CentredDistances<Float> {
  CentredDistances(Variable(values))
}
let (edges, roughness) = (centred(scattering(x)), centred(localStandardDeviation(x)))
let dependence = distanceCorrelation(edges, roughness).value.scalar
print("scattering and local deviation: \(dependence), by chance \(chanceLevel(edges, roughness))")
