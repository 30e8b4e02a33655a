// %% [markdown]
// # 7. A small run, watched
//
// A network with random weights is shown 1200 drawings of five shapes, and no label. After a few seconds a linear classifier finds more of the shapes in its features than before. This page runs that experiment and looks at it from all sides: the loss, the variance, what chance would give, the map of the features before and after, and which images the network finds alike.
//
// The loop is the one of [Examples/TrainSmallModel](../Examples/TrainSmallModel/main.swift); the real one, with everything a long run needs, is [PreTraining.swift](../Sources/Training/PreTraining.swift). It runs in `Double` here for one reason: this page shall have the same digits on every machine ([docs/determinism.md](../docs/determinism.md)).
//
// ## The data
//
// Five of the ten shapes. Colour, texture, place, size and turn are chance, so pixels say little about the class.

// %%
import MVMR
import Notebook

typealias Number = Double

let classes = [0, 3, 5, 7, 9]
func someShapes(_ count: Int, _ split: SyntheticShapes.Split) throws -> InMemoryDataset {
  let all = SyntheticShapes(count: 2 * count, size: 24, split: split)
  let chosen = (0..<all.count).filter { classes.contains(all.label($0)) }
  return InMemoryDataset(
    name: "five shapes", images: try chosen.map { try all.image($0) },
    labels: chosen.map { classes.firstIndex(of: all.label($0))! },
    classNames: classes.map { all.classNames[$0] })
}
let shapes = try someShapes(1200, .train)
let unseen = try someShapes(400, .test)
display(
  ImageGrid(
    "Twenty of the images", images: try (0..<20).map { try shapes.image($0) },
    captions: (0..<20).map { shapes.classNames[shapes.label($0)] }, columns: 10, cellSize: 64))

// %% [markdown]
// ## The network
//
// The smallest ResNet and a projector of two layers. Before it learns, it is asked what it knows: each unseen image is named by the 20 training images whose features point in the most similar direction.

// %%
let key = RandomKey(seed: 7)
let encoder = Encoder<Number>(
  backbone: .resnet8, smallKernel: true, projector: [256, 256], key: key.child("encoder"))
let pixels = PixelNormalization(.imageNet)

/// Features h of a whole data set, in evaluation mode.
func features(_ set: InMemoryDataset) throws -> LabelledFeatures {
  let parts = try stride(from: 0, to: set.count, by: 200).map { start in
    let images = try (start..<min(set.count, start + 200)).map { try set.image($0) }
    let x = Variable(pixels.tensor(images).converted(to: Number.self))
    return encoder.backbone(x, mode: .evaluation).value
  }
  return LabelledFeatures(
    features: Tensor.concatenated(parts, axis: 0).converted(to: Float.self),
    labels: (0..<set.count).map(set.label))
}
let known = (before: try features(shapes), after: 0)
let asked = (before: try features(unseen), after: 0)
func percent(_ x: Double) -> String { "\(rounded(100 * x, 0)) %" }
let accuracyBefore = nearestNeighbourAccuracy(training: known.before, test: asked.before)
print("parameters: \(encoder.parameterCount)")
print("20 nearest neighbours, untrained: \(percent(accuracyBefore)) (chance: 20 %)")

// %% [markdown]
// ## The run
//
// Each step: 32 images and a random view of each; embeddings of both; three representations of the originals; the loss of equation (10); its gradient; one step of Adam, whose rate rises for ten steps and then falls along half a cosine.

// %%
let representations: [Representation<Float>] = [
  .scattering(try ScatteringTransform(height: 24, width: 24)),
  .histogramOfOrientedGradients(), .localStandardDeviation,
]
let adam = Optimizer(.adam, of: encoder, weightDecay: 1e-6)
let batches = BatchSampler(
  count: shapes.count, batchSize: 32, dropLast: true, shuffles: true, key: key.child("order"))
let steps = 148
var history:
  [(step: Int, terms: [(name: String, value: Number)], chance: [(name: String, value: Number)])] =
    []
