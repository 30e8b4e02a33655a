// Ctrl-C: the first one asks the run to stop after its step and write a checkpoint, the second one
// ends the program.
//
// Read       this file → PretrainCommand.swift

import Foundation
import Synchronization

/// Whether an interrupt or terminate signal has come.
enum Interruption {
  private static let count = Atomic<Int>(0)

  static var isRequested: Bool { count.load(ordering: .relaxed) > 0 }

  /// From now on the first signal is only noted.
  static func watch() {
    // A parent may hand down a mask that blocks them, as a program that starts us from a worker
    // thread does.
    var mask = sigset_t()
    unsafe sigemptyset(&mask)
    for number in [SIGINT, SIGTERM] { unsafe sigaddset(&mask, number) }
    unsafe pthread_sigmask(SIG_UNBLOCK, &mask, nil)
    for number in [SIGINT, SIGTERM] {
      // A handler may do very little: an atomic addition and _exit are among it.
      signal(number) { _ in
        if Interruption.count.add(1, ordering: .relaxed).oldValue > 0 { _exit(130) }
      }
    }
  }
}
