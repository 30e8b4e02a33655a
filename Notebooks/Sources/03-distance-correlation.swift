// %% [markdown]
// # 3. Distance correlation, and its bias
//
// MV-MR asks that an embedding *depends* on what is known about the image: on its pixels, its edges, its texture. Dependence is not correlation, and not a linear map: an embedding of 512 numbers and a histogram of 1152 live in different spaces. Distance correlation compares them all the same, by asking one question: *are the images that are far apart in one space far apart in the other?*
//
// Equations (2) and (3) of the paper; the code is [DistanceCorrelation.swift](../Sources/Objectives/DistanceCorrelation.swift).
//
// ## Where correlation sees nothing
//
// Points on a parabola, $y=x^2$, $x$ uniform in $-1\dots1$. Whoever knows $x$ knows $y$, and Pearson's correlation is zero, but for the chance of 200 points.

// %%
import Foundation
import MVMR
import Notebook

let key = RandomKey(seed: 3)

func dCor(
  _ x: Tensor<Double>, _ y: Tensor<Double>, _ estimator: CorrelationEstimator = .biased
) -> Double {
  distanceCorrelation(
    CentredDistances(Variable(x), estimator: estimator),
    CentredDistances(Variable(y), estimator: estimator)
  ).value.scalar
}

func pearson(_ x: Tensor<Double>, _ y: Tensor<Double>) -> Double {
  let (a, b) = (x - x.mean(), y - y.mean())
  return ((a * b).sum() / ((a * a).sum() * (b * b).sum()).map(.squareRoot)).scalar
}

let x = Tensor<Double>.uniform([200, 1], in: -1...1, key: key.child("x"))
let noise = Tensor<Double>.normal([200, 1], key: key.child("noise"))
let angle = x.scalars.map { Double.pi * $0 }
let clouds: [(name: String, x: Tensor<Double>, y: Tensor<Double>)] = [
  ("a line", x, 0.7 * x + 0.1 * noise),
  ("a parabola", x, x * x),
  ("a circle", Tensor([200, 1], angle.map(cos)), Tensor([200, 1], angle.map(sin))),
  ("nothing", x, noise),
]
for cloud in clouds {
  print(
    "\(cloud.name.padding(toLength: 12, withPad: " ", startingAt: 0))"
      + "Pearson \(rounded(pearson(cloud.x, cloud.y), 2))   "
      + "distance correlation \(rounded(dCor(cloud.x, cloud.y), 2))")
}
display(
  clouds.map { cloud in
    ScatterChart(
      cloud.name,
      series: [.init("", zip(cloud.x.scalars, cloud.y.scalars).map { Point($0, $1) })])
  }, columns: 4)

// %% [markdown]
// ## The definition, step by step
//
// Twelve points on the parabola, from left to right. First the distances $a_{kl}=|x_k-x_l|$ and $b_{kl}=|y_k-y_l|$; then each matrix is *centred*, its row means and column means taken away and the grand mean added,
//
// $$A_{kl}=a_{kl}-\bar a_{k\cdot}-\bar a_{\cdot l}+\bar a_{\cdot\cdot},$$
//
// so that a point that is far from everybody does not dominate. What is left says: these two are further apart, or nearer, than one expects of such points.

// %%
let few = Tensor<Double>([12, 1], (0..<12).map { Double($0) / 5.5 - 1 })
let a = pairwiseDistances(Variable(few)).value
let b = pairwiseDistances(Variable(few * few)).value
let A = doubleCentred(Variable(a)).value
let B = doubleCentred(Variable(b)).value
display(
  [
    HeatMap("a: distances of x", a, size: 150), HeatMap("A: centred", A, size: 150),
    HeatMap("b: distances of y", b, size: 150), HeatMap("B: centred", B, size: 150),
  ], columns: 2)
print("rows of A sum to \(rounded(A.sum(over: 1).scalars.map(abs).max()!, 10))")

// %% [markdown]
// Distance covariance is the mean product of the two, and distance correlation divides by what each has with itself:
//
// $$V^2_{xy}=\frac1{N^2}\sum_{kl}A_{kl}B_{kl},\qquad R=\sqrt{\frac{V^2_{xy}}{\sqrt{V^2_{xx}V^2_{yy}}}} .$$

// %%
func V(_ A: Tensor<Double>, _ B: Tensor<Double>) -> Double { (A * B).mean().scalar }
let R = (V(A, B) / (V(A, A) * V(B, B)).squareRoot()).squareRoot()
print("by hand \(rounded(R, 6)), by the library \(rounded(dCor(few, few * few), 6))")

// %% [markdown]
// ## What it does not see
//
// Only distances enter, so turning, mirroring, shifting and scaling an embedding changes nothing. $R=1$ means: the same up to such a motion. This is what lets 512 numbers be compared with 1152, and it is why the loss cannot collapse an embedding onto the representation itself: it fixes the *arrangement* of the images, not their coordinates.

// %%
let cloud = Tensor<Double>.normal([64, 2], key: key.child("cloud"))
let (c, s) = (cos(0.7), sin(0.7))
let turned = matmul(cloud, Tensor([2, 2], [c, s, -s, c])) * 3 + 5
let padded = Tensor.concatenated([turned, .zeros([64, 6])], axis: 1)
let stretched = cloud * Tensor([1, 2], [1, 4])
print("turned, scaled, shifted:       \(rounded(dCor(cloud, turned), 6))")
print("the same in 8 dimensions:      \(rounded(dCor(cloud, padded), 6))")
print("stretched in one direction:    \(rounded(dCor(cloud, stretched), 3))")

