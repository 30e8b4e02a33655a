// %% [markdown]
// # 4. The scattering transform, looked at
//
// One of the representations an embedding shall depend on is a network that nobody trained: two layers of wavelets with an absolute value between them. It knows edges and textures, it does not mind small shifts, and all of its weights are formulas. Code: [ScatteringTransform.swift](../Sources/Representations/ScatteringTransform.swift), and [MorletFilterBank.swift](../Sources/Representations/MorletFilterBank.swift) for the weights.
//
// ## A wavelet
//
// A Morlet wavelet is a wave inside a bell, with a little of the bell taken away so that it sums to zero:
//
// $$\psi(u)=\Big(e^{i\xi\,\langle u,e_\theta\rangle}-\kappa\Big)\,e^{-u^\top C_\theta u},\qquad \sum_u\psi(u)=0 .$$
//
// It has a direction $\theta$ and a scale $j$: the bell is $0.8\cdot2^j$ pixels wide, the wave has frequency $\xi=\frac34\pi/2^j$. Here is the real part at $j=0,1,2$ (rows) in eight directions (columns):

// %%
import Foundation
import MVMR
import Notebook

let directions = 8

/// The real part of a wavelet, `side × side` pixels around its centre.
func wavelet(scale j: Int, direction l: Int, side: Int) -> [Double] {
  let σ = 0.8 * Double(1 << j)
  let ξ = 0.75 * Double.pi / Double(1 << j)
  let slant = 4.0 / Double(directions)  // the bell is longer across the wave than along it
  let θ = Double(3 - l) * Double.pi / Double(directions)
  func sum(_ f: (Double, Double) -> Double) -> [Double] {
    (0..<side * side).map { i in
      let (r, c) = (Double(i / side) - Double(side / 2), Double(i % side) - Double(side / 2))
      return f(r * cos(θ) + c * sin(θ), c * cos(θ) - r * sin(θ))
    }
  }
  func bell(_ along: Double, _ across: Double) -> Double {
    exp(-(along * along + slant * slant * across * across) / (2 * σ * σ))
  }
  let wave = sum { cos(ξ * $0) * bell($0, $1) }
  let envelope = sum(bell)
  let κ = wave.reduce(0, +) / envelope.reduce(0, +)
  return zip(wave, envelope).map { $0 - κ * $1 }
}

/// A matrix as a picture: white at zero, orange below, blue above.
func picture(_ values: [Double], columns: Int, largest: Double? = nil) -> Image {
  let reach = largest ?? values.map(abs).max() ?? 1
  var image = Image(width: columns, height: values.count / columns)
  for (i, value) in values.enumerated() {
    let v = max(-1, min(1, value / max(reach, 1e-12)))
    let (r, g, b) = v < 0 ? (181.0, 74.0, 0.0) : (0.0, 71.0, 122.0)
    func mix(_ channel: Double) -> UInt8 { UInt8((255 + (channel - 255) * abs(v)).rounded()) }
    image[row: i / columns, column: i % columns] = (mix(r), mix(g), mix(b))
  }
  return image
}

let bank = (0..<3).flatMap { j in
  (0..<directions).map { picture(wavelet(scale: j, direction: $0, side: 25), columns: 25) }
}
display(ImageGrid("Morlet wavelets, real part", images: bank, columns: 8, cellSize: 50))

// %% [markdown]
// A bank of edge detectors, for fine edges above and coarse ones below. The imaginary part is the same wave a quarter of a period later. The absolute value of both together, $|x\star\psi|=\sqrt{(x\star\psi_{re})^2+(x\star\psi_{im})^2}$, forgets *where inside the wave* an edge lies and keeps *how much* edge there is.
//
// ## First order
//
// $$U_1[j,\theta]=|x\star\psi_{j,\theta}|,\qquad S_1=U_1\star\phi .$$
//
// $\phi$ is a Gaussian that averages over about $2^J$ pixels, so one value in each $2^J\times2^J$ square is enough. Two drawn shapes, $64\times64$ pixels, $J=2$: maps of $16\times16$. The eight directions of $j=1$:

// %%
let shapes = SyntheticShapes(count: 40, size: 64, seed: 4)
let pixels = PixelNormalization(.imageNet)
let scattering = try ScatteringTransform<Double>(scales: 2, orientations: 8, height: 64, width: 64)

/// One channel of an image as `[1, 64, 64, 1]`.
func gray(_ image: Image) -> Tensor<Double> {
  Tensor([1, image.height, image.width, 1], image.luma.map { Double($0) / 255 })
}

/// Maps `[paths, 16, 16]` of an image.
func maps(_ image: Image) -> Tensor<Double> {
  scattering(gray(image)).reshaped([scattering.paths.count, 16, 16])
}

func firstOrder(_ image: Image, scale: Int) -> [Image] {
  let S = maps(image)
  let wanted = scattering.paths.indices.filter {
    scattering.paths[$0].order == 1 && scattering.paths[$0].first?.scale == scale
  }
  let planes = wanted.map { S.slice($0..<$0 + 1, axis: 0).scalars }
  let largest = planes.joined().max() ?? 1
  return planes.map { picture($0, columns: 16, largest: largest) }
}

let chosen = try [shapes.image(1), shapes.image(2)]
print("classes:", [1, 2].map { shapes.classNames[shapes.label($0)] }.joined(separator: ", "))
for image in chosen {
  display(
    ImageGrid(
      images: [image] + firstOrder(image, scale: 1),
      captions: ["image"] + (0..<8).map { "direction \($0)" }, columns: 9, cellSize: 64))
}

