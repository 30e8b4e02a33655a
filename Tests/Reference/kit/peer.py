"""The register of peers: which program computes which operation.

A peer is a function from a `Case` to its outputs. An operation has one main peer, in float64, which
decides; further ones (`second=True`) show how near a library comes that is less exact by itself, or
that gives values but no gradients.
"""

PEERS = {}


class Peer:
    def __init__(self, compute, name, second, gradients, relative, levels, why):
        self.compute, self.name, self.second = compute, name, second
        self.gradients, self.relative, self.levels, self.why = gradients, relative, levels, why

    def results(self, case):
        """Outputs and gradients as arrays; None for a case this program does not know."""
        case.leaves = {}
        outputs = self.compute(case)
        return None if outputs is None else case.results(outputs, self.gradients)


def peer(*operations, by, second=False, gradients=True, relative=None, levels=0, why=""):
    """Registers a function as peer `by` of operations.

    `relative` replaces the tolerance and needs a reason, `why`; `levels` allows bytes to differ so much.
    """
    assert (relative is None and levels == 0) or why, "a looser tolerance needs its reason"

    def register(compute):
        one = Peer(compute, by, second, gradients, relative, levels, why)
        for operation in operations:
            PEERS.setdefault(operation, []).append(one)
            assert sum(not p.second for p in PEERS[operation]) <= 1, f"two main peers: {operation}"
        return compute

    return register


def nchw(x):
    return x.permute(0, 3, 1, 2).contiguous()


def nhwc(x):
    return x.permute(0, 2, 3, 1).contiguous()
