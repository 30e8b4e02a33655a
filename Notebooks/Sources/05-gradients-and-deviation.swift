// %% [markdown]
// # 5. Oriented gradients and local deviation, looked at
//
// Two representations that fit on a page each: in which directions do the edges of a region run (a *histogram of oriented gradients*, HOG), and how rough is the image around each pixel (*local standard deviation*, LSD)? Code: [OrientedGradients.swift](../Sources/Kernels/OrientedGradients.swift), [LocalDeviation.swift](../Sources/Kernels/LocalDeviation.swift).
//
// ## The gradient of an image
//
// Sobel's filters estimate how the brightness changes to the right and downwards,
//
// $$G_x=x\star\begin{pmatrix}-1&0&1\\-2&0&2\\-1&0&1\end{pmatrix},\qquad G_y=x\star\begin{pmatrix}-1&-2&-1\\0&0&0\\1&2&1\end{pmatrix},$$
//
// and together they have a length $m=\sqrt{G_x^2+G_y^2}$ and a direction $\operatorname{atan2}(G_y,G_x)$. With the library's convolution:

// %%
import Foundation
import MVMR
import Notebook

let shapes = SyntheticShapes(count: 60, size: 64, seed: 5)
let image = try shapes.image(3)

/// One channel as `[1, H, W, 1]`.
func gray(_ image: Image) -> Tensor<Double> {
  Tensor([1, image.height, image.width, 1], image.luma.map { Double($0) / 255 })
}

let sobel = Tensor<Double>([3, 3, 1, 1], [-1, 0, 1, -2, 0, 2, -1, 0, 1])
let x = gray(image)
let Gx = conv2D(Variable(x), filter: Variable(sobel), padding: 1).value.reshaped([64, 64])
let turned = sobel.reshaped([3, 3]).transposed().reshaped([3, 3, 1, 1])
let Gy = conv2D(Variable(x), filter: Variable(turned), padding: 1).value.reshaped([64, 64])
let inner = { (t: Tensor<Double>) in t.slice(1..<63, axis: 0).slice(1..<63, axis: 1) }
let m = (Gx * Gx + Gy * Gy).map(.squareRoot)

print("the image is of class '\(shapes.classNames[shapes.label(3)])'")
display(
  [
    ImageGrid("the image", images: [image], columns: 1, cellSize: 128),
    HeatMap("to the right", inner(Gx), size: 128),
    HeatMap("downwards", inner(Gy), size: 128),
    HeatMap("length", inner(m), size: 128),
  ], columns: 4)

// %% [markdown]
// ## Votes
//
// A cell of $8\times8$ pixels has a histogram of 24 directions over half a turn (an edge from dark to light and one from light to dark run the same way). Each pixel votes with its length $m$, split between the two nearest directions. The mean over the cell's pixels is the result: $24$ numbers a cell, $24\cdot64$ for one channel of this image.

// %%
let bins = 24
let votes = histogramOfOrientedGradients(x, bins: bins, pool: 8).reshaped([bins, 8, 8])

/// Draws a line through (row, column), `reach` pixels to both sides, in the direction of an edge.
func drawEdge(
  _ picture: inout Image, row: Double, column: Double, angle: Double, reach: Double,
  strength: Double
) {
  for t in stride(from: -reach, through: reach, by: 0.5) {
    // The edge runs at a right angle to the gradient.
    let (r, c) = (Int((row + t * cos(angle)).rounded()), Int((column - t * sin(angle)).rounded()))
    guard (0..<picture.height).contains(r), (0..<picture.width).contains(c) else { continue }
    let level = UInt8(max(Double(picture[row: r, column: c].red), 255 * min(1, strength)))
    picture[row: r, column: c] = (level, level, level)
  }
}

func glyphs(_ votes: Tensor<Double>) -> Image {
  let largest = votes.scalars.max() ?? 1
  var picture = Image(width: 256, height: 256)
  for row in 0..<8 {
    for column in 0..<8 {
      for bin in 0..<bins {
        drawEdge(
          &picture, row: 32 * Double(row) + 16, column: 32 * Double(column) + 16,
          angle: Double(bin) * Double.pi / Double(bins), reach: 14,
          strength: votes[bin, row, column] / largest)
      }
    }
  }
  return picture
}
display(
  ImageGrid(
    images: [image, glyphs(votes)],
    captions: ["image", "what HOG keeps of it"], columns: 2, cellSize: 256))

// %% [markdown]
// The outline can be read off the right picture; colour, brightness and texture are gone. The histogram of the cell with the strongest edge:

// %%
let strongest = (0..<64).max { a, b in
  func sum(_ cell: Int) -> Double { (0..<bins).reduce(0) { $0 + votes[$1, cell / 8, cell % 8] } }
  return sum(a) < sum(b)
}!
let histogram = (0..<bins).map { votes[$0, strongest / 8, strongest % 8] }
display(
  LineChart(
    "Cell in row \(strongest / 8), column \(strongest % 8)",
    xLabel: "direction of the gradient, degrees", yLabel: "mean vote",
    series: [.init("", histogram.enumerated().map { Point(180 * Double($0) / 24, $1) })]))

