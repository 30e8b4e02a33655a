import Testing

@testable import NotebookRunner

@Suite("Compiled modules") struct CompiledModulesTests {
  @Test("an object's place in a build is found wherever the build lies")
  func places() {
    let place = CompiledModules.placeInBuild
    #expect(place("/a/.build/x86/release/Images.build/Hue.swift.o") == "Images.build/Hue.swift.o")
    #expect(place("/a b/.build/r/Training.build/Eval/X.swift.o") == "Training.build/Eval/X.swift.o")
    #expect(place("/a/.build/x.o") == nil && place("/a/Images.build/x.d") == nil)
  }
}
