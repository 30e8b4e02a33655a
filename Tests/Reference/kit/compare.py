"""The measure of docs/oracle.md: the largest difference over the largest element of a tensor."""

import numpy as np


class Difference:
    """How far one tensor of a peer is from the kit's."""

    def __init__(self, name, ours, theirs):
        self.name = name
        self.problem = None
        self.relative = self.absolute = float("inf")
        if ours is None or theirs is None:
            self.problem = "the peer lacks it" if theirs is None else "the kit lacks it"
        elif ours.shape != theirs.shape:
            self.problem = f"shape {list(ours.shape)} in the kit, {list(theirs.shape)} of the peer"
        elif (ours.dtype == np.uint8) != (theirs.dtype == np.uint8):
            self.problem = f"{ours.dtype} in the kit, {theirs.dtype} of the peer"
        else:
            a, b = theirs.astype(np.float64), ours.astype(np.float64)
            self.scale = float(np.abs(b).max(initial=0))
            self.absolute = float(np.abs(a - b).max(initial=0))  # NaN if there is one
            self.relative = 0.0 if self.absolute == 0 else self.absolute / (self.scale or 5e-324)
            self.bytes = ours.dtype == np.uint8

    def within(self, relative, absolute):
        """Whether every element is within absolute + relative · max|kit|; a NaN never is."""
        return self.problem is None and self.absolute <= absolute + relative * self.scale


def differences(case, found, only=None):
    """One `Difference` for each output and gradient, of the kit or of the peer."""
    held = case.names("output") + case.names("gradient")
    names = [n for n in held if only is None or n in only] + [n for n in found if n not in held]
    return [Difference(n, case.arrays.get(n), found.get(n)) for n in names]