var deviations: [Double] = []

func rate(_ step: Int) -> Double {
  let progress = Double(step) / Double(steps)
  return 3e-3 * min(1, Double(step + 1) / 10) * 0.5 * (1 + Elementary.cosine(.pi * progress))
}

for step in 0..<steps {
  let (epoch, batch) = step.quotientAndRemainder(dividingBy: batches.batchesPerEpoch)
  let images = try batches.indices(epoch: epoch, batch: batch).map { try shapes.image($0) }
  let views = images.enumerated().map { i, image in
    AugmentationPolicy.custom(image, size: 24, key: key.child("views").child(step).child(i))
  }
  let x = pixels.tensor(images)
  let z̃ = encoder(Variable(pixels.tensor(views).converted(to: Number.self)), mode: .training)
  let z = encoder(Variable(x.converted(to: Number.self)), mode: .training)
  let objective = mvmrObjective(
    z: z, augmented: z̃,
    representations: representations.map {
      RepresentationBatch(name: $0.name, values: $0(x).converted(to: Number.self))
    })
  objective.total.backward()
  adam.step(learningRate: rate(step))
  history.append((step, objective.terms, objective.chance))
  deviations.append(standardDeviation(z, epsilon: 0).value.mean().scalar)
}
print(
  "loss: \(rounded(history.first!.terms.map(\.value).reduce(0, +), 2)) at first,"
    + " \(rounded(history.last!.terms.map(\.value).reduce(0, +), 2)) at last")

// %% [markdown]
// ## The loss, term by term

// %%
/// Means of four steps: one batch of 32 images is a noisy witness.
func smooth(_ name: String, _ values: [Double]) -> LineChart.Series {
  .init(
    name,
    stride(from: 0, to: values.count, by: 4).map { start in
      let some = values[start..<min(start + 4, values.count)]
      return Point(Double(start) + 1.5, some.reduce(0, +) / Double(some.count))
    })
}
func curve(_ name: String) -> LineChart.Series {
  smooth(name, history.map { $0.terms.first { $0.name == name }!.value })
}
func gap(_ name: String) -> LineChart.Series {
  smooth(
    name,
    history.map { step in
      step.chance.first { $0.name == name }!.value - step.terms.first { $0.name == name }!.value
    })
}
let names = representations.map { "DC_\($0.name)" }
let all = ["DC_zz"] + names
display([
  LineChart("Views close, variance kept", xLabel: "step", series: [curve("MSE"), curve("STD")]),
  LineChart(
    "Mean deviation of an embedding's dimension", xLabel: "step",
    series: [smooth("", deviations)]),
])
display([
  LineChart("1 - dCor, views and representations", xLabel: "step", series: all.map(curve)),
  LineChart("The same, below chance", xLabel: "step", series: all.map(gap)),
])

// %% [markdown]
// First the variance grows towards where the hinge lets it rest (its margin is 1), and the views pay for it: embeddings that are spread out are also further apart, so `MSE` rises. In a longer run it comes down again. If instead `STD` went to 2, and the deviation to 0, the network would have *collapsed*: one point for all images satisfies `MSE` perfectly.
//
// The distance terms themselves hardly tell anything: they go up and down, because chance does. The last picture does tell. The dependence of the two views on each other, and on the scattering coefficients, climbs away from chance; HOG and local deviation, in the noise at first, begin to follow.
//
// ## What it knows now

// %%
let trained = try features(shapes)
let tested = try features(unseen)
let accuracyAfter = nearestNeighbourAccuracy(training: trained, test: tested)
let probes = (
  before: LinearProbe(training: known.before, classes: 5).accuracy(on: asked.before),
  after: LinearProbe(training: trained, classes: 5).accuracy(on: tested)
)
print("                          before    after")
print("20 nearest neighbours     \(percent(accuracyBefore))      \(percent(accuracyAfter))")
print("linear classifier         \(percent(probes.before))      \(percent(probes.after))")

