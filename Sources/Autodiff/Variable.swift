// A variable: a value that remembers how it was computed, so that gradients can be pulled back.
//
// Idea       Reverse mode. Every operation computes its value at once and keeps, for each input it
//            must answer to, a pullback: the closure that turns ∂loss/∂output into ∂loss/∂input.
//            `backward` walks the operations from the last to the first and adds up what arrives.
// Formula    y = f(x):  dX = Jᵀ dY,  J the Jacobian of f at x, never formed
// Sums       A variable used twice gets two gradients, added. An operation that can add its own while it makes it
//            says so (`GradientPart.joined`), and saves a pass over memory. Who completes a gradient that way also takes
//            the sums that a norm will need of it (`sums`), and saves another.
// Memory     An operation's pullback, and with it the activations it captured, is dropped as soon as
//            it has been used. Inputs that need no gradient never get a pullback at all. A value that is one
//            cheap pass away from what is held anyway is made again instead of being held (`again`). And dY is
//            the pullback's to overwrite, if nobody else holds it.
// Read       Tensors/Tensor.swift ← this file → Arithmetic.swift → GradientCheck.swift, NonFiniteTrap.swift

import Kernels
import Tensors

/// A tensor in a computation that gradients can flow back through.
public struct Variable<Scalar: KernelScalar> {
  /// What was computed.
  public let value: Tensor<Scalar>
  let node: Node<Scalar>?
  /// Makes `value` again, in the same bits, from what this operation holds for backward anyway; nil where
  /// that would not be cheap.
  var again: (() -> Tensor<Scalar>)?
  /// Of the channels of `value`, if whoever made it has taken them.
  var moments: ChannelMoments<Scalar>?

  /// A constant: no gradient flows to it.
  public init(_ value: Tensor<Scalar>) {
    self.value = value
    node = nil
  }

  /// A leaf whose gradient is wanted.
  ///
  /// - Parameters:
  ///   - value: Its value.
  ///   - receive: Called once a backward pass with the gradient, of `value`'s shape; without it
  ///     the gradient is kept in `gradient`.
  public init(
    tracking value: Tensor<Scalar>, receive: ((Tensor<Scalar>) -> Void)? = nil
  ) {
    self.value = value
    node = Node(operation: "leaf", parents: [], receive: receive, pullback: nil)
  }

  /// The result of an operation with one pullback for each input.
  ///
  /// - Parameters:
  ///   - value: The operation's result.
  ///   - pullbacks: Each input with the function from dY (of `value`'s shape) to that input's
  ///     gradient (of its shape). Those of constants are dropped unused.
  ///   - operation: What messages call it: the function this is called from.
  public init(
    _ value: Tensor<Scalar>,
    pullbacks: [(input: Variable, pullback: (Tensor<Scalar>) -> Tensor<Scalar>)],
    operation: StaticString = #function
  ) {
    self.init(
      value, parts: pullbacks.map { ($0.input, .made($0.pullback)) }, operation: operation)
  }

  /// The result of an operation with one part of its gradient for each input.
  ///
  /// - Parameters:
  ///   - value: The operation's result.
  ///   - inputs: Each input with how its gradient is made. Those of constants are dropped unused.
  ///   - operation: What messages call it: the function this is called from.
  init(
    _ value: Tensor<Scalar>, parts inputs: [(input: Variable, part: GradientPart<Scalar>)],
    operation: StaticString = #function
  ) {
    self.value = value
    if NonFiniteTrap.isArmed {
      NonFiniteTrap.check(operation, result: value, inputs: inputs.map(\.input.value))
    }
    if OperationProfile.isRunning {
      OperationProfile.note(operation, isGradient: false, value.shape)
    }
    // docs: region pullbacks
    var parents: [Node<Scalar>] = []
    var parts: [GradientPart<Scalar>] = []
    for (input, part) in inputs {
      guard let parent = input.node else { continue }
      parents.append(parent)
      parts.append(part)
    }
    node =
      parents.isEmpty
      ? nil : Node(operation: operation, parents: parents, receive: nil, pullback: .apart(parts))
    // docs: end pullbacks
  }

