// The paper's ablations: which terms, which representations, which augmentations, which projector?
//
// Source     MV-MR, Tables 5 to 8: short runs on STL-10, linear evaluation, top-1 in percent. The order of the
//            rows of Tables 5 and 6 is inferred: the copy of the paper that was read had lost the ticks.
// Idea       A table is a list of cells, and a cell is a few keys of a configuration: everything else is what
//            the user's own configuration says.
// Read       Configuration.swift ← this file → AblationRun.swift
// Tests      Tests/TrainingTests/AblationTests.swift

/// One of the paper's tables of ablations.
public enum Ablation: String, CaseIterable, Sendable {
  /// Table 5: the terms of eq. (10).
  case losses
  /// Table 6: the representations of eq. (9).
  case features
  /// Table 7: the augmentations, one added after the other.
  case augmentations
  /// Table 8: layers and width of the projector.
  case projector

  /// One run of a table.
  public struct Cell: Sendable, Hashable {
    /// What the row is called, also its folder.
    public let name: String
    /// `key=value` pairs on top of the user's configuration.
    public let overrides: [String]
    /// Top-1 in percent, as the paper reports it.
    public let paper: Double
  }

  /// What the table asks.
  public var title: String {
    switch self {
    case .losses: "Table 5: terms of the loss"
    case .features: "Table 6: representations in L3"
    case .augmentations: "Table 7: augmentations, one after the other"
    case .projector: "Table 8: the projector"
    }
  }

  /// The cells, in the paper's order.
  ///
  /// - Parameter shrink: What the paper's projector widths are divided by.
  /// - Returns: One cell a row of the table.
  public func cells(shrink: Int = 1) -> [Cell] {
    switch self {
    case .losses:
      let no1 = ["loss.invariance=0", "loss.variance=0"]
      let (no2, no3) = (["loss.views=0"], ["features=[]"])
      return [
        Cell(name: "L1", overrides: no2 + no3, paper: 50.86),
        Cell(name: "L2", overrides: no1 + no3, paper: 46.71),
        Cell(name: "L3", overrides: no1 + no2, paper: 44.10),
        Cell(name: "L1+L2", overrides: no3, paper: 50.76),
        Cell(name: "L1+L3", overrides: no2, paper: 47.39),
        Cell(name: "L2+L3", overrides: no1, paper: 40.06),
        Cell(name: "L1+L2+L3", overrides: [], paper: 69.38),
      ]
    case .features:
      let names: [Character: String] = [
        "I": "full_img", "S": "full_img_scatnet", "A": "full_img_augment", "H": "full_img_hog",
        "D": "full_img_std",
      ]
      return Ablation.representations.map { letters, paper in
        let list = letters.compactMap { names[$0] }.joined(separator: ", ")
        return Cell(name: letters, overrides: ["features=[\(list)]"], paper: paper)
      }
    case .augmentations:
      let rows: [(String, String, Double)] = [
        ("crop", "crop", 43.02), ("flip", "crop-flip", 49.99),
        ("colour", "crop-flip-color", 50.58), ("gray", "crop-flip-color-gray", 70.82),
        ("blur", "custom", 69.38),
      ]
      return rows.map { name, policy, paper in
        Cell(name: name, overrides: ["dataset.aug_policy=\(policy)"], paper: paper)
      }
    case .projector:
      let widths = [8192, 4096, 2048, 1024, 512, 256]
      let rows: [(Int, [Double])] = [
        (3, [69.38, 51.90, 51.35, 51.86, 49.40, 49.02]),
        (2, [49.90, 48.81, 48.66, 48.73, 48.06, 48.07]),
        (1, [48.65, 48.51, 48.20, 47.61, 46.11, 47.17]),
      ]
      let grid = rows.flatMap { layers, papers in
        zip(widths, papers).map { width, paper in
          let ours = max(1, width / max(1, shrink))
          let text = [String](repeating: "\(ours)", count: layers).joined(separator: "-")
          return Cell(
            name: "\(layers)x\(ours)", overrides: ["encoder.out_dim=\(text)"], paper: paper)
        }
      }
      return grid + [Cell(name: "none", overrides: ["encoder.out_dim=''"], paper: 16.70)]
    }
  }

  /// Table 6: I the image, S scattering, A augmented, H oriented gradients, D local deviation.
  private static let representations: [(String, Double)] = [
    ("I", 58.82), ("S", 54.12), ("A", 63.51), ("H", 54.15), ("D", 53.94), ("IS", 64.44),
    ("IA", 66.18), ("IH", 63.00), ("ID", 63.14), ("SA", 63.30), ("SH", 62.95), ("SD", 59.41),
    ("AH", 63.66), ("AD", 60.21), ("HD", 62.46), ("ISA", 65.82), ("ISH", 65.52), ("ISD", 60.96),
    ("IAH", 65.11), ("IAD", 65.19), ("IHD", 65.37), ("SAH", 65.45), ("SAD", 64.35),
    ("SHD", 60.63), ("AHD", 64.90), ("ISAH", 68.25), ("ISAD", 68.20), ("ISHD", 64.56),
    ("IAHD", 67.21), ("SAHD", 67.05), ("ISAHD", 69.38),
  ]
}