// %% [markdown]
// ## A map of the features
//
// 64 numbers an image cannot be drawn, two can. *Principal components* are the two directions in which the features vary most: the eigenvectors of the covariance $C=\frac1N\sum_k(h_k-\bar h)(h_k-\bar h)^\top$ with the largest eigenvalues. Multiplying two random vectors by $C$ again and again, and making them orthogonal each time, turns them towards these directions; that is all there is to it.

// %%
/// Coordinates along the first two principal components, `[N, 2]`, and their share of the variance.
func principalComponents(_ h: Tensor<Double>) -> (map: Tensor<Double>, share: Double) {
  let centred = h - h.mean(over: 0, keepingAxes: true)
  let C = matmul(centred, centred, transposeA: true) / Double(h.shape[0])
  let d = h.shape[1]
  var V = Tensor<Double>.normal([d, 2], key: RandomKey(seed: 0))
  for _ in 0..<300 {
    let W = matmul(C, V)
    var (a, b) = (W.slice(0..<1, axis: 1), W.slice(1..<2, axis: 1))
    a = a / (a * a).sum().map(.squareRoot)
    b = b - a * (a * b).sum()
    b = b / (b * b).sum().map(.squareRoot)
    V = .concatenated([a, b], axis: 1)
  }
  // An eigenvector may point either way: let its largest number be positive.
  let largest = (0..<2).map { j in (0..<d).map { V[$0, j] }.max { abs($0) < abs($1) }! }
  V = V * Tensor([1, 2], largest.map { $0 < 0 ? -1 : 1 })
  let map = matmul(centred, V)
  return (map, ((map * map).sum() / (centred * centred).sum()).scalar)
}

func scatter(_ title: String, _ features: LabelledFeatures) -> ScatterChart {
  let (map, share) = principalComponents(features.features.converted(to: Double.self))
  let series = unseen.classNames.enumerated().map { c, name in
    ScatterChart.Series(
      name,
      features.labels.indices.filter { features.labels[$0] == c }.map {
        Point(map[$0, 0], map[$0, 1])
      })
  }
  return ScatterChart("\(title), \(rounded(100 * share, 0)) % of the variance", series: series)
}
display([scatter("Before", asked.before), scatter("After", tested)])

// %% [markdown]
// Every dot is an unseen image. What happened is written in the titles: before, two directions held nine tenths of all variance, because the features of a random network say one or two things (how bright, how full of contrast). After, they say many things at once. Which of them has to do with the shape, this map cannot show: it draws the two *largest*, and the shape is in others. That is also why the linear classifier, which may choose its directions, gained so much, and the nearest neighbours, which take all directions as they are, so little.
//
// ## Which images does it find alike?

// %%
func rows(_ known: LabelledFeatures, _ asked: LabelledFeatures) throws -> [Image] {
  let found = nearestNeighbours(
    of: asked.features, among: known.features, count: 5, by: .cosine)
  return try [0, 6, 12, 13].flatMap { query in
    [try unseen.image(query)]
      + (try (0..<5).map { try shapes.image(found.indices[query * found.count + $0]) })
  }
}
display([
  ImageGrid(
    "Before: an image, its neighbours", images: try rows(known.before, asked.before), columns: 6,
    cellSize: 48),
  ImageGrid("After", images: try rows(trained, tested), columns: 6, cellSize: 48),
])

// %% [markdown]
// The first column are unseen images, the others their nearest training images. Neighbours share their colours, before and after. A hundred and fifty steps are the beginning of a training: the views (crops, jitter of colours) have to be seen many more times until colour no longer pays. `mvmr pretrain` takes twice as many steps with a larger network and reaches 33 instead of 20 of 100 by nearest neighbours, on ten classes; the paper takes a thousand epochs.
//
// **Try it.** Take the representations away (`representations: []`): what remains is close to VICReg without its covariance term. Then take the views away instead, `views = images`. Which of the two does more for the accuracy?
