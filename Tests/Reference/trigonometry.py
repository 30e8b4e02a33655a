"""Sine, cosine, angles and roots of unity to 60 digits, for TrigonometryTests (needs mpmath).

A value is the sum of `y` and `rest`.
"""

import math
import random

from mpmath import atan2, cos, mp, mpf, pi, sin

from patterns import Fixture

mp.dps = 60
random.seed(2)

fixture = Fixture()


def put(name, arguments, exact):
    for part, values in arguments.items():
        fixture.put(f"{name}.{part}", values)
    y = [float(v) for v in exact]
    fixture.put(f"{name}.y", y)
    fixture.put(f"{name}.rest", [float(a - mpf(b)) for a, b in zip(exact, y)])


uniform = random.uniform
x = [uniform(-0.8, 0.8) for _ in range(60)] + [uniform(-10, 10) for _ in range(60)]
x += [uniform(-(2.0**20), 2.0**20) for _ in range(40)]
x += [random.choice([-1, 1]) * 10 ** uniform(-300, 0) for _ in range(20)]
# The doubles next to multiples of π/2: what is left after the reduction is tiny.
for n in list(range(1, 9)) + [25, 1000, 66627, 600_000]:
    near = float(n * pi / 2)
    x += [near, math.nextafter(near, math.inf), -near]
put("sine", {"x": x}, [sin(mpf(v)) for v in x])
put("cosine", {"x": x}, [cos(mpf(v)) for v in x])

t = [i / 64 for i in range(64)] + [uniform(0, 1) for _ in range(80)] + [10 ** uniform(-12, -1) for _ in range(20)]
# Zeros of the function itself have no last place; they are exact and tested so.
s = [v for v in t if v not in (0, 0.5)]
c = [v for v in t if v not in (0.25, 0.75)]
put("sineOfTurn", {"t": s}, [sin(2 * pi * mpf(v)) for v in s])
put("cosineOfTurn", {"t": c}, [cos(2 * pi * mpf(v)) for v in c])

yx = [(uniform(-1, 1), uniform(-1, 1)) for _ in range(100)]
yx += [(uniform(-1, 1) * 10 ** uniform(-8, 8), uniform(-1, 1)) for _ in range(60)]
yx += [(a, b) for a in (-2.0, 0.0, 2.0) for b in (-2.0, 2.0)] + [(3.0, 0.0), (-3.0, 0.0)]
put("angle", {"ordinate": [a for a, _ in yx], "abscissa": [b for _, b in yx]},
    [atan2(mpf(a), mpf(b)) for a, b in yx])

roots = [(k, n) for n in (1, 2, 3, 5, 8, 13, 29, 40, 58, 104, 232) for k in range(n)]
roots = roots if len(roots) <= 240 else random.sample(roots, 240)
put("rootReal", {"k": [k for k, _ in roots], "n": [n for _, n in roots]},
    [cos(2 * pi * k / n) if 4 * k not in (n, 3 * n) else mpf(0) for k, n in roots])
put("rootImaginary", {}, [-sin(2 * pi * k / n) if 2 * k % n else mpf(0) for k, n in roots])

fixture.write("trigonometry")
