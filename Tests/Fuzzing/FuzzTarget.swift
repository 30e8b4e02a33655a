// One target a format: good files, how to mutate them, and the reader that must survive.
//
// What counts  A reader ends with a value or an error. It never traps (that ends the process), never
//              takes over a second, and never asks for memory out of proportion (the program that
//              runs these targets for long sets a limit on its address space).

import Formats
import Foundation

/// A format to attack.
public struct FuzzTarget: Sendable {
  public let name: String
  let seeds: [[UInt8]]
  let letters: [UInt8]
  /// Repairs what a mutation broke, so that deeper rules are reached.
  let repair: @Sendable ([UInt8], inout SplitMix) -> [UInt8]
  let keepsLength: Bool
  let read: @Sendable ([UInt8]) throws -> Void

  /// What a number of mutants did.
  public struct Outcome: Sendable {
    public var accepted = 0
    public var refused = 0
    public var slowest = Duration.zero
    /// The number of the slowest mutant.
    public var slowestNumber = 0

    public init() {}
  }

  /// Runs mutants; the same numbers give the same mutants.
  ///
  /// - Parameters:
  ///   - numbers: Which mutants.
  ///   - began: Told each number before its mutant is read.
  /// - Returns: How many were accepted, and how long the slowest took.
  public func run(_ numbers: Range<Int>, began: (Int) -> Void = { _ in }) -> Outcome {
    var outcome = Outcome()
    let clock = ContinuousClock()
    for number in numbers {
      began(number)
      let bytes = mutant(number)
      let start = clock.now
      do {
        try read(bytes)
        outcome.accepted += 1
      } catch {
        outcome.refused += 1
      }
      let time = clock.now - start
      if time > outcome.slowest { (outcome.slowest, outcome.slowestNumber) = (time, number) }
    }
    return outcome
  }

  /// A mutant by its number.
  public func mutant(_ number: Int) -> [UInt8] {
    var generator = SplitMix(UInt64(number) &* 0x2545_F491_4F6C_DD1D)
    let seed = seeds[number % seeds.count]
    let changed = mutated(
      seed, others: seeds, letters: letters, keepsLength: keepsLength, by: &generator)
    return repair(changed, &generator)
  }

  private init(
    _ name: String, seeds: [[UInt8]], letters: [UInt8] = Array(0...255), keepsLength: Bool = false,
    repair: @escaping @Sendable ([UInt8], inout SplitMix) -> [UInt8] = { bytes, _ in bytes },
    read: @escaping @Sendable ([UInt8]) throws -> Void
  ) {
    self.name = name
    self.seeds = seeds
    self.letters = letters
    self.keepsLength = keepsLength
    self.repair = repair
    self.read = read
  }