  /// The result of an operation whose gradients are computed together.
  ///
  /// - Parameters:
  ///   - value: The operation's result.
  ///   - inputs: The inputs, in the order in which `pullback` returns their gradients.
  ///   - operation: What messages call it: the function this is called from.
  ///   - pullback: From dY to the gradients of all inputs. dY is the pullback's own: what is written into it
  ///     in place (`Tensor.room`) saves new memory.
  public init(
    _ value: Tensor<Scalar>, from inputs: [Variable], operation: StaticString = #function,
    pullback: @escaping (inout Tensor<Scalar>) -> [Tensor<Scalar>]
  ) {
    self.value = value
    if NonFiniteTrap.isArmed {
      NonFiniteTrap.check(operation, result: value, inputs: inputs.map(\.value))
    }
    if OperationProfile.isRunning {
      OperationProfile.note(operation, isGradient: false, value.shape)
    }
    let wanted = inputs.indices.filter { inputs[$0].node != nil }
    guard !wanted.isEmpty else {
      node = nil
      return
    }
    node = Node(
      operation: operation, parents: wanted.compactMap { inputs[$0].node }, receive: nil,
      pullback: .together { dY in
        let all = pullback(&dY)
        return wanted.map { all[$0] }
      })
  }

  /// The result of a computation on one variable that is not kept: backward makes it again.
  ///
  /// - Parameters:
  ///   - value: The computation's result.
  ///   - x: Its input.
  ///   - operation: What messages call it: the function this is called from.
  ///   - computation: What makes the result again, now to be pulled back.
  public init(
    _ value: Tensor<Scalar>, recomputedFrom x: Variable, operation: StaticString = #function,
    _ computation: @escaping (Variable) -> Variable
  ) {
    let X = x.value
    // docs: region again
    let part = GradientPart<Scalar>.joined {
      (
        dY: Tensor<Scalar>, sum: consuming Tensor<Scalar>?,
        sums: Once<ChannelGradientSums<Scalar>>?
      ) in
      let input = Variable(tracking: X)
      // As if the computation had been kept: whoever completes the gradient of x takes its norm's sums.
      input.node?.sums = sum == nil ? sums : nil
      computation(input).backward(dY)
      let dX = input.gradient ?? .zeros(X.shape)
      guard var all = sum.take() else { return dX }
      all.add(dX)
      return all
    }
    // docs: end again
    self.init(value, parts: [(x, part)], operation: operation)
  }

  /// Extent along each axis.
  public var shape: [Int] { value.shape }

  /// Whether gradients flow to this variable.
  public var isTracked: Bool { node != nil }

  /// The gradient of the last backward pass, for leaves made by `init(tracking:)`.
  public var gradient: Tensor<Scalar>? { node?.gradient }

  /// What a pullback captures that needs `value`: not the value itself where it can be made again.
  var held: () -> Tensor<Scalar> {
    let value = value
    return again ?? { value }
  }

  /// The same value as a constant: gradients stop here.
  public func detached() -> Variable { Variable(value) }

  /// Pulls a gradient back to every leaf this variable was computed from.
  ///
  /// A computation can be pulled back once: its pullbacks are released on the way.
  ///
  /// - Parameter cotangent: ∂loss/∂self; by default 1 for a variable that holds one scalar.
  public func backward(_ cotangent: Tensor<Scalar>? = nil) {
    require(
      cotangent != nil || value.count == 1,
      """
      backward: shape \(shape) holds \(value.count) scalars and no cotangent was given.
        To mend: reduce it to one scalar first, or pass ∂loss/∂self.
      """)
    let seed = cotangent ?? Tensor(shape, repeating: 1)
    require(seed.shape == shape, "backward: cotangent \(seed.shape) for a variable \(shape).")
    node?.backward(seed)
  }
}

/// A value that is made when it is first asked for.
final class Once<Value> {
  private(set) lazy var value = make()
  private let make: () -> Value

  init(_ make: @escaping () -> Value) { self.make = make }
}

/// How an operation makes the gradient of one of its inputs.
enum GradientPart<Scalar: KernelScalar> {
  /// From dY.
  case made((_ dY: Tensor<Scalar>) -> Tensor<Scalar>)
  /// From dY, added to the gradient that the input has, if any. If that completes it and it is the dY of a norm, the
  /// norm's sums are taken on the way, and g takes its place.
  case joined(
    (
      _ dY: Tensor<Scalar>, _ sum: consuming Tensor<Scalar>?,
      _ sums: Once<ChannelGradientSums<Scalar>>?
    ) -> Tensor<Scalar>)
}

