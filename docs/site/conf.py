"""How Sphinx builds the site: pages in Markdown, formulas as MathML, nothing fetched by the reader."""

import re
import unicodedata

from latex2mathml.converter import convert

project = "mv-mr-swift"
author = "mv-mr-swift"
extensions = ["myst_parser"]
root_doc = "index"
html_theme = "furo"
html_title = "mv-mr-swift"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_show_sphinx = False
html_show_copyright = False
html_copy_source = False
html_show_sourcelink = False
html_math_renderer = "mathml"
pygments_style = "friendly"
pygments_dark_style = "monokai"
nitpicky = False

# The pages are written for GitHub; these switches make Markdown mean the same here.
myst_enable_extensions = ["dollarmath"]
myst_dmath_double_inline = True
myst_fence_as_directive = ["math"]
myst_heading_anchors = 6


def slug(title: str) -> str:
    """The anchor GitHub gives a heading."""
    kept = ("L", "M", "Nd", "Pc")
    return "".join(
        "-" if c in " -" else c for c in title.lower()
        if c in " -" or unicodedata.category(c).startswith(kept))


myst_heading_slug_func = slug


def mathml(latex: str, display: str) -> str:
    tag = re.search(r"\\tag\{([^}]*)\}", latex)
    text = convert(re.sub(r"\\tag\{[^}]*\}", "", latex).strip(), display=display)
    if re.search(r">\s*\\[A-Za-z]+", text):
        raise ValueError(f"a formula holds a command that is not known: {latex}")
    # A double bar that opens or closes is as high as a letter, not as what stands between.
    number = f'<span class="eqno">({tag.group(1)})</span>' if tag else ""
    return text + number


def visit_inline(self, node) -> None:
    from docutils import nodes

    self.body.append(mathml(node.astext(), "inline"))
    raise nodes.SkipNode


def visit_block(self, node) -> None:
    from docutils import nodes

    self.body.append(f'<div class="formula">{mathml(node.astext(), "block")}</div>')
    raise nodes.SkipNode


def setup(app) -> None:
    app.add_html_math_renderer("mathml", (visit_inline, None), (visit_block, None))
