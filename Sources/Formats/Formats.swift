// Files: what programs in this field write, read back with every size and name checked first.
//
// Idea       Whoever imports `Formats` also sees the floor below: checksums, digests, DEFLATE, and the error
//            that every reader and writer throws.
// Read       Bytes/FormatError.swift ← this file → SafeTensors.swift, YAMLParser.swift, PNGReader.swift
// Tests      Tests/FormatsTests

@_exported import Bytes
