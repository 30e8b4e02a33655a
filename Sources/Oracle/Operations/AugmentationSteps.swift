// The steps of an augmentation as text: what was drawn, so that another program can do the same.
//
// Grammar    steps separated by "; ", each a word and its numbers:
//            pad M · crop TOP LEFT HEIGHT WIDTH · resize HEIGHT WIDTH bilinear|bicubic · flip
//            brightness F · contrast F · saturation F · hue TURNS · grayscale · blur KERNEL SIGMA
//            An empty text is the identity.
// Safety     A text from a file is walked with the extent of the image before a pixel is touched, so no
//            crop can leave it and no blur can be wider than it.
// Read       Images/AugmentationStep.swift ← this file → AugmentationOperations.swift
// Tests      Tests/OracleTests/HostileCaseTests.swift

import Formats
import Images

extension AugmentationStep {
  /// The step as a word and its numbers.
  var text: String {
    switch self {
    case .pad(let margin): "pad \(margin)"
    case .crop(let box): "crop \(box.top) \(box.left) \(box.height) \(box.width)"
    case .resize(let width, let height, let filter): "resize \(height) \(width) \(filter.rawValue)"
    case .flip: "flip"
    case .brightness(let factor): "brightness \(factor)"
    case .contrast(let factor): "contrast \(factor)"
    case .saturation(let factor): "saturation \(factor)"
    case .hue(let turns): "hue \(turns)"
    case .grayscale: "grayscale"
    case .blur(let kernelSize, let sigma): "blur \(kernelSize) \(sigma)"
    // No case draws one: the policies of a case are those of the released configurations.
    case .policy(let operation): "policy \(operation)"
    }
  }

  private static let forms = [
    "pad M (0…256)", "crop TOP LEFT HEIGHT WIDTH", "resize HEIGHT WIDTH bilinear|bicubic (1…1024)",
    "flip", "brightness F (0…10)", "contrast F (0…10)", "saturation F (0…10)",
    "hue TURNS (−0.5…0.5)", "grayscale", "blur KERNEL (odd) SIGMA (0.01…100)",
  ]

  /// Reads one step.
  fileprivate init(_ text: Substring) throws(OracleError) {
    let words = text.split(separator: " ").map(String.init)
    let numbers = words.dropFirst()
    let whole = numbers.compactMap { Int($0) }
    let factor = words.count == 2 ? Double(words[1]) : nil
    func isFactor(_ range: ClosedRange<Double>) -> Double? {
      factor.flatMap { range.contains($0) ? $0 : nil }
    }
    let step: AugmentationStep? =
      switch (words.first ?? "", numbers.count) {
      case ("pad", 1): whole.first.flatMap { (0...256).contains($0) ? .pad(margin: $0) : nil }
      case ("crop", 4) where whole.count == 4 && whole.allSatisfy { (0...4096).contains($0) }:
        .crop(box: CropBox(top: whole[0], left: whole[1], height: whole[2], width: whole[3]))
      case ("resize", 3) where whole.count == 2 && whole.allSatisfy { (1...1024).contains($0) }:
        ResamplingFilter(rawValue: words[3]).map {
          .resize(width: whole[1], height: whole[0], filter: $0)
        }
      case ("flip", 0): .flip
      case ("grayscale", 0): .grayscale
      case ("brightness", 1): isFactor(0...10).map { .brightness(factor: $0) }
      case ("contrast", 1): isFactor(0...10).map { .contrast(factor: $0) }
      case ("saturation", 1): isFactor(0...10).map { .saturation(factor: $0) }
      case ("hue", 1): isFactor(-0.5...0.5).map { .hue(turns: $0) }
      case ("blur", 2):
        Double(words[2]).flatMap { sigma in
          whole.first.flatMap { kernel in
            kernel % 2 == 1 && (1...1023).contains(kernel) && (0.01...100).contains(sigma)
              ? .blur(kernelSize: kernel, sigma: sigma) : nil
          }
        }
      default: nil
      }
    guard let step else {
      let word = words.first ?? ""
      let form = AugmentationStep.forms.first { $0.split(separator: " ")[0] == word }
      throw OracleError(
        "there is no step \(FormatError.quoted(words.joined(separator: " ")))",
        mend: form.map { "write \($0)" }
          ?? "steps are \(AugmentationStep.forms.joined(separator: "; "))")
    }
    self = step
  }
}

/// The steps an attribute `steps` tells.
func steps(of attributes: OracleAttributes) throws(OracleError) -> [AugmentationStep] {
  let text = attributes.text("steps")
  let parts = text.split(separator: ";").filter { $0.contains { $0 != " " } }
  guard parts.count <= 32 else {
    throw OracleError("\(parts.count) steps", mend: "at most 32 steps")
  }
  var steps: [AugmentationStep] = []
  for part in parts { steps.append(try AugmentationStep(part)) }
  return steps
}

/// Proves that each step fits the image it will meet.
func prove(
  _ steps: [AugmentationStep], height: Int, width: Int
) throws(OracleError) {
  var (h, w) = (height, width)
  for step in steps {
    switch step {
    case .pad(let margin): (h, w) = (h + 2 * margin, w + 2 * margin)
    case .crop(let box):
      guard box.height >= 1, box.width >= 1, box.top + box.height <= h, box.left + box.width <= w
      else {
        throw OracleError(
          "'\(step.text)' leaves an image of \(h) × \(w)", mend: "a box inside the image")
      }
      (h, w) = (box.height, box.width)
    case .resize(let width, let height, _): (h, w) = (height, width)
    case .blur(let kernelSize, _):
      guard kernelSize / 2 < min(h, w) else {
        throw OracleError(
          "'\(step.text)' is too wide for an image of \(h) × \(w)",
          mend: "a kernel whose half is less than either side")
      }
    case .flip, .grayscale, .brightness, .contrast, .saturation, .hue, .policy: break
    }
    guard h <= 1024, w <= 1024 else {
      throw OracleError("'\(step.text)' makes an image of \(h) × \(w)", mend: "at most 1024 pixels")
    }
  }
}
