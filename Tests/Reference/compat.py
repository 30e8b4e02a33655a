"""Import this instead of torchvision: where the installed wheel needs a shim, it is loaded first."""

try:
    import cpu_torchvision  # noqa: F401
except ImportError:
    pass

import torchvision  # noqa: F401