// %% [markdown]
// ## What it does not see
//
// Brighten the image by a constant: every difference stays, and so does the histogram. Multiply the contrast by two: every vote doubles. In between lies why the descriptor works on photographs.

// %%
let brighter = histogramOfOrientedGradients(x + 0.3).scalars
let stronger = histogramOfOrientedGradients(x * 2).scalars
let plain = histogramOfOrientedGradients(x).scalars
func largestDifference(_ a: [Double], _ b: [Double]) -> Double {
  zip(a, b).map { abs($0 - $1) }.max() ?? 0
}
print("brighter: differs by at most \(rounded(largestDifference(plain, brighter), 10))")
print(
  "twice the contrast, halved: by at most \(rounded(largestDifference(plain, stronger.map { $0 / 2 }), 10))"
)

// %% [markdown]
// The released code of the paper votes differently: the lower of the two directions is *set* to $m$, the upper one gets $1-m$ added, whatever the fraction is (D2 in [docs/errata.md](../docs/errata.md)). A pixel in a flat region, $m\approx0$, then votes with 1. The two variants of the same image:

// %%
let released = histogramOfOrientedGradients(x, bins: bins, pool: 8, variant: .releasedCode)
let flat = Tensor<Double>([1, 16, 16, 1], repeating: 0.5)
print(
  "a flat image, interpolated:  sum of a cell \(rounded(histogramOfOrientedGradients(flat).sum().scalar / 4, 3))"
)
print(
  "a flat image, released code: sum of a cell \(rounded(histogramOfOrientedGradients(flat, variant: .releasedCode).sum().scalar / 4, 3))"
)
display(
  ImageGrid(
    images: [glyphs(votes), glyphs(released.reshaped([bins, 8, 8]))],
    captions: ["interpolated", "as the released code votes"], columns: 2, cellSize: 256))

// %% [markdown]
// ## Local standard deviation
//
// $$\varphi(u)=\sqrt{\operatorname{mean}(x^2)-\operatorname{mean}(x)^2+10^{-8}}\quad\text{over the } 3\times3 \text{ pixels around } u.$$
//
// Large at edges and in texture, $10^{-4}$ where the image is constant. One pixel by hand:

// %%
let lsd = localStandardDeviation(x).reshaped([64, 64])
let (r, c) = (30, 20)
let nine = (-1...1).flatMap { i in (-1...1).map { j in x[0, r + i, c + j, 0] } }
let mean = nine.reduce(0, +) / 9
let byHand = (nine.reduce(0) { $0 + $1 * $1 } / 9 - mean * mean + 1e-8).squareRoot()
print("at (\(r), \(c)): by hand \(rounded(byHand, 6)), by the library \(rounded(lsd[r, c], 6))")
display(
  [
    ImageGrid("the image", images: [image], columns: 1, cellSize: 192),
    HeatMap("local standard deviation", lsd, size: 192),
  ])

// %% [markdown]
// ## Do these representations agree?
//
// Which images does each of them find alike? Distance correlation between every two of them ([page 3](03-distance-correlation.ipynb)), over 60 shapes; bias-corrected, so that independence reads 0.

// %%
let images = try (0..<60).map { try shapes.image($0) }
let batch = PixelNormalization(.imageNet).tensor(images).converted(to: Double.self)
let scattering = try ScatteringTransform<Double>(height: 64, width: 64)
// [image, channel, path, place]; path 0 is the image itself, blurred.
let coefficients = scattering(batch)
let edges = coefficients.reshaped([60, 3, 81, 256]).slice(1..<81, axis: 2)
let all: [(name: String, values: Tensor<Double>)] = [
  ("pixels", rawPixels(batch)), ("scattering", coefficients),
  ("without S0", edges.reshaped([60, edges.count / 60])),
  ("HOG", histogramOfOrientedGradients(batch)), ("LSD", localStandardDeviation(batch)),
]
let centred = all.map { CentredDistances(Variable($0.values), estimator: .unbiased) }
print(
  "            " + all.map { $0.name.padding(toLength: 12, withPad: " ", startingAt: 0) }.joined())
for (i, row) in all.enumerated() {
  let numbers = all.indices.map {
    rounded(max(0, distanceCorrelation(centred[i], centred[$0]).value.scalar).squareRoot(), 2)
  }
  print(
    row.name.padding(toLength: 12, withPad: " ", startingAt: 0)
      + numbers.map { $0.padding(toLength: 12, withPad: " ", startingAt: 0) }.joined())
}

// %% [markdown]
// A surprise: to distances, scattering *is* the pixels. Its first path $S_0=x\star\phi$ is the image itself, blurred, and its numbers are much larger than all others; distances weigh by size. Without that path it says something of its own, near to what the other two say that look at edges. As a representation in the loss it enters whole, as in the paper's code.
//
// HOG and LSD know other things than the colours. That is the point of taking several: an embedding that depends on all of them cannot be about one of them.
//
// **Try it.** In the second cell use `bins: 4`. Then give the image a blur, `image.blurred(kernelSize: 7, sigma: 2)`: which of the four representations moves least?
