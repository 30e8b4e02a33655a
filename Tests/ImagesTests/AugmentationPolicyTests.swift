import Foundation
import Images
import Randomness
import Testing

@Suite("Augmentation policy") struct AugmentationPolicyTests {
  @Test("60 chains of steps give the bytes of Pillow and torchvision")
  func chains() throws {
    for c in try ImageFixture.load().chains {
      let image = Image.noise(width: c.width, height: c.height, state: c.seed).applying(c.steps)
      #expect(image.digest == c.digest, "\(c)")
    }
  }

  @Test("a view depends on its key alone", arguments: AugmentationPolicy.allCases)
  func reproducible(policy: AugmentationPolicy) {
    let image = Image.smooth(width: 40, height: 32, state: 2)
    let key = RandomKey(seed: 7).child("view")
    let view = policy(image, size: 32, key: key)
    #expect(view.width == 32 && view.height == 32)
    #expect(policy(image, size: 32, key: key) == view)
    if policy != .none {
      let others = (0..<8).map { policy(image, size: 32, key: key.child($0)) }
      #expect(Set(others + [view]).count > 4)
    }
  }

  @Test(
    "a recorded draw survives JSON and makes the same view", arguments: AugmentationPolicy.allCases)
  func recorded(policy: AugmentationPolicy) throws {
    let image = Image.smooth(width: 48, height: 48, state: 3)
    for seed in 0..<20 {
      let key = RandomKey(seed: UInt64(seed))
      let draw = policy.draw(width: 48, height: 48, size: 32, key: key)
      let copy = try JSONDecoder().decode(
        AugmentationDraw.self, from: JSONEncoder().encode(draw))
      #expect(copy == draw && copy.policy == policy)
      #expect(image.applying(copy.steps) == policy(image, size: 32, key: key))
    }
  }

  @Test("the steps of custom come in the order and as often as the paper's policy says")
  func frequencies() {
    let draws = (0..<2000).map {
      AugmentationPolicy.custom.draw(
        width: 96, height: 96, size: 96, key: RandomKey(seed: 1).child($0)
      ).steps
    }
    var flips = 0
    var jitters = 0
    var grays = 0
    var orders: Set<[Int]> = []
    for steps in draws {
      guard case .crop(let box) = steps[0], case .resize(96, 96, .bilinear) = steps[1],
        case .blur(9, let sigma) = steps[steps.count - 1]
      else {
        Issue.record("\(steps)")
        return
      }
      let area = Double(box.width * box.height) / Double(96 * 96)
      #expect(area > 0.07 && area <= 1 && sigma >= 0.1 && sigma <= 2)
      let ratio = Double(box.width) / Double(box.height)
      #expect(ratio > 0.7 && ratio < 1.42)
      flips += steps.contains(.flip) ? 1 : 0
      grays += steps.contains(.grayscale) ? 1 : 0
      let order = steps.compactMap { step -> Int? in
        switch step {
        case .brightness(let f):
          #expect(f >= 0.2 && f <= 1.8)
          return 0
        case .contrast(let f):
          #expect(f >= 0.2 && f <= 1.8)
          return 1
        case .saturation(let f):
          #expect(f >= 0.2 && f <= 1.8)
          return 2
        case .hue(let turns):
          #expect(abs(turns) <= 0.2)
          return 3
        default: return nil
        }
      }
      if !order.isEmpty {
        jitters += 1
        orders.insert(order)
      }
    }
    // Four standard deviations of a binomial with n = 2000.
    #expect(abs(flips - 1000) < 90 && abs(jitters - 1600) < 72 && abs(grays - 400) < 72)
    #expect(orders.count == 24)
  }

  @Test("crops cover the area uniformly between their bounds")
  func area() {
    var stream = RandomStream(RandomKey(seed: 4))
    let crop = RandomResizedCrop(area: 0.08...1)
    let areas = (0..<4000).map { _ -> Double in
      let box = crop.draw(width: 96, height: 96, from: &stream)
      return Double(box.width * box.height) / (96 * 96)
    }
    // Large elongated boxes do not fit a square and are drawn again, so the mean is below 0.54.
    let mean = areas.reduce(0, +) / 4000
    #expect(mean > 0.44 && mean < 0.54)
    #expect(areas.contains { $0 < 0.1 } && areas.contains { $0 > 0.9 })
  }

  @Test("an image no box fits gives its middle at the nearest allowed ratio")
  func fallback() {
    var stream = RandomStream(RandomKey(seed: 4))
    let crop = RandomResizedCrop(area: 1...1)
    #expect(
      crop.draw(width: 100, height: 10, from: &stream)
        == CropBox(top: 0, left: 43, height: 10, width: 13))
    #expect(
      crop.draw(width: 9, height: 100, from: &stream)
        == CropBox(top: 44, left: 0, height: 12, width: 9))
  }

  @Test("cifar moves the image by up to four pixels over black")
  func cifar() {
    let image = Image(width: 32, height: 32, red: 200, green: 200, blue: 200)
    var corners: Set<Bool> = []
    for seed in 0..<60 {
      let key = RandomKey(seed: UInt64(seed))
      guard
        case .crop(let box) = AugmentationPolicy.cifar.draw(
          width: 32, height: 32, size: 32, key: key
        ).steps[1]
      else {
        Issue.record("the second step is no crop")
        return
      }
      #expect((0...8).contains(box.top) && (0...8).contains(box.left))
      corners.insert(
        AugmentationPolicy.cifar(image, size: 32, key: key)[row: 0, column: 0] == (0, 0, 0))
    }
    #expect(corners.count == 2)
  }

  @Test("statistics are found by the names of configurations")
  func statistics() {
    #expect(ChannelStatistics.forDataset("STL10") == .imageNet)
    #expect(ChannelStatistics.forDataset("cifar20") == .cifar)
    #expect(ChannelStatistics.forDataset("voc2007") == .voc)
    #expect(ChannelStatistics.forDataset("mnist") == nil)
  }
}
