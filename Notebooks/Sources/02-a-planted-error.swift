// %% [markdown]
// # 2. A planted error, found
//
// A wrong gradient is the worst kind of mistake: the program runs, the loss falls, and what comes out is a little worse than it should be. Nothing on the screen says so. This page compares gradients with something that cannot be wrong in the same way, and then tries to cheat.
//
// ## Central differences
//
// By Taylor's formula
//
// $$\frac{f(x+h)-f(x-h)}{2h}=f'(x)+\frac{h^2}{6}f'''(x)+\dots$$
//
// so a small $h$ gives the derivative, without any calculus. How small? Each value of $f$ is rounded to about $\epsilon|f|$, $\epsilon\approx10^{-16}$ in `Double`, and the difference divides this by $h$. One error falls with $h$ and the other rises:

// %%
import MVMR
import Notebook

func f(_ x: Double) -> Double { Elementary.exponential(x) }

let steps = stride(from: 0.5, through: 12, by: 0.25).map { Elementary.exponential(-$0 * 2.302585) }
let truth = f(1)
let errors = steps.map { h in abs((f(1 + h) - f(1 - h)) / (2 * h) - truth) / truth }
display(
  LineChart(
    "Error of the central difference of exp at 1", xLabel: "-log10 h", yLabel: "relative error",
    series: [
      .init("", zip(stride(from: 0.5, through: 12, by: 0.25), errors).map { Point($0, $1) })
    ], isLogarithmic: true))

// %% [markdown]
// The best is near $h=\epsilon^{1/3}\approx10^{-5}$, and there ten digits are right. In `Float` ($\epsilon\approx10^{-7}$) the same curve has its minimum at $10^{-2.3}$ with four digits, too few to tell a small mistake from rounding. So gradients are checked in `Double`, and every layer and loss here can be computed in `Double`.
//
// ## One number is not enough
//
// A function with many outputs has a Jacobian $J$; a pullback computes $J^\top c$ for the gradient $c$ that arrives. The check compares, for every input $x_i$,
//
// $$(J^\top c)_i \quad\text{with}\quad \frac{\langle c, f(x+he_i)\rangle-\langle c, f(x-he_i)\rangle}{2h}.$$
//
// Which $c$? The tempting choice is ones, so that the sum of all outputs is differentiated. Here is the softmax, $y_i=e^{x_i}/\sum_j e^{x_j}$, with a pullback that somebody has not written yet. It returns zero:

// %%
func forgetful(_ x: Variable<Double>) -> Variable<Double> {
  let y = softmax(Variable(x.value)).value
  return Variable(y, pullbacks: [(x, { dY in Tensor.zeros(dY.shape) })])
}

let key = RandomKey(seed: 2)
let logits = Tensor<Double>.normal([2, 4], key: key.child("logits"))

func verdict(_ report: GradientReport) -> String {
  report.worstError < 1e-5 ? "right" : "WRONG, by \(rounded(report.worstError, 3))"
}

let summed = checkGradient("sum", at: [logits], key: key) { forgetful($0[0]).sum() }
let mixed = checkGradient("random", at: [logits], key: key) { forgetful($0[0]) }
print("differentiating the sum of the outputs:  \(verdict(summed))")
print("with a random cotangent c:               \(verdict(mixed))")

// %% [markdown]
// The outputs of a softmax always sum to 1, so the gradient of their sum *is* zero, and a check of the sum says "right" to a pullback that does nothing. The same holds for everything that centres or normalises: batch norm, layer norm, the centred distances of the paper. That is why [GradientCheck.swift](../Sources/Autodiff/GradientCheck.swift) draws $c$ at random.
//
// The right pullback is $dX_i=y_i\,(dY_i-\sum_j dY_j y_j)$. Let us plant the mistakes that people really make:

// %%
typealias Pullback = (_ dY: Tensor<Double>, _ y: Tensor<Double>) -> Tensor<Double>

func softmaxWith(_ pullback: @escaping Pullback) -> ([Variable<Double>]) -> Variable<Double> {
  { inputs in
    let y = softmax(Variable(inputs[0].value)).value
    return Variable(y, pullbacks: [(inputs[0], { dY in pullback(dY, y) })])
  }
}