// %% [markdown]
// ## The bias
//
// Now the trap. Two batches of random numbers that have *nothing* to do with each other, $N$ rows of $p$ numbers each:

// %%
func independent(_ n: Int, _ p: Int, _ estimator: CorrelationEstimator) -> Double {
  (0..<3).map { trial in
    let k = key.child("trial").child(trial).child(n).child(p)
    return dCor(
      .normal([n, p], key: k.child("x")), .normal([n, p], key: k.child("y")), estimator)
  }.reduce(0, +) / 3
}

let widths = [2, 32, 512]
let sizes = [16, 32, 64, 128, 256, 512]
print(
  "   N" + widths.map { "   p = \($0)".padding(toLength: 12, withPad: " ", startingAt: 0) }.joined()
)
var biased: [[Double]] = []
for n in sizes {
  let row = widths.map { independent(n, $0, .biased) }
  biased.append(row)
  print(String(format: "%4d", n) + row.map { "   \(rounded($0, 3))    " }.joined())
}
display(
  LineChart(
    "Distance correlation of independent batches", xLabel: "log2 N",
    series: widths.enumerated().map { j, p in
      .init(
        "p = \(p)",
        zip(sizes, biased).map { Point(Double($0.trailingZeroBitCount), $1[j]) })
    }))

// %% [markdown]
// At $N=64$ and $p=512$ independence reads 0.985. The reason is the diagonal. In high dimension all points are about equally far from each other, so $a_{kl}\approx$ a constant for $k\ne l$ and $a_{kk}=0$. After centring, the diagonal is what is left, and *every* pair of batches shares it.
//
// The remedy of Székely and Rizzo leaves the diagonal out and corrects the means for it ("U-centring", [UnbiasedDistances.swift](../Sources/Objectives/UnbiasedDistances.swift)). What it estimates is $R^2$; for independent batches it is 0 on average and may be a little negative.

// %%
print(
  "   N" + widths.map { "   p = \($0)".padding(toLength: 12, withPad: " ", startingAt: 0) }.joined()
)
for n in sizes {
  let row = widths.map { independent(n, $0, .unbiased) }
  print(
    String(format: "%4d", n)
      + row.map { "  \(rounded($0, 3))   ".padding(toLength: 12, withPad: " ", startingAt: 0) }
      .joined())
}

// %% [markdown]
// ## What this means for the paper
//
// The loss adds $1-R$ for each representation. At batch 64 it cannot be larger than a few hundredths for wide embeddings, whatever the network does: not because the embedding knows everything, but because chance already reads 0.98. What counts is the distance from the *chance level*, the value that randomly paired rows of the very same two batches would give. The library computes it in closed form ([ChanceLevel.swift](../Sources/Objectives/ChanceLevel.swift)), and every run logs it beside the term.
//
// Let an embedding be a mixture: $a$ parts of a representation $\Phi$ (turned, and stretched, by a random matrix) and $1-a$ parts of noise.

// %%
let N = 64
let Φ = Tensor<Double>.normal([N, 128], key: key.child("representation"))
let turn = Tensor<Double>.normal([128, 128], key: key.child("turn")) * (1 / 128.0.squareRoot())
let other = Tensor<Double>.normal([N, 128], key: key.child("other"))
let shares = stride(from: 0.0, through: 1, by: 0.05)
var (plain, corrected, chance): ([Double], [Double], [Double]) = ([], [], [])
for share in shares {
  let z = share * matmul(Φ, turn) + (1 - share) * other
  plain.append(dCor(z, Φ))
  corrected.append(max(0, dCor(z, Φ, .unbiased)).squareRoot())
  chance.append(chanceLevel(CentredDistances(Variable(z)), CentredDistances(Variable(Φ))))
}
func series(_ name: String, _ values: [Double]) -> LineChart.Series {
  .init(name, zip(shares, values).map { Point($0, $1) })
}
display(
  LineChart(
    "How much of the representation is in the embedding? N = 64, p = 128", xLabel: "share a",
    series: [
      series("biased, as in the loss", plain), series("chance level", chance),
      series("bias-corrected, its root", corrected),
    ]))
print("a = 0:   biased \(rounded(plain[0])), chance \(rounded(chance[0]))")
print("a = 0.5: biased \(rounded(plain[10])), corrected \(rounded(corrected[10]))")
print("a = 1:   biased \(rounded(plain[20])), corrected \(rounded(corrected[20]))")

// %% [markdown]
// The biased curve spans only a short stretch (even all of $\Phi$ does not read 1, as the matrix stretches it), but it rises: its *gradient* still points the right way, which is all that training needs. The number itself says nothing without the line of chance beside it. With larger batches the line sinks; this is one reason why the batch size matters to this method.
//
// Real images are not 128 independent numbers. Their representations have few strong directions, so chance is lower there: [page 6](06-one-step-taken-apart.ipynb) shows it for drawn shapes.
//
// **Try it.** Replace `Φ` by its first four columns, repeated. Where is chance now? Then make `N` 512.
