// %% [markdown]
// # 1. Tensors and gradients
//
// Everything in this project is arithmetic on arrays of numbers, and one trick: after computing a loss, ask how much it would change if each number that went into it changed a little. This page shows both, from the first array to a network of one neuron that learns.
//
// The page is a Swift program, [Sources/01-tensors-and-gradients.swift](Sources/01-tensors-and-gradients.swift). Change a cell and run it again with
//
// ```sh
// swift run -c release mvmr notebook run Notebooks/Sources/01-tensors-and-gradients.swift
// ```
//
// ## A tensor is a shape and a run of numbers

// %%
import MVMR
import Notebook

let x = Tensor<Double>([2, 3], [1, 2, 3, 4, 5, 6])
print(described(x, decimals: 0))
print("row 1, column 2:", x[1, 2])

// %% [markdown]
// The shape `[2, 3]` says: two rows of three. The numbers lie in memory row after row, always; a tensor with another shape over the same numbers shares them.
//
// A tensor is a *value*, as a number is. Whoever writes into a copy does not change the original.

// %%
var y = x
y[0, 0] = 100
print("y:", described(y, decimals: 0))
print("x[0, 0] is still", x[0, 0])
print("reshaped:", described(x.reshaped([3, 2]), decimals: 0))

// %% [markdown]
// ## Broadcasting
//
// Arithmetic works element by element. Where one side has extent 1, or lacks an axis, it is repeated: subtracting the mean of each column, $x_{kj}-\bar x_j$ with $\bar x_j=\frac1N\sum_k x_{kj}$, needs no loop.

// %%
let mean = x.mean(over: 0, keepingAxes: true)
print("mean of each column", described(mean, decimals: 1))
print("centred", described(x - mean, decimals: 1))

// %% [markdown]
// And one operation is worth having a processor for, the matrix product $C=AB$, $c_{ij}=\sum_k a_{ik}b_{kj}$. Here the products of all pairs of rows of $x$, $G=XX^\top$:

// %%
print("G", described(matmul(x, x, transposeB: true), decimals: 0))

// %% [markdown]
// ## A gradient
//
// Take points $(x_i, t_i)$ and a line $wx+b$ through them. How badly it fits is one number,
//
// $$L(w,b)=\frac1N\sum_i (w x_i+b-t_i)^2 .$$
//
// To make $L$ smaller we want to know $\partial L/\partial w$ and $\partial L/\partial b$. By hand, with the chain rule,
//
// $$\frac{\partial L}{\partial w}=\frac2N\sum_i (w x_i+b-t_i)\,x_i,\qquad \frac{\partial L}{\partial b}=\frac2N\sum_i (w x_i+b-t_i).$$
//
// By machine: a `Variable` is a tensor that remembers how it was computed. `backward()` walks from the loss back to the leaves and applies the chain rule to one operation after the other.

// %%
let n = 50
let key = RandomKey(seed: 1)
let input = Tensor<Double>.uniform([n, 1], in: -1...1, key: key.child("input"))
let noise = Tensor<Double>.normal([n, 1], key: key.child("noise"))
let target = 2 * input - 1 + 0.2 * noise  // the line we hope to find again: w = 2, b = −1

func loss(_ w: Variable<Double>, _ b: Variable<Double>) -> Variable<Double> {
  (Variable(input) * w + b - Variable(target)).squared().mean()
}

let w = Variable(tracking: Tensor<Double>(0.5))
let b = Variable(tracking: Tensor<Double>(0))
let L = loss(w, b)
L.backward()

let residual = input * w.value + b.value - target
print("L = \(rounded(L.value.scalar, 4))")
print("∂L/∂w by machine \(rounded(w.gradient!.scalar, 6))")
print("       by hand   \(rounded(2 * (residual * input).mean().scalar, 6))")
print("∂L/∂b by machine \(rounded(b.gradient!.scalar, 6))")
print("       by hand   \(rounded(2 * residual.mean().scalar, 6))")

// %% [markdown]
// The machine never formed the derivative of a long expression. It knew four small things: how a gradient passes through a product, a sum, a square and a mean ([Sources/Autodiff/Arithmetic.swift](../Sources/Autodiff/Arithmetic.swift)).
//
// ## Learning is walking downhill
//
// A step against the gradient makes the loss smaller, if it is short enough: $w\leftarrow w-\eta\,\partial L/\partial w$. Fifty steps:

// %%
var (weight, bias) = (Tensor<Double>(0.5), Tensor<Double>(0))
var losses: [Double] = []
var lines: [(step: Int, weight: Double, bias: Double)] = []
let η = 0.3

for step in 0...50 {
  let (w, b) = (Variable(tracking: weight), Variable(tracking: bias))
  let L = loss(w, b)
  L.backward()
  losses.append(L.value.scalar)
  if [0, 5, 50].contains(step) { lines.append((step, weight.scalar, bias.scalar)) }
  weight = weight - η * w.gradient!
  bias = bias - η * b.gradient!
}
print("w = \(rounded(weight.scalar)), b = \(rounded(bias.scalar)), L = \(rounded(losses.last!, 4))")

// %%
let points = zip(input.scalars, target.scalars).map { Point($0, $1) }.sorted { $0.x < $1.x }
// What is not a number is a gap, and a point between two gaps is a dot.
let dots = points.flatMap { [$0, Point(.nan, .nan)] }
let fits = lines.map { line in
  LineChart.Series(
    "after \(line.step) steps",
    [-1, 1].map { Point($0, line.weight * $0 + line.bias) })
}
display([
  LineChart("The loss", xLabel: "step", series: [.init("", values: losses)], isLogarithmic: true),
  LineChart("Line and points", series: fits + [.init("points", dots)]),
])

// %% [markdown]
// The loss falls until the noise is all that is left. Its variance is $0.2^2=0.04$ on average; these fifty points happen to have a little less.
//
// ## An operation of your own
//
// What is not in the library can be added with its *pullback*: the function that turns $\partial L/\partial y$ into $\partial L/\partial x$. For $y=x^3$ it is multiplication by $3x^2$.

// %%
func cubed(_ x: Variable<Double>) -> Variable<Double> {
  let v = x.value
  return Variable(v * v * v, pullbacks: [(x, { dY in 3 * dY * v * v })])
}

let report = checkGradient("cubed", at: [Tensor<Double>([3], [-1, 0.5, 2])], key: key) {
  cubed($0[0])
}
print("agrees with central differences: \(report.worstError < 1e-8)")

// %% [markdown]
// How that check works, and how a wrong pullback looks to it, is [the next page](02-a-planted-error.ipynb).
//
// **Try it.** Make the step too long: with $\eta=1.2$ the loss grows. At which $\eta$ does it turn? (The second derivative of $L$ in $b$ is 2, so along $b$ alone every $\eta<1$ falls.)
