"""The anchors of headings, as GitHub makes them; in a module of its own because Sphinx stores the name."""

import unicodedata


def slug(title: str) -> str:
    """The anchor GitHub gives a heading."""
    kept = ("L", "M", "Nd", "Pc")
    return "".join(
        "-" if c in " -" else c for c in title.lower()
        if c in " -" or unicodedata.category(c).startswith(kept))
