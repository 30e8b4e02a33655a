// Writing weights in the format that a file's name asks for.
//
// Idea       Reading goes by content, writing by name: .safetensors, .npz, .npy, or PyTorch's .pt,
//            .pth, .ckpt, .th and .bin. Every format is written crash-safely.
// Read       SafeTensorsWriter.swift, TorchWriter.swift, NumPyArchive.swift ← this file
// Tests      Tests/FormatsTests/WeightFileWriterTests.swift

/// The formats weights can be written in.
public enum WeightFormat: String, Sendable, CaseIterable {
  case safetensors
  case npz
  case npy
  case torch

  /// Endings of file names that ask for PyTorch's format.
  private static let torchEndings = ["pt", "pth", "ckpt", "th", "bin"]

  /// The format a file's name asks for.
  ///
  /// - Throws: `unsupported`, naming the endings there are.
  public init(path: String) throws(FormatError) {
    let name = path.split(separator: "/").last ?? ""
    let ending = name.split(separator: ".").dropFirst().last.map { $0.lowercased() } ?? ""
    if WeightFormat.torchEndings.contains(ending) {
      self = .torch
    } else if let format = WeightFormat(rawValue: ending), format != .torch {
      self = format
    } else {
      throw FormatError(
        .unsupported, format: "weights", path: path,
        "the name asks for no format that can be written",
        remedy: "end it in .safetensors, .npz, .npy, "
          + WeightFormat.torchEndings.map { ".\($0)" }.joined(separator: ", "))
    }
  }

  /// Writes tensors.
  ///
  /// - Parameters:
  ///   - tensors: By name.
  ///   - path: The file; a version that was there stays as `<path>.prev`.
  ///   - metadata: Text for a safetensors file.
  ///   - torchValue: How a PyTorch file nests the tensors; one flat dictionary if nil.
  /// - Throws: An error naming the file; an older file is then still in place.
  public func write(
    _ tensors: OrderedMap<TensorRecord>, to path: String, metadata: OrderedMap<String> = [:],
    torchValue: TorchValue? = nil
  ) throws(FormatError) {
    do throws(FormatError) {
      switch self {
      case .safetensors:
        try SafeTensorsFile(metadata: metadata, tensors: tensors).write(to: path)
      case .npz: try DurableFile(path).write(try NumPyArchive.parts(tensors))
      case .npy:
        guard tensors.count == 1, let only = tensors.entries.first else {
          throw FormatError(
            .unsupported, format: "npy", "a .npy file holds one array; there are \(tensors.count)",
            remedy: "write a .npz or .safetensors file")
        }
        try DurableFile(path).write([try NumPyArray.serialized(only.value)])
      case .torch: try DurableFile(path).write(try torchArchive(torchValue ?? .state(tensors)))
      }
    } catch { throw error.inFile(path) }
  }
}