let attempts: [(name: String, pullback: Pullback)] = [
  ("as derived", { dY, y in y * (dY - (dY * y).sum(over: 1, keepingAxes: true)) }),
  ("the sum is forgotten", { dY, y in y * dY }),
  ("the sum is a mean", { dY, y in y * (dY - (dY * y).mean(over: 1, keepingAxes: true)) }),
  ("the sum runs over the batch", { dY, y in y * (dY - (dY * y).sum(over: 0, keepingAxes: true)) }),
  ("the sign of the sum", { dY, y in y * (dY + (dY * y).sum(over: 1, keepingAxes: true)) }),
  (
    "one part in a thousand",
    { dY, y in 1.001 * y * (dY - (dY * y).sum(over: 1, keepingAxes: true)) }
  ),
]
for (name, pullback) in attempts {
  let report = checkGradient(name, at: [logits], key: key, softmaxWith(pullback))
  print(name.padding(toLength: 30, withPad: " ", startingAt: 0) + verdict(report))
}

// %% [markdown]
// Even one part in a thousand is a hundred times what the check calls an error, and the check of the right pullback is off by less than a thousandth of that.
//
// ## What a mistake does to training
//
// Would one not notice without the check? Distance correlation, the paper's measure of dependence, with its last factor forgotten: in $R=\sqrt{V_{xy}}/\sqrt[4]{V_{xx}V_{yy}}$ the denominator is taken for a constant. That is an honest direction uphill for $V_{xy}$, only not for $R$.

// %%
func forgetsDenominator(_ x: Variable<Double>, _ y: Variable<Double>) -> Variable<Double> {
  let (A, B) = (CentredDistances(x), CentredDistances(y))
  // The value is right; the gradient passes the numerator alone.
  let still = CentredDistances(x.detached())
  let fixed = CentredDistances(y.detached())
  let variance =
    distanceCovarianceSquared(still, still) * distanceCovarianceSquared(fixed, fixed)
  return (distanceCovarianceSquared(A, B) / variance.squareRoot()).squareRoot()
}

let fixed = Tensor<Double>.normal([24, 3], key: key.child("fixed"))
let start = Tensor<Double>.normal([24, 2], key: key.child("start"))

func ascend(_ f: (Variable<Double>, Variable<Double>) -> Variable<Double>) -> [Double] {
  var x = start
  var values: [Double] = []
  for _ in 0..<60 {
    let z = Variable(tracking: x)
    let value = f(z, Variable(fixed))
    value.backward()
    // The length of a step is fixed: only the direction counts.
    let g = z.gradient!
    values.append(
      distanceCorrelation(CentredDistances(Variable(x)), CentredDistances(Variable(fixed)))
        .value.scalar)
    x = x + g / (g * g).sum().map(.squareRoot) * 0.4
  }
  return values
}

let right = ascend { distanceCorrelation(CentredDistances($0), CentredDistances($1)) }
let wrong = ascend(forgetsDenominator)
display(
  LineChart(
    "Distance correlation, climbed with a right and a wrong gradient", xLabel: "step",
    series: [.init("right", values: right), .init("denominator forgotten", values: wrong)]))

let small = [start.slice(0..<6, axis: 0), fixed.slice(0..<6, axis: 0)]
let library = checkGradient("library", at: small, key: key) {
  distanceCorrelation(CentredDistances($0[0]), CentredDistances($0[1]))
}
let planted = checkGradient("planted", at: small, key: key) { forgetsDenominator($0[0], $0[1]) }
print("library:               \(verdict(library))")
print("denominator forgotten: \(verdict(planted))")
print(
  "after 60 steps: \(rounded(right.last!, 2)) with the right gradient,"
    + " \(rounded(wrong.last!, 2)) with the wrong one")

// %% [markdown]
// Both curves rise. Without the first one beside it, the second would pass for learning.
//
// ## All of them
//
// Every operation, layer and loss of the library is registered with a point to check it at, and a test reads the sources to see that none was left out. `mvmr gradcheck` runs them all; here are the losses, each checked as it is and once more with one gradient bent by one per cent:

// %%
for loss in GradientCase.losses.prefix(8) {
  let bent = loss.check { gradients in gradients.map { $0 * 1.01 } }
  print(
    loss.name.padding(toLength: 44, withPad: " ", startingAt: 0)
      + "\(verdict(loss.check())); bent: \(bent.worstError > 1e-3 ? "found" : "MISSED")")
}

// %% [markdown]
// **Try it.** Write the pullback of the hinge $\max(0, 1-x)$ and check it at $x=1$. The check fails, and the pullback is right. Why? ([docs/singular-points.md](../docs/singular-points.md))