/// One operation, or one leaf, of a computation.
final class Node<Scalar: KernelScalar> {
  /// From dY to the gradients of the parents.
  enum Pullback {
    case together((inout Tensor<Scalar>) -> [Tensor<Scalar>])
    case apart([GradientPart<Scalar>])
  }

  private let operation: StaticString
  private var parents: [Node]
  private var pullback: Pullback?
  private let receive: ((Tensor<Scalar>) -> Void)?
  private(set) var gradient: Tensor<Scalar>?
  /// How many gradients are still to come, in the pass that is under way.
  private var pending = 0
  /// What a norm will ask about its dY: whoever completes that may take it on the way.
  var sums: Once<ChannelGradientSums<Scalar>>?

  init(
    operation: StaticString, parents: [Node], receive: ((Tensor<Scalar>) -> Void)?,
    pullback: Pullback?
  ) {
    self.operation = operation
    self.parents = parents
    self.pullback = pullback
    self.receive = receive
  }

  deinit {
    // A chain nobody pulled back is released link by link: recursion would overflow the stack.
    var rest = parents
    parents = []
    while var node = rest.popLast() {
      guard isKnownUniquelyReferenced(&node) else { continue }
      rest += node.parents
      node.parents = []
    }
  }

  // docs: region walk
  func backward(_ seed: Tensor<Scalar>) {
    let order = operationsBeforeTheirUsers()
    for node in order where node.pullback == nil { node.gradient = nil }
    gradient = seed
    for node in order.reversed() {
      guard var dY = node.gradient else { continue }
      if let pullback = node.pullback {
        (node.pullback, node.sums) = (nil, nil)
        node.gradient = nil  // so that dY is the pullback's own
        let gradients = node.gradients(pullback, &dY)
        if OperationProfile.isRunning {
          OperationProfile.note(node.operation, isGradient: true, dY.shape)
        }
        for (parent, dX) in zip(node.parents, gradients) {
          if let dX { parent.add(dX) }
        }
        if OperationProfile.isRunning { OperationProfile.mark("adding gradients") }
        node.parents = []
      } else if let receive = node.receive {
        receive(dY)
        node.gradient = nil
      }
    }
  }
  // docs: end walk

  /// The gradients of the parents; nil where one has joined what its parent had.
  private func gradients(_ pullback: Pullback, _ dY: inout Tensor<Scalar>) -> [Tensor<Scalar>?] {
    // The trap tells about dY as it came: a second holder keeps it from being overwritten.
    let cotangent = NonFiniteTrap.isArmed ? dY : nil
    func checked(_ gradients: [Tensor<Scalar>]) -> [Tensor<Scalar>] {
      if let cotangent {
        NonFiniteTrap.check(operation, gradients: gradients, cotangent: cotangent)
      }
      return gradients
    }
    switch pullback {
    case .together(let all): return checked(all(&dY))
    case .apart(let parts):
      let dY = dY
      return zip(parents, parts).map { parent, part in
        switch part {
        case .made(let make): return checked([make(dY)])[0]
        case .joined(let join):
          let completes = parent.pending == 1
          parent.gradient =
            checked([
              join(dY, parent.gradient.take(), completes ? parent.sums : nil)
            ])[0]
          parent.pending -= 1
          return nil
        }
      }
    }
  }

  private func add(_ dX: Tensor<Scalar>) {
    pending -= 1
    guard var sum = gradient.take() else {
      gradient = dX
      return
    }
    sum.add(dX)
    gradient = sum
  }

  /// Depth-first post-order without recursion: deep networks must not overflow the stack.
  ///
  /// On the way it counts how many gradients each node will get.
  private func operationsBeforeTheirUsers() -> [Node] {
    var order: [Node] = []
    var seen: Set<ObjectIdentifier> = [ObjectIdentifier(self)]
    var stack: [(node: Node, next: Int)] = [(self, 0)]
    while let (node, next) = stack.last {
      if next < node.parents.count {
        stack[stack.count - 1].next += 1
        let parent = node.parents[next]
        let isNew = seen.insert(ObjectIdentifier(parent)).inserted
        parent.pending = isNew ? 1 : parent.pending + 1
        if isNew { stack.append((parent, 0)) }
      } else {
        order.append(node)
        stack.removeLast()
      }
    }
    return order
  }
}