  /// All targets, with seeds from the project.
  ///
  /// - Parameter root: The project's folder.
  /// - Returns: One target a format.
  /// - Throws: When a seed cannot be read.
  public static func all(root: URL) throws -> [FuzzTarget] {
    let weights = root.appending(path: "Tests/Reference/fixtures/weights")
    let formats = root.appending(path: "Tests/Reference/fixtures/formats")
    func file(_ name: String, in folder: URL) throws -> [UInt8] {
      Array(try Data(contentsOf: folder.appending(path: name)))
    }
    func files(_ ending: String, in folder: URL) throws -> [[UInt8]] {
      try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        .filter { $0.hasSuffix(ending) }.map { try file($0, in: folder) }
        .filter { $0.count < 16_384 }
    }
    let weightReader: @Sendable ([UInt8]) throws -> Void = { bytes in
      let file = try WeightFile(ByteSource(bytes))
      for info in file.tensors {
        _ = try file.tensor(info.name)
      }
      _ = try? NamedWeights(file, path: "mutant")
    }
    let legacy = try files("_legacy.pt", in: weights)
    let torchArchives =
      try files(".pt", in: weights).filter { $0.first == 0x50 }
      + files(".ckpt", in: weights)
    let parts = try torchArchives.map { try ZipParts($0) }
    let programs = parts.map { archive in
      archive.entries.first { $0.name.hasSuffix("data.pkl") }?.bytes ?? []
    }
    let opcodes: [UInt8] =
      Array(".(NKMJGX)]}taesuqrhjcRbQ".utf8) + [
        0x80, 0x81, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8A,
      ]
    let small = SafeTensorsFile(
      metadata: ["k": "v"], tensors: ["a": TensorRecord([1, -2] as [Float], shape: [2])])
    let streams = try files(".npz", in: weights).flatMap { try packedStreams($0) }
    let picture: @Sendable ([UInt8]) throws -> Void = { _ = try RasterImage(decoding: $0) }
    let pictures = try pictureSeeds(root)
    let archives = try archiveSeeds(root)
    return [
      FuzzTarget("tar", seeds: archives.tars, letters: Array("01234567 /.\0LxgK5".utf8)) { bytes in
        try readTar(bytes)
      },
      FuzzTarget(
        "tar, checksums repaired", seeds: archives.tars, letters: Array("01234567 /.\0LxgK5".utf8),
        keepsLength: true, repair: { bytes, _ in withRightHeaderSums(bytes) },
        read: { try readTar($0) }),
      FuzzTarget("gzip", seeds: archives.gzips) { bytes in
        try gunzip(ByteSource(bytes), limit: 1 << 20) { (_) throws(FormatError) in }
      },
      FuzzTarget(
        "XML", seeds: annotationSeeds, letters: Array("<>/=\"'&;![]-?CDATA# \n".utf8)
      ) { bytes in _ = try XMLElement(parsing: bytes) },
      FuzzTarget("JPEG", seeds: pictures.jpegs, letters: jpegLetters, read: picture),
      FuzzTarget(
        "JPEG, same length", seeds: pictures.jpegs, letters: jpegLetters, keepsLength: true,
        read: picture),
      FuzzTarget("PNG", seeds: pictures.pngs, read: picture),
      FuzzTarget(
        "PNG, checksums repaired", seeds: pictures.pngs, keepsLength: true,
        repair: { bytes, _ in withRightChunkChecksums(bytes) }, read: picture),
      FuzzTarget(
        "safetensors",
        seeds: try files(".safetensors", in: formats) + [
          try small.serialized(), try small.serialized(withChecksums: false),
        ], letters: Array("{}[]\",:0123456789FUIBL\\ ".utf8), read: weightReader),
      FuzzTarget(
        "npy", seeds: try files(".npy", in: weights),
        letters: Array("{}()'\",: <>|0123456789LfiubTrueFalse".utf8), read: weightReader),
      FuzzTarget("npz", seeds: try files(".npz", in: weights), read: weightReader),
      FuzzTarget(
        "npz, checksums repaired", seeds: try files(".npz", in: weights), keepsLength: true,
        repair: { bytes, _ in withRightChecksums(bytes) }, read: weightReader),
      FuzzTarget("inflate", seeds: streams) { bytes in _ = try inflated(bytes, limit: 1 << 20) },
      FuzzTarget(
        "pickle in an archive", seeds: programs, letters: opcodes,
        repair: { program, generator in
          var archive = parts[Int.random(in: 0..<parts.count, using: &generator)]
          for i in archive.entries.indices where archive.entries[i].name.hasSuffix("data.pkl") {
            archive.entries[i].bytes = program
          }
          return archive.archive()
        }, read: weightReader),
      FuzzTarget("legacy", seeds: legacy, letters: opcodes, read: weightReader),
      FuzzTarget("PyTorch archive", seeds: torchArchives, read: weightReader),
      FuzzTarget(
        "PyTorch archive, checksums repaired", seeds: torchArchives, letters: opcodes,
        keepsLength: true,
        repair: { bytes, _ in withRightChecksums(bytes) }, read: weightReader),
      FuzzTarget(
        "YAML", seeds: try files(".yaml", in: root.appending(path: "Examples/configs")),
        letters: Array(":-#[]{}'\"&*!|> \n\t0e.x".utf8)
      ) { bytes in _ = try YAMLNode(parsing: bytes) },
      FuzzTarget(
        "JSON",
        seeds: try files(".json", in: formats) + [
          Array(#"{"a":[1,-2.5e3,"\u00e9"],"b":null}"#.utf8)
        ],
        letters: Array("{}[]\",:\\u0123456789.eE+-truefalsn ".utf8)
      ) { bytes in _ = try JSONValue(parsing: bytes) },
    ]
  }

  /// The packed entries of an archive, by its local headers.
  private static func packedStreams(_ archive: [UInt8]) throws -> [[UInt8]] {
    let zip = try ZipArchive(ByteSource(archive))
    return try zip.entries.map(\.value).map {
      zlibCompressed(try zip.read($0)).dropFirst(2).dropLast(4)
    }
    .map(Array.init)
      + zip.entries.map(\.value).filter(\.isCompressed).map {
        Array(archive[$0.dataOffset..<($0.dataOffset + $0.compressedSize)])
      }
  }
}
