// mvmr: the command line. It parses, calls one recipe, and prints.
//
// Read       this file → PretrainCommand.swift → Training/PreTrainingRun.swift

import Foundation

exit(CommandLineTool.run(Array(CommandLine.arguments.dropFirst())))
