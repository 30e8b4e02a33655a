// Programmer errors stop the program with a text that says what, where and how to mend it.
//
// `precondition` loses its text in release builds and is undefined behaviour when it fails under
// `-Ounchecked`; a `fatalError` keeps both its text and its stop in every configuration.
//
// Read       this file → Tensors/Tensor.swift

/// Stops the program with `message` unless `condition` holds.
///
/// For mistakes of the caller (shapes, ranges). What comes from outside the program, such as a
/// file or an argument, is answered with a thrown error instead.
///
/// - Parameters:
///   - condition: What must hold.
///   - message: What is wrong, where, and how to mend it; built only on failure.
@inline(__always)
public func require(_ condition: Bool, _ message: @autoclosure () -> String) {
  if !condition { fatalError(message()) }
}
