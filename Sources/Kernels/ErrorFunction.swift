// The error function: what an exact GELU needs.
//
// Formula    erf x = 2/√π ∫₀ˣ e^(−t²) dt
//            |x| ≤ 1:  x · P(x²)        1 < |x| ≤ 6:  1 − e^(−x²) · Q((x − 3)/(x + 3))
// Source     P and Q are Chebyshev interpolants of our own making: Tests/Reference/erf_coefficients.py
// Accuracy   Within 3 units in the last place; the largest error measured is 2.17, in Float.
// Tests      Tests/KernelsTests/ElementaryFunctionTests.swift

extension KernelScalar {
  /// erf x.
  @inline(__always)
  static func errorFunction(_ x: Self) -> Self {
    let a = x < 0 ? -x : x
    let z = x * x
    var p = Self(-7.795_898_827_002_142_2e-10)
    p = Self(1.372_006_454_677_765_9e-8).addingProduct(p, z)
    p = Self(-1.620_848_380_187_170_6e-7).addingProduct(p, z)
    p = Self(1.644_742_470_331_736_2e-6).addingProduct(p, z)
    p = Self(-0.000_014_924_736_907_419_66).addingProduct(p, z)
    p = Self(0.000_120_552_949_048_397_08).addingProduct(p, z)
    p = Self(-0.000_854_832_597_538_969_2).addingProduct(p, z)
    p = Self(0.005_223_977_607_116_422_7).addingProduct(p, z)
    p = Self(-0.026_866_170_643_237_77).addingProduct(p, z)
    p = Self(0.112_837_916_709_450_06).addingProduct(p, z)
    p = Self(-0.376_126_389_031_835_4).addingProduct(p, z)
    p = Self(1.128_379_167_095_512_6).addingProduct(p, z)

    let big = a > 6 ? Self(6) : a
    let t = (big - Self(3)) / (big + Self(3))
    var q = Self(3.381_355_142_042_903_8e-9)
    q = Self(1.275_581_894_962_447_9e-6).addingProduct(q, t)
    q = Self(2.013_511_142_644_742_8e-6).addingProduct(q, t)
    q = Self(-8.009_780_939_076_08e-6).addingProduct(q, t)
    q = Self(-0.000_012_845_780_030_775_907).addingProduct(q, t)
    q = Self(0.000_064_062_792_260_460_39).addingProduct(q, t)
    q = Self(0.000_045_254_345_589_910_084).addingProduct(q, t)
    q = Self(-0.000_597_062_496_492_454_4).addingProduct(q, t)
    q = Self(0.000_707_746_466_694_142_5).addingProduct(q, t)
    q = Self(0.004_269_136_356_961_225).addingProduct(q, t)
    q = Self(-0.024_392_499_318_915_005).addingProduct(q, t)
    q = Self(0.071_665_837_197_473_07).addingProduct(q, t)
    q = Self(-0.150_115_936_500_778_99).addingProduct(q, t)
    q = Self(0.245_603_801_712_334_87).addingProduct(q, t)
    q = Self(-0.326_233_560_043_037_2).addingProduct(q, t)
    q = Self(0.179_001_151_181_389_95).addingProduct(q, t)
    let far = Self(1) - exponential(-(big * big)) * q
    // A NaN fails the comparison and takes the polynomial, which keeps it.
    return a > 1 ? (x < 0 ? -far : far) : x * p
  }
}
