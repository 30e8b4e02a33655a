// A representation of your own in the loss: the embedding shall also know an image's colours.
//
// Run        swift run -c release AddRepresentation
// Expect     Seconds; 1 - dCor of embedding and colours falls, further and further below chance.
// Read       this file → Sources/Representations/Representation.swift

import MVMR

/// φ: the share of each of 64 colours, four levels a channel; normalised pixels lie in about −2…2.
let colours = Representation<Float>(name: "colours") { images in  // [batch, height, width, 3]
  let (batch, pixels, x) = (images.shape[0], images.shape[1] * images.shape[2], images.scalars)
  var shares = [Float](repeating: 0, count: batch * 64)
  for i in 0..<batch * pixels {
    let level = (0..<3).map { min(3, max(0, Int(x[3 * i + $0] + 2))) }
    shares[i / pixels * 64 + 16 * level[0] + 4 * level[1] + level[2]] += 1 / Float(pixels)
  }
  return Tensor([batch, 64], shares)
}

let shapes = SyntheticShapes(count: 64)
let images = try (0..<64).map { try shapes.image($0) }
let x = PixelNormalization(.imageNet).tensor(images)
let key = RandomKey(seed: 1)
let encoder = Encoder<Float>(
  backbone: .resnet8, smallKernel: true, projector: [128, 128], key: key.child("encoder"))
let adam = Optimizer(.adam, of: encoder)
for step in 0..<30 {
  let views = images.enumerated().map { i, image in
    AugmentationPolicy.weak(image, size: 32, key: key.child(step).child(i))
  }
  let z̃ = encoder(Variable(PixelNormalization(.imageNet).tensor(views)), mode: .training)
  let Φ = RepresentationBatch(name: colours.name, values: colours(x))
  let L = mvmrObjective(
    z: encoder(Variable(x), mode: .training), augmented: z̃, representations: [Φ])
  L.total.backward()
  adam.step(learningRate: 4e-3)
  if step % 10 == 9 {
    print("step \(step + 1): 1 - dCor \(L.terms[3].value), by chance \(L.chance[1].value)")
  }
}
