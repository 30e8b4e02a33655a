"""How Sphinx builds the site: pages in Markdown, formulas as MathML, nothing fetched by the reader."""

import html
import re
import sys
import unicodedata
from pathlib import Path

from latex2mathml.converter import convert

sys.path.insert(0, str(Path(__file__).parent))

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
# Pygments does not know every word of Swift; it then colours what it knows.
suppress_warnings = ["misc.highlighting_failure"]

# The pages are written for GitHub; these switches make Markdown mean the same here.
myst_enable_extensions = ["dollarmath"]
myst_dmath_double_inline = True
myst_fence_as_directive = ["math"]
myst_heading_anchors = 6
myst_heading_slug_func = "anchors.slug"


def letter(character: str, variant: str) -> str:
    """A letter as the character Unicode has for it: browsers draw no other bold or script in MathML."""
    words = {"bold": "BOLD", "bold-italic": "BOLD ITALIC", "double-struck": "DOUBLE-STRUCK", "script": "SCRIPT"}
    name = unicodedata.name(character).replace("LETTER ", "")
    for candidate in (f"MATHEMATICAL {words[variant]} {name.removeprefix('LATIN ').removeprefix('GREEK ')}",
                      f"{words[variant]} {name.removeprefix('LATIN ')}"):
        try:
            return unicodedata.lookup(candidate)
        except KeyError:
            continue
    raise ValueError(f"Unicode has no {variant} {character}")


def mathml(latex: str, display: str) -> str:
    tag = re.search(r"\\tag\{([^}]*)\}", latex)
    # The converter has align*, which means the same inside a formula, and no larger brackets with names.
    known = re.sub(r"\\tag\{[^}]*\}", "", latex).replace("{aligned}", "{align*}")
    known = re.sub(r"\\[bB]igg?[lr]?\s*(\\(?:[lr](?:floor|ceil|[vV]ert)|[lr]angle))", r"\1", known)
    text = convert(known.strip(), display=display)
    text = re.sub(
        r'<(mi|mn) mathvariant="(bold|bold-italic|double-struck|script)">([^<]+)</\1>',
        lambda m: f"<{m[1]}>{''.join(letter(c, m[2]) for c in html.unescape(m[3]))}</{m[1]}>", text)
    if re.search(r">\s*(\\[A-Za-z]+|&)<", text):
        raise ValueError(f"a formula holds what the converter does not know: {latex}")
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
