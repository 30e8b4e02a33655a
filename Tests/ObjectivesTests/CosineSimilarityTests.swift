import Autodiff
import Objectives
import Tensors
import TestSupport
import Testing

@Suite("Cosine similarity") struct CosineSimilarityTests {
  @Test("it agrees with PyTorch, and is that of a row alone")
  func values() throws {
    let cosines = cosineSimilarity(Variable(rows(6, 5)), Variable(rows(6, 5, offset: 17)))
    #expect(cosines.shape == [6])
    #expect(relativeError(cosines.value.scalars, try Fixture("baselines").values("cosine")) < 1e-14)
  }

  @Test("2 − 2 cos is the squared distance of the normalised rows; lengths do not matter")
  func distance() {
    let (x, y) = (rows(4, 3), rows(4, 3, offset: 9))
    let cosines = cosineSimilarity(Variable(x * 7), Variable(y / 3)).value
    let squares = (unit(x) - unit(y)).map(.square).sum(over: 1)
    #expect(relativeError((2 - 2 * Variable(cosines)).value.scalars, squares.scalars) < 1e-14)
  }

  @Test("its gradient lies along the sphere")
  func tangent() throws {
    let x = Variable(tracking: rows(4, 3))
    cosineSimilarity(x, Variable(rows(4, 3, offset: 9))).sum().backward()
    let along = (try #require(x.gradient) * x.value).sum(over: 1)
    #expect(along.scalars.allSatisfy { abs($0) < 1e-15 })
  }
}
