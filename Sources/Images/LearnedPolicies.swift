// AutoAugment and RandAugment: which operations, how strong.
//
// Source     Cubuk et al., "AutoAugment", CVPR 2019 (the ImageNet policy) and "RandAugment", NeurIPS 2020; the
//            tables of torchvision
// Draws      RandAugment, four times: the operation, then the sign where it has one.
//            AutoAugment: the pair, then for both operations a coin, then for both a sign; an operation acts
//            when its coin is at most its probability, and uses its sign where it has one.
// Read       PolicyOperation.swift ← this file → AugmentationPolicy.swift
// Tests      Tests/ImagesTests/PolicyOperationTests.swift

import Randomness

/// An operation's name in the tables of both policies.
enum LearnedOperation: String, CaseIterable {
  case identity, shearX, shearY, translateX, translateY, rotate, brightness, color, contrast
  case sharpness, posterize, solarize, autoContrast, equalize, invert

  /// Whether a strength may be negative.
  var hasSign: Bool {
    switch self {
    case .shearX, .shearY, .translateX, .translateY, .rotate, .brightness, .color, .contrast,
      .sharpness:
      true
    default: false
    }
  }

  /// The steps of strength `bin` of `bins` with a sign, for an image of `width × height` pixels.
  ///
  /// Strengths are spread evenly over 0…0.3 (shear), 0…150/331 of the side (shift), 0…30 degrees, 0…0.9
  /// (colours), 8…4 bits and 255…0 (solarize).
  func steps(bin: Int, of bins: Int, sign: Double, width: Int, height: Int) -> [AugmentationStep] {
    let part = Double(bin) / Double(bins - 1)
    func strength(_ most: Double) -> Double { sign * spaced(from: 0, to: most, bin, of: bins) }
    let shift = 150.0 / 331
    return switch self {
    case .identity: []
    case .shearX: [.policy(.shearX(level: strength(0.3)))]
    case .shearY: [.policy(.shearY(level: strength(0.3)))]
    case .translateX: [.policy(.translateX(pixels: Int(strength(shift * Double(width)))))]
    case .translateY: [.policy(.translateY(pixels: Int(strength(shift * Double(height)))))]
    case .rotate: [.policy(.rotate(degrees: strength(30)))]
    case .brightness: [.brightness(factor: 1 + strength(0.9))]
    case .color: [.saturation(factor: 1 + strength(0.9))]
    case .contrast: [.contrast(factor: 1 + strength(0.9))]
    case .sharpness: [.policy(.sharpness(factor: 1 + strength(0.9)))]
    case .posterize: [.policy(.posterize(bits: 8 - Int((4 * part).rounded(.toNearestOrEven))))]
    case .solarize: [.policy(.solarize(threshold: spaced(from: 255, to: 0, bin, of: bins)))]
    case .autoContrast: [.policy(.autoContrast)]
    case .equalize: [.policy(.equalize)]
    case .invert: [.policy(.invert)]
    }
  }
}

/// One of evenly spaced numbers, in single precision and from the nearer end, as torchvision has them.
private func spaced(from first: Double, to last: Double, _ index: Int, of count: Int) -> Double {
  let step = (Float(last) - Float(first)) / Float(count - 1)
  return Double(
    index < count / 2
      ? Float(first) + step * Float(index) : Float(last) - step * Float(count - 1 - index))
}

/// RandAugment with four operations of strength 10 of 0…30.
enum RandAugment {
  static let operationCount = 4
  static let bin = 10
  static let bins = 31
  static let operations = LearnedOperation.allCases.filter { $0 != .invert }

  static func draw(width: Int, height: Int, from stream: inout RandomStream) -> [AugmentationStep] {
    var steps: [AugmentationStep] = []
    for _ in 0..<operationCount {
      let operation = operations[stream.integer(below: operations.count)]
      let sign = operation.hasSign && stream.integer(below: 2) == 1 ? -1.0 : 1
      steps += operation.steps(bin: bin, of: bins, sign: sign, width: width, height: height)
    }
    return steps
  }
}

/// The ImageNet policy of AutoAugment.
enum AutoAugment {
  typealias Choice = (operation: LearnedOperation, probability: Double, bin: Int)
  static let bins = 10

  static let pairs: [(Choice, Choice)] = [
    ((.posterize, 0.4, 8), (.rotate, 0.6, 9)), ((.solarize, 0.6, 5), (.autoContrast, 0.6, 0)),
    ((.equalize, 0.8, 0), (.equalize, 0.6, 0)), ((.posterize, 0.6, 7), (.posterize, 0.6, 6)),
    ((.equalize, 0.4, 0), (.solarize, 0.2, 4)), ((.equalize, 0.4, 0), (.rotate, 0.8, 8)),
    ((.solarize, 0.6, 3), (.equalize, 0.6, 0)), ((.posterize, 0.8, 5), (.equalize, 1, 0)),
    ((.rotate, 0.2, 3), (.solarize, 0.6, 8)), ((.equalize, 0.6, 0), (.posterize, 0.4, 6)),
    ((.rotate, 0.8, 8), (.color, 0.4, 0)), ((.rotate, 0.4, 9), (.equalize, 0.6, 0)),
    ((.equalize, 0, 0), (.equalize, 0.8, 0)), ((.invert, 0.6, 0), (.equalize, 1, 0)),
    ((.color, 0.6, 4), (.contrast, 1, 8)), ((.rotate, 0.8, 8), (.color, 1, 2)),
    ((.color, 0.8, 8), (.solarize, 0.8, 7)), ((.sharpness, 0.4, 7), (.invert, 0.6, 0)),
    ((.shearX, 0.6, 5), (.equalize, 1, 0)), ((.color, 0.4, 0), (.equalize, 0.6, 0)),
    ((.equalize, 0.4, 0), (.solarize, 0.2, 4)), ((.solarize, 0.6, 5), (.autoContrast, 0.6, 0)),
    ((.invert, 0.6, 0), (.equalize, 1, 0)), ((.color, 0.6, 4), (.contrast, 1, 8)),
    ((.equalize, 0.8, 0), (.equalize, 0.6, 0)),
  ]

  static func draw(width: Int, height: Int, from stream: inout RandomStream) -> [AugmentationStep] {
    let pair = pairs[stream.integer(below: pairs.count)]
    let coins = [stream.uniform(), stream.uniform()]
    let signs = [stream.integer(below: 2), stream.integer(below: 2)]
    var steps: [AugmentationStep] = []
    for (i, choice) in [pair.0, pair.1].enumerated() where coins[i] <= choice.probability {
      let sign = choice.operation.hasSign && signs[i] == 0 ? -1.0 : 1
      steps += choice.operation.steps(
        bin: choice.bin, of: bins, sign: sign, width: width, height: height)
    }
    return steps
  }
}
