// %% [markdown]
// # 8. Distilling a teacher
//
// A large network knows something; a small one shall learn it, without labels, by looking at the same images and at what the large one says of them. In MV-MR the teacher is just one more representation: equation (9) with $\Phi=$ the teacher's embedding. Its length does not have to fit the student's, since only distances are compared.
//
// ## A teacher
//
// The paper takes CLIP. A page that runs everywhere cannot carry 350 MB, so this one trains its own teacher first, *with* labels, on five drawn shapes. With published weights the rest of the page is the same; see the end.

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
let key = RandomKey(seed: 8)
let pixels = PixelNormalization(.imageNet)

func tensor(_ images: [Image]) -> Tensor<Number> {
  pixels.tensor(images).converted(to: Number.self)
}
func features(_ network: any Layer<Number>, _ set: InMemoryDataset) throws -> LabelledFeatures {
  let parts = try stride(from: 0, to: set.count, by: 200).map { start in
    let images = try (start..<min(set.count, start + 200)).map { try set.image($0) }
    return network(Variable(tensor(images)), mode: .evaluation).value
  }
  return LabelledFeatures(
    features: Tensor.concatenated(parts, axis: 0).converted(to: Float.self),
    labels: (0..<set.count).map(set.label))
}
func percent(_ x: Double) -> String { "\(rounded(100 * x, 0)) %" }
func measured(_ name: String, _ network: any Layer<Number>) throws {
  let (known, asked) = (try features(network, shapes), try features(network, unseen))
  let neighbours = nearestNeighbourAccuracy(training: known, test: asked)
  let linear = LinearProbe(training: known, classes: 5).accuracy(on: asked)
  print(
    name.padding(toLength: 26, withPad: " ", startingAt: 0),
    "20 nearest neighbours \(percent(neighbours)), linear classifier \(percent(linear))")
}

// %% [markdown]
// The teacher is a ResNet with a linear classifier on top, trained with cross-entropy on random views. The classifier is thrown away afterwards: what a teacher says of an image is its feature $h_T$.

// %%
let teacher = ResNet<Number>(.resnet8x2, smallKernel: true, key: key.child("teacher"))
let head = Linear<Number>(
  inputs: Backbone.resnet8x2.featureCount, outputs: 5, key: key.child("head"))
let teacherRule = Optimizer(.adam, of: teacher, weightDecay: 1e-4)
let headRule = Optimizer(.adam, of: head)
let batches = BatchSampler(
  count: shapes.count, batchSize: 32, dropLast: true, shuffles: true, key: key.child("order"))

func views(_ images: [Image], _ step: Int, _ name: String) -> [Image] {
  images.enumerated().map { i, image in
    AugmentationPolicy.weak(image, size: 24, key: key.child(name).child(step).child(i))
  }
}
func rate(_ step: Int, _ steps: Int, _ largest: Double) -> Double {
  largest * 0.5 * (1 + Elementary.cosine(.pi * Double(step) / Double(steps)))
}

var teacherLoss: [Double] = []
let teacherSteps = 111
try measured("teacher, random weights", teacher)
for step in 0..<teacherSteps {
  let (epoch, batch) = step.quotientAndRemainder(dividingBy: batches.batchesPerEpoch)
  let rows = batches.indices(epoch: epoch, batch: batch)
  let x = tensor(views(try rows.map { try shapes.image($0) }, step, "teacher views"))
  let loss = crossEntropy(
    head(teacher(Variable(x), mode: .training), mode: .training),
    labels: rows.map(shapes.label))
  loss.backward()
  teacherRule.step(learningRate: rate(step, teacherSteps, 5e-3))
  headRule.step(learningRate: rate(step, teacherSteps, 5e-3))
  teacherLoss.append(loss.value.scalar)
}
try measured("teacher, trained", teacher)
display(
  LineChart("The teacher's cross-entropy", xLabel: "step", series: [.init("", values: teacherLoss)])
)

// %% [markdown]
// ## Three ways to listen
//
// From here on no label is used. The student has a quarter of the teacher's weights. What it is asked for differs:
//
// - **MV-MR**: images that are far apart for the teacher shall be far apart for me, $1-\operatorname{dCor}(\tilde Z, H_T)$, beside the terms that keep views together and the variance up.
// - **SimReg**: a head on top of my features shall say the teacher's feature itself, up to its length, $\lVert\hat q-\hat h_T\rVert^2$.
// - **SEED** (not run here; it wants a queue of thousands): my similarities to many other images shall be the teacher's.

// %%
let studentSteps = 74

// The teacher looks at each image as it is, learns nothing, and always says the same: once is enough.
let answers = try features(teacher, shapes).features.converted(to: Number.self)

func student(_ name: String, head widths: [Int]) -> Encoder<Number> {
  // The same random weights for each method.
  Encoder<Number>(
    backbone: .resnet8, smallKernel: true, projector: widths, key: key.child("student"))
}

