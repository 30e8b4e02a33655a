import Testing
import Training

@Suite("Schedules") struct ScheduleTests {
  @Test("warm-up cosine gives the rates of the released code")
  func golden() {
    let schedule = Schedule.warmupCosine(warmupSteps: 10, totalSteps: 100)
    let expected = [
      (0, 1e-6), (1, 1.09e-5), (9, 9.01e-5), (10, 1e-4), (11, 9.996985e-5), (99, 1.030154e-6),
      (100, 1e-6),
    ]
    for (step, rate) in expected {
      let ours = schedule.learningRate(step: step, base: 1e-4)
      #expect(abs(ours - rate) < 1e-6 * rate + 1e-12, "step \(step): \(ours)")
    }
  }

  @Test("cosine falls from the base rate to the minimum and stays there")
  func cosine() {
    let schedule = Schedule.cosine(totalSteps: 50)
    #expect(schedule.learningRate(step: 0, base: 0.1) == 0.1)
    #expect(abs(schedule.learningRate(step: 25, base: 0.1) - 0.05) < 1e-6)
    #expect(abs(schedule.learningRate(step: 50, base: 0.1) - Schedule.minimum) < 1e-12)
    #expect(schedule.learningRate(step: 99, base: 0.1) == Schedule.minimum)
    let rates = (0...50).map { schedule.learningRate(step: $0, base: 0.1) }
    #expect(zip(rates, rates.dropFirst()).allSatisfy { $0 >= $1 })
  }

  @Test("multistep multiplies at each milestone")
  func multistep() {
    let schedule = Schedule.multistep(milestones: [10, 20], factor: 0.1)
    #expect(schedule.learningRate(step: 9, base: 1) == 1)
    #expect(abs(schedule.learningRate(step: 10, base: 1) - 0.1) < 1e-15)
    #expect(abs(schedule.learningRate(step: 20, base: 1) - 0.01) < 1e-15)
  }
}
