"""Values of the elementary functions to 60 digits, for ElementaryFunctionTests (needs mpmath).

float64: the value is the sum of `y` and `rest`. float32: `y` is exact to 2^-29 of a float32 ulp.
"""

import random
import struct

from mpmath import erf, exp, log, mp, mpf, tanh

from patterns import Fixture

mp.dps = 60
random.seed(1)


def single(x):
    return struct.unpack("f", struct.pack("f", x))[0]


def spread(low, high, count):
    """Log-uniform magnitudes of both signs."""
    return [random.choice([-1, 1]) * 10 ** random.uniform(low, high) for _ in range(count)]


def points(name, wide):
    tiny, smallest = (-323.3, -308) if wide else (-44.8, -38)
    top = 709.7 if wide else 88.7
    bottom = 745 if wide else 103.2
    uniform = random.uniform
    if name == "exponential":
        x = [uniform(-bottom, top) for _ in range(90)] + [uniform(-1, 1) for _ in range(40)]
        x += [uniform(-bottom, -bottom * 0.95) for _ in range(30)] + spread(-30, 0, 30)
        return x + spread(tiny, smallest, 10)
    if name == "logarithm":
        x = [10 ** uniform(smallest, -smallest) for _ in range(90)]
        x += [1 + s for s in spread(-7 if not wide else -15, -0.5, 60)]
        x += [uniform(0.5, 2) for _ in range(40)]
        return x + [abs(v) for v in spread(tiny, smallest, 20)]
    if name == "logistic":
        x = [uniform(-bottom, 40) for _ in range(80)] + [uniform(-12, 12) for _ in range(80)]
        return x + [uniform(-bottom, -bottom * 0.95) for _ in range(20)] + spread(-30, 0, 20)
    reach = (20 if wide else 10) if name == "hyperbolicTangent" else 6.5
    x = [uniform(-reach, reach) for _ in range(60)] + [uniform(-1.2, 1.2) for _ in range(80)]
    return x + spread(-30, 0.3, 50) + spread(tiny, smallest, 10)


FUNCTIONS = {
    "exponential": exp,
    "logarithm": log,
    "hyperbolicTangent": tanh,
    "logistic": lambda x: 1 / (1 + exp(-x)),
    "errorFunction": erf,
}

fixture = Fixture()
for name, f in FUNCTIONS.items():
    for kind in ("float64", "float32"):
        x = [v if kind == "float64" else single(v) for v in points(name, kind == "float64")]
        exact = [f(mpf(v)) for v in x]
        y = [float(v) for v in exact]
        fixture.put(f"{name}.{kind}.x", x)
        fixture.put(f"{name}.{kind}.y", y)
        if kind == "float64":
            fixture.put(f"{name}.{kind}.rest", [float(a - mpf(b)) for a, b in zip(exact, y)])
fixture.write("elementary_functions")