// %% [markdown]
// Each direction answers to the edges that run its way, and to nothing in flat regions: a constant has no wave in it, because a wavelet sums to zero.
//
// ## Second order
//
// Averaging threw away how the edges are arranged inside a square. A second layer of wavelets looks at the maps $U_1$ themselves: $U_2=\big||x\star\psi_{j_1,\theta_1}|\star\psi_{j_2,\theta_2}\big|$, for coarser scales $j_2>j_1$ only, since an absolute value moves everything to lower frequencies. How many coefficients is that?

// %%
for J in 1...4 {
  let side = 64
  let transform = try ScatteringTransform<Double>(
    scales: J, orientations: 8, height: side, width: side)
  let orders = (0...2).map { order in transform.paths.count { $0.order == order } }
  let all = transform.paths.count * transform.outputHeight * transform.outputWidth
  print(
    "J = \(J): \(orders) paths of order 0, 1, 2, maps of \(side >> J) × \(side >> J): \(all) numbers"
  )
}

// %% [markdown]
// $1+JL+\frac{J(J-1)}2L^2$ paths. Where is the energy?

// %%
let order = scattering.paths.map(\.order)
var energy = [0.0, 0.0, 0.0]
for i in 0..<20 {
  let S = maps(try shapes.image(i))
  // What is left of the mean brightness says nothing about edges.
  for (path, order) in order.enumerated() where order > 0 {
    let plane = S.slice(path..<path + 1, axis: 0)
    energy[order] += (plane * plane).sum().scalar
  }
}
let total = energy.reduce(0, +)
print(
  "order 1: \(rounded(100 * energy[1] / total, 1)) %, order 2: \(rounded(100 * energy[2] / total, 1)) %"
)

// %% [markdown]
// A third layer would hold next to nothing, so there is none.
//
// ## Why not pixels?
//
// Move an image by a few pixels. To a person it is the same image. We take a window of $64\times64$ from a larger drawing and shift the window; how far is the representation from where it was, relative to its distance from *another* image?

// %%
let large = SyntheticShapes(count: 10, size: 80, seed: 4)
func window(_ image: Image, right: Int) -> Image {
  image.cropped(to: CropBox(top: 8, left: 8 + right, height: 64, width: 64))
}
func distance(_ a: Tensor<Double>, _ b: Tensor<Double>) -> Double {
  let d = a - b
  return (d * d).sum().scalar.squareRoot()
}

let kinds: [(name: String, map: (Tensor<Double>) -> Tensor<Double>)] = [
  ("pixels", { rawPixels($0) }),
  ("scattering", { scattering($0).reshaped([1, 81 * 256]) }),
]
var moved = kinds.map { _ in [Double](repeating: 0, count: 9) }
for (k, kind) in kinds.enumerated() {
  for i in 0..<10 {
    let here = kind.map(gray(window(try large.image(i), right: 0)))
    let other = kind.map(gray(window(try large.image((i + 1) % 10), right: 0)))
    for shift in 0...8 {
      let there = kind.map(gray(window(try large.image(i), right: shift)))
      moved[k][shift] += distance(here, there) / distance(here, other) / 10
    }
  }
}
display(
  LineChart(
    "Distance to the shifted image, as a part of the distance to another", xLabel: "pixels",
    series: zip(kinds, moved).map { .init($0.name, values: $1) }))
print(
  "shifted by 2 pixels: pixels \(rounded(moved[0][2], 2)), scattering \(rounded(moved[1][2], 2))")

// %% [markdown]
// Scattering lags behind: it averages over squares of four pixels, so a shift within a square costs little. A larger $J$ forgives more and tells less.
//
// ## Why it is a good thing to depend on
//
// Scattering coefficients know more about a shape than pixels do, without a single label spent on them. Each of 100 shapes is named by its 20 nearest neighbours among 400 others; the third line leaves out the path of order 0, which is the image itself, blurred:

// %%
let (known, asked) = (SyntheticShapes(count: 400), SyntheticShapes(count: 100, split: .test))
let small = try ScatteringTransform<Float>(height: 32, width: 32)
func features(_ set: SyntheticShapes, _ map: (Tensor<Float>) -> Tensor<Float>) throws
  -> LabelledFeatures
{
  let images = try (0..<set.count).map { try set.image($0) }
  return LabelledFeatures(
    features: map(pixels.tensor(images)), labels: (0..<set.count).map(set.label))
}
/// Orders 1 and 2, without the blurred image.
func edges(_ x: Tensor<Float>) -> Tensor<Float> {
  let S = small(x).reshaped([x.shape[0], 3, 81, 64]).slice(1..<81, axis: 2)
  return S.reshaped([x.shape[0], 3 * 80 * 64])
}
for (name, map) in [
  ("pixels", { rawPixels($0) }), ("scattering", { small($0) }), ("orders 1 and 2", { edges($0) }),
] as [(String, (Tensor<Float>) -> Tensor<Float>)] {
  let (training, test) = (try features(known, map), try features(asked, map))
  let near = nearestNeighbourAccuracy(training: training, test: test, neighbours: 20)
  print(
    "\(name.padding(toLength: 16, withPad: " ", startingAt: 0)) \(rounded(100 * near, 0)) of 100")
}

// %% [markdown]
// Ten classes, so 10 of 100 is chance. The blurred image is much larger in numbers than everything else, so a distance hardly sees the rest ([page 5](05-gradients-and-deviation.ipynb) comes back to this); without it, edges speak.
//
// **Try it.** Set `scales: 3` in the cell of the first order (maps of $8\times8$). Then give `wavelet` an odd phase, `sin` for `cos`: the picture is the imaginary part.