func distil(
  _ student: Encoder<Number>, rate largest: Double,
  loss: (_ z: Variable<Number>, _ z̃: Variable<Number>, _ teacher: Tensor<Number>) -> Variable<
    Number
  >
) throws -> [Double] {
  let adam = Optimizer(.adam, of: student, weightDecay: 1e-6)
  var values: [Double] = []
  for step in 0..<studentSteps {
    let (epoch, batch) = step.quotientAndRemainder(dividingBy: batches.batchesPerEpoch)
    let rows = batches.indices(epoch: 100 + epoch, batch: batch)
    let images = try rows.map { try shapes.image($0) }
    let z̃ = student(Variable(tensor(views(images, step, "student views"))), mode: .training)
    let z = student(Variable(tensor(images)), mode: .training)
    let L = loss(z, z̃, answers.gathered(rows: rows))
    L.backward()
    adam.step(learningRate: rate(step, studentSteps, largest))
    values.append(L.value.scalar)
  }
  return values
}

// β of equation (9): in so short a run the teacher shall be heard above the other terms.
var listening = ObjectiveSettings()
listening.representationWeights = ["teacher": 10]

let byMVMR = student("MV-MR", head: [256, 256])
try measured("student, random weights", byMVMR.backbone)
let lossMVMR = try distil(byMVMR, rate: 4e-3) { z, z̃, spoken in
  mvmrObjective(
    z: z, augmented: z̃, representations: [RepresentationBatch(name: "teacher", values: spoken)],
    settings: listening
  ).total
}
let bySimReg = student("SimReg", head: [256, Backbone.resnet8x2.featureCount])
let lossSimReg = try distil(bySimReg, rate: 4e-3) { z, z̃, spoken in
  (simRegLoss(z, teacher: spoken) + simRegLoss(z̃, teacher: spoken)) / 2
}
try measured("student of MV-MR", byMVMR.backbone)
try measured("student of SimReg", bySimReg.backbone)
display([
  LineChart(
    "MV-MR: equation (10) with a teacher", xLabel: "step",
    series: [.init("", values: lossMVMR)]),
  LineChart(
    "SimReg: squared distance of directions", xLabel: "step",
    series: [.init("", values: lossSimReg)]),
])

// %% [markdown]
// The student has seen no label, and its features know the classes better than before, because the teacher's do.
//
// ## Do they see alike?
//
// Which images do teacher and student find near or far? Distance correlation between their features of 200 unseen images, bias-corrected, before and after; and the distances themselves, sixty of the images sorted by class:

// %%
let some = try (0..<200).map { try unseen.image($0) }
func spoken(_ network: any Layer<Number>) -> Tensor<Number> {
  network(Variable(tensor(some)), mode: .evaluation).value
}
func agreement(_ a: Tensor<Number>, _ b: Tensor<Number>) -> Double {
  let R = distanceCorrelation(
    CentredDistances(Variable(a), estimator: .unbiased),
    CentredDistances(Variable(b), estimator: .unbiased)
  ).value.scalar
  return max(0, R).squareRoot()
}
let said = spoken(teacher)
let untrained = student("random", head: [])
print("student with random weights: \(rounded(agreement(spoken(untrained.backbone), said), 2))")
print("student of MV-MR:            \(rounded(agreement(spoken(byMVMR.backbone), said), 2))")
print("student of SimReg:           \(rounded(agreement(spoken(bySimReg.backbone), said), 2))")

// The first twelve of each class.
let sorted = (0..<5).flatMap { c in (0..<200).filter { unseen.label($0) == c }.prefix(12) }
func map(_ title: String, _ h: Tensor<Number>) -> HeatMap {
  let x = h.gathered(rows: sorted)
  let a = pairwiseDistances(Variable(x)).value
  return HeatMap(title, a / a.mean(), range: 0...2, size: 240)
}
display(
  [
    map("teacher", said), map("student, random", spoken(untrained.backbone)),
    map("student of MV-MR", spoken(byMVMR.backbone)),
    map("student of SimReg", spoken(bySimReg.backbone)),
  ], columns: 4)

// %% [markdown]
// The teacher is surest of the last twelve images, the spirals: near each other, far from all others. The random student knows nothing of that; both students have taken it over, and with it much of the finer pattern.
//
// ## A published teacher
//
// Any file of weights that the project reads can take the teacher's place: PyTorch, NumPy, safetensors, CLIP's towers among them ([docs/weights.md](../docs/weights.md)). Replace the cell of the teacher by
//
// ```swift
// var file = EncoderFile(path: "resnet56-4bfd9763.th", network: NetworkName(rawValue: "cifar_resnet56"))
// let published = try file.load()          // strict: every tensor in its place, or an error that names it
// let spoken = published(images)           // [N, width], float32
// ```
//
// and the shapes by photographs. On the command line, with a cache of what the teacher says, checkpoints and curves:
//
// ```sh
// mvmr distill --config Examples/configs/cifar10_distill.yaml --teacher resnet56-4bfd9763.th --data DIR --cache CACHE
// ```
//
// What came out with 5,000 real photographs is in [docs/distillation.md](../docs/distillation.md#evidence-a-published-teacher-photographs).
//
// **Try it.** Let the teacher be the untrained network (leave its training out). Does the student still learn something? It does learn to agree with it.
