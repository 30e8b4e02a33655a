// %% [markdown]
// # 6. One MV-MR step, taken apart
//
// A training step turns a batch of images into a slightly better network. Here is one, with every tensor that it makes, and every number of the loss computed a second time by hand. The network is the smallest one and the batch is 16 images, but nothing else is simplified: this is the job that [PreTraining.swift](../Sources/Training/PreTraining.swift) runs, in `Double`, through [PreTrainingReplay.swift](../Sources/Training/PreTrainingReplay.swift).

// %%
import Foundation
import MVMR
import Notebook

let configuration = try Configuration(
  yaml: """
    batch_size: 16
    epochs: 1
    optimizer: adam
    wd: 0
    lr: 1e-3
    scheduler: cosine
    dataset:
      name: synthetic
      size: 32
      n_classes: 10
      aug_policy: cifar20
      train_images: 160
      test_images: 10
    encoder:
      backbone: resnet8
      out_dim: 64-64
      small_kernel: true
    seed: 6
    """)
let job = try PreTrainingReplay<Double>(configuration, data: DataSource(configuration))

// What the network was before the step, to compare with afterwards.
let before = job.encoder.stateDictionary()
let step = try job.step()!

// %% [markdown]
// ## Two views
//
// Of every image $x$ a second view $\tilde x$ is drawn: a random crop, perhaps mirrored, with other colours. Both are normalised with a mean and a deviation per colour. An embedding that is to be the same for both cannot rest on place or colour.

// %%
/// A normalised tensor as pictures again.
func pictures(_ x: Tensor<Double>) -> [Image] {
  let statistics = ChannelStatistics.imageNet
  let (n, height, width) = (x.shape[0], x.shape[1], x.shape[2])
  let scalars = x.scalars
  return (0..<n).map { k in
    let bytes = (0..<height * width * 3).map { i -> UInt8 in
      let (mean, deviation) = (statistics.mean[i % 3], statistics.standardDeviation[i % 3])
      let value = scalars[k * height * width * 3 + i] * Double(deviation) + Double(mean)
      return UInt8(max(0, min(255, (255 * value).rounded())))
    }
    return Image(width: width, height: height, bytes: bytes)
  }
}
print("x  ", step.views.original.shape)
print("x̃  ", step.views.augmented.shape)
display(
  ImageGrid(
    "Above x, below the second view of the same image",
    images: pictures(step.views.original.slice(0..<8, axis: 0))
      + pictures(step.views.augmented.slice(0..<8, axis: 0)), columns: 8, cellSize: 64))

// %% [markdown]
// ## Features and embeddings
//
// The encoder $f$, a ResNet, makes of each image a vector $h=f(x)$ of features, and the projector $g$ an embedding $z=g(h)$ of it. The loss works on $z$; what is kept after training is $f$.

// %%
let (z, z̃) = (step.embedded.embeddings.original.value, step.embedded.embeddings.augmented.value)
print("h ", described(step.embedded.features.original.value, rows: 2))
print("z ", described(z, rows: 2))
print("z̃ ", described(z̃, rows: 2))
print("parameters of f and g:", job.encoder.parameterCount)

// %% [markdown]
// ## Representations
//
// And what the embedding shall depend on: five fixed mappings $\Phi_i$ of the original view ([pages 4](04-scattering.ipynb) and [5](05-gradients-and-deviation.ipynb)). Their lengths have nothing to do with each other; the loss only ever sees their distances.

// %%
for Φ in step.representations {
  print(Φ.name.padding(toLength: 20, withPad: " ", startingAt: 0), Φ.values.shape)
}
let maps = step.representations.map { Φ in
  HeatMap(Φ.name, pairwiseDistances(Variable(Φ.values)).value, size: 110)
}
display(
  maps + [HeatMap("embedding of view 2", pairwiseDistances(Variable(z̃)).value, size: 110)],
  columns: 3)

// %% [markdown]
// Each square is the distance of two of the sixteen images. The network is untrained, so its matrix does not look like any of the others yet.
//
// ## The loss, term by term
//
// **Equation (4)**, the two embeddings of an image are close: the mean squared difference.

// %%
let terms = step.objective.terms
func term(_ name: String) -> Double { terms.first { $0.name == name }!.value }
func compare(_ name: String, _ byHand: Double, _ logged: Double) {
  let agrees = abs(byHand - logged) < 1e-10 * max(1, abs(logged))
  print(
    "\(name.padding(toLength: 22, withPad: " ", startingAt: 0)) by hand \(rounded(byHand, 5))   "
      + "in the step \(rounded(logged, 5))   \(agrees ? "equal" : "DIFFERENT")")
}
let (N, d) = (z.shape[0], z.shape[1])
let mse = ((z - z̃) * (z - z̃)).sum().scalar / Double(N * d)
compare("MSE", mse, term("MSE"))

// %% [markdown]
// **Equations (5) and (6)**, no dimension falls asleep: each one's deviation over the batch shall be at least $\gamma=1$.
//
// $$v(Z)=\frac1d\sum_j\max\Big(0,\ \gamma-\sqrt{\operatorname{Var}z^j+\epsilon}\Big),\qquad \epsilon=10^{-4}.$$

// %%
func v(_ z: Tensor<Double>) -> Double {
  let centred = z - z.mean(over: 0, keepingAxes: true)
  let variance = (centred * centred).sum(over: 0) / Double(N - 1)
  return variance.scalars.map { max(0, 1 - ($0 + 1e-4).squareRoot()) }.reduce(0, +) / Double(d)
}
compare("STD = v(Z) + v(Z̃)", v(z) + v(z̃), term("STD"))

