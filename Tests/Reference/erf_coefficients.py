"""The polynomials of Sources/Kernels/ErrorFunction.swift (needs mpmath).

erf(x)  = x · P(x²)                  for |x| ≤ 1
erfc(x) = exp(−x²) · Q((x−3)/(x+3))  for 1 ≤ x ≤ 6
Both are Chebyshev interpolants, printed lowest power first with the largest error of the fit.
"""
from mpmath import chebyfit, erf, erfc, exp, mp, mpf, nstr, pi, sqrt

mp.dps = 40


def small(z):
    return erf(sqrt(z)) / sqrt(z) if z > 0 else 2 / sqrt(pi)


def large(t):
    x = 3 * (1 + t) / (1 - t)
    return erfc(x) * exp(x * x)


for name, f, interval, terms in (
    ("P", small, [0, 1], 12),
    ("Q", large, [mpf(1 - 3) / (1 + 3), mpf(6 - 3) / (6 + 3)], 16),
):
    coefficients, error = chebyfit(f, interval, terms, error=True)
    print(name, "error", nstr(error, 3))
    for c in reversed(coefficients):
        print("   ", nstr(c, 20))