// %% [markdown]
// **Equation (8)**, the two views' embeddings depend on each other, and **equation (9)**, the embedding of the second view depends on each representation: $1-R$ each, $R$ the distance correlation of [page 3](03-distance-correlation.ipynb), written here in loops as a beginner would.

// %%
func centredDistances(_ x: Tensor<Double>) -> [[Double]] {
  let (n, p, s) = (x.shape[0], x.shape[1], x.scalars)
  let a = (0..<n).map { k in
    (0..<n).map { l in
      (0..<p).reduce(0.0) { sum, j in
        let difference = s[k * p + j] - s[l * p + j]
        return sum + difference * difference
      }.squareRoot()
    }
  }
  let row = a.map { $0.reduce(0, +) / Double(n) }
  let grand = row.reduce(0, +) / Double(n)
  return (0..<n).map { k in (0..<n).map { l in a[k][l] - row[k] - row[l] + grand } }
}
func R(_ x: Tensor<Double>, _ y: Tensor<Double>) -> Double {
  let (A, B) = (centredDistances(x), centredDistances(y))
  func V(_ A: [[Double]], _ B: [[Double]]) -> Double {
    zip(A, B).reduce(0) { $0 + zip($1.0, $1.1).reduce(0) { $0 + $1.0 * $1.1 } }
  }
  return (V(A, B) / (V(A, A) * V(B, B)).squareRoot()).squareRoot()
}
var sum = mse + v(z) + v(z̃)
compare("DC_zz", 1 - R(z̃, z), term("DC_zz"))
sum += 1 - R(z̃, z)
for Φ in step.representations {
  compare("DC_\(Φ.name)", 1 - R(z̃, Φ.values), term("DC_\(Φ.name)"))
  sum += 1 - R(z̃, Φ.values)
}
compare("L, equation (10)", sum, step.objective.total.value.scalar)

// %% [markdown]
// Beside each term the step logs what chance would give: the same embeddings with their rows paired at random. Only the difference is knowledge.

// %%
print("term".padding(toLength: 22, withPad: " ", startingAt: 0), "value    chance   below chance")
for (name, chance) in step.objective.chance {
  print(
    name.padding(toLength: 22, withPad: " ", startingAt: 0),
    rounded(term(name), 4), " ", rounded(chance, 4), " ", rounded(chance - term(name), 4))
}

// %% [markdown]
// All terms are below chance already: a random mapping of pixels still depends on pixels. The numbers are far from 0 and close to each other; with 16 images that is what a distance correlation can say.
//
// ## The gradient
//
// $\partial L/\partial\tilde z$ says where each embedding should go. One of its numbers, checked by moving one number of $\tilde z$ a little and computing the whole loss again:

// %%
let gradient = step.embeddingGradients.augmented
func L(_ z̃: Tensor<Double>) -> Double {
  mvmrObjective(
    z: Variable(z), augmented: Variable(z̃), representations: step.representations
  ).total.value.scalar
}
let h = 1e-5
var (up, down) = (z̃, z̃)
up[3, 7] += h
down[3, 7] -= h
print("∂L/∂z̃[3, 7] by the step       \(rounded(gradient[3, 7], 7))")
print("             by a difference  \(rounded((L(up) - L(down)) / (2 * h), 7))")
display(
  HeatMap("Gradient of the loss at the embeddings: 16 images, 64 dimensions", gradient, size: 400))

// %% [markdown]
// From there it walks back through projector and encoder to every parameter. How long is the gradient of each layer, relative to the parameter itself?

// %%
func length(_ x: Tensor<Double>) -> Double { (x * x).sum().scalar.squareRoot() }
let trained = step.gradients.filter { $0.name.hasSuffix("weight") && $0.tensor.rank > 1 }
for one in trained {
  let parameter = before.first { $0.name == one.name }!.tensor
  print(
    one.name.padding(toLength: 38, withPad: " ", startingAt: 0),
    "\(one.tensor.shape)".padding(toLength: 16, withPad: " ", startingAt: 0),
    rounded(length(one.tensor) / length(parameter), 4))
}

// %% [markdown]
// ## The update
//
// Adam keeps a running mean of each gradient and of its square. In the first step both are the gradient itself (after their correction), so every parameter moves by
//
// $$-\eta\,\frac{g}{|g|+10^{-8}}\approx-\eta\operatorname{sign}g ,$$
//
// the same distance, whatever the size of its gradient:

// %%
let name = "projector.3.weight"
let old = before.first { $0.name == name }!.tensor
let new = job.encoder.stateDictionary().first { $0.name == name }!.tensor
let g = step.gradients.first { $0.name == name }!.tensor
let expected = old - step.learningRate * g / (g.map(.absolute) + 1e-8)
print("η = \(step.learningRate)")
print("largest difference to the formula: \(rounded((new - expected).scalars.map(abs).max()!, 10))")
let sizes = (new - old).scalars.map { abs($0) }.sorted()
print(
  "moves of \(name): median \(rounded(sizes[sizes.count / 2], 6)), largest \(rounded(sizes.last!, 6))"
)

// %% [markdown]
// That was one step. [The next page](07-a-small-run-watched.ipynb) takes more of them.
//
// **Try it.** Add `objective: released-code` to the configuration: which terms change, and which of the comparisons above fails? ([docs/errata.md](../docs/errata.md), D1 and D6)
