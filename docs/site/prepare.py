"""Collects the pages of the repository into one tree that Sphinx can build.

The pages are written for GitHub: links lead to files of the repository. Here a link to a source leads to
its annotated page, a link to any other text file to a page that shows it, and a notebook becomes a page.
Nothing else is changed.

    prepare.py REPOSITORY TREE ANNOTATED [--api]
"""

import base64
import html
import json
import os
import re
import shutil
import sys
from pathlib import Path, PurePosixPath

LINK = re.compile(r"(!?)\[((?:[^\[\]`]|`[^`]*`|\[[^\]]*\])*)\]\(([^)\s]+)\)")
LANGUAGES = {".swift": "swift", ".py": "python", ".yaml": "yaml", ".sh": "bash", ".json": "json"}


class Tree:
    def __init__(self, repository: Path, tree: Path, annotated: Path):
        self.repository, self.tree, self.annotated = repository, tree, annotated
        self.shown: set[str] = set()

    def write(self, path: str, text: str) -> None:
        place = self.tree / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")

    # Links

    def page_of(self, target: str) -> str | None:
        """Where the site shows a file of the repository, without ending; None if it does not."""
        if target == "README.md":
            return "index"
        if target.endswith(".md"):
            return target[:-3]
        if target.endswith(".ipynb"):
            return target[:-6]
        if target.startswith("Sources/") and target.endswith(".swift"):
            return "docs/sources/" + target[len("Sources/"):-len(".swift")]
        return "files/" + target

    def link(self, match: re.Match, page: str) -> str:
        mark, text, target = match.groups()
        if "://" in target or target.startswith("#") or target.startswith("mailto:"):
            return match.group(0)
        path, _, anchor = target.partition("#")
        path = os.path.normpath(os.path.join(os.path.dirname(page), path))
        if mark:  # a picture
            place = self.tree / path
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(self.repository / path, place)
            return match.group(0)
        if path.endswith(".md") and path != "README.md":
            return match.group(0)
        shown = self.page_of(path)
        if shown.startswith("files/"):
            self.shown.add(path)
        if shown.startswith("docs/sources/") and re.fullmatch(r"L\d+", anchor):
            anchor = self.block(shown, int(anchor[1:]))
        up = os.path.relpath(shown + ".html", os.path.dirname(self.placed(page)) or ".")
        words = re.sub(r"`([^`]*)`", lambda m: f"<code>{html.escape(m.group(1))}</code>", text)
        return f'<a href="{up}{"#" + anchor if anchor else ""}">{words}</a>'

    def block(self, shown: str, line: int) -> str:
        """The anchor of the block of code that holds a line; empty for the top of the page."""
        page = self.annotated / (shown[len("docs/sources/"):] + ".md")
        text = page.read_text(encoding="utf-8") if page.exists() else ""
        starts = [int(n) for n in re.findall(r'<a id="L(\d+)"></a>', text)]
        start = max((n for n in starts if n <= line), default=0)
        return f"L{start}" if start else ""

    @staticmethod
    def placed(page: str) -> str:
        return "index.md" if page == "README.md" else page

    def rewritten(self, text: str, page: str) -> str:
        lines, fence = [], None
        for line in text.split("\n"):
            marks = re.match(r" *(`{3,})", line)
            if fence is None and marks:
                fence = marks.group(1)
                # What follows the language belongs to the book's own checks.
                line = re.sub(r"^( *`{3,}\w*) .*", r"\1", line)
            elif fence is not None:
                if line.strip() == fence:
                    fence = None
            else:
                line = LINK.sub(
                    lambda m: m.group(0) if line[: m.start()].count("`") % 2 else self.link(m, page),
                    line)
            lines.append(line)
        return "\n".join(lines)

    # Pages

    def add(self, page: str, text: str, more: str = "") -> None:
        self.write(self.placed(page), self.rewritten(text, page) + more)

    def add_notebook(self, path: str) -> None:
        cells = json.loads((self.repository / path).read_text(encoding="utf-8"))["cells"]
        parts = []
        for number, cell in enumerate(cells):
            source = "".join(cell["source"])
            if cell["cell_type"] == "markdown":
                parts.append(self.rewritten(source, path))
                continue
            parts.append(f"```swift\n{source}\n```")
            for k, output in enumerate(cell.get("outputs", [])):
                data = output.get("data", {})
                if "image/png" in data:
                    name = f"{Path(path).stem}-{number}-{k}.png"
                    place = self.tree / os.path.dirname(path) / "images" / name
                    place.parent.mkdir(parents=True, exist_ok=True)
                    place.write_bytes(base64.b64decode("".join(data["image/png"])))
                    parts.append(f"![output](images/{name})")
                else:
                    said = "".join(output.get("text", data.get("text/plain", [])))
                    parts.append(f"```text\n{said.rstrip()}\n```")
        self.write(path[: -len(".ipynb")] + ".md", "\n\n".join(parts) + "\n")

    def add_shown(self) -> None:
        """Pages for the files and folders that links lead to."""
        for path in sorted(self.shown):
            place = self.repository / path
            if place.is_dir():
                rows = "".join(f"- `{p.name}`\n" for p in sorted(place.iterdir()))
                body = rows
            else:
                text = place.read_text(encoding="utf-8", errors="replace")
                fence = "`" * 4
                body = f"{fence}{LANGUAGES.get(place.suffix, 'text')}\n{text}\n{fence}\n"
            self.write(f"files/{path}.md", f"---\norphan: true\n---\n\n# {place.name}\n\n`{path}`\n\n{body}")


def toctree(caption: str, pages: list[str]) -> str:
    return f"\n```{{toctree}}\n:hidden:\n:caption: {caption}\n\n" + "\n".join(pages) + "\n```\n"


def main(repository: Path, tree: Path, annotated: Path, with_api: bool) -> None:
    shutil.rmtree(tree, ignore_errors=True)
    site = Tree(repository, tree, annotated)
    book = sorted(p.stem for p in (repository / "docs/book").glob("*.md"))
    notebooks = sorted(p.stem for p in (repository / "Notebooks").glob("*.ipynb"))
    reference = sorted(p.stem for p in (repository / "docs").glob("*.md"))
    targets = sorted(p.stem for p in (repository / "docs/sources").glob("*.md"))
    first = [name for name in ("index", "equations", "notation", "errata") if name in reference]
    navigation = toctree("Ways in", [f"docs/{name}" for name in first])
    if book:
        navigation += toctree("The book", [f"docs/book/{name}" for name in book])
    if notebooks:
        navigation += toctree("Notebooks", [f"Notebooks/{name}" for name in notebooks])
    navigation += toctree(
        "To look things up", [f"docs/{name}" for name in reference if name not in first])
    navigation += toctree(
        "The sources", ["docs/sources/index"]
        + [f"docs/sources/{name}" for name in targets if name != "index"])
    others = ["CONTRIBUTING.md", "Tests/Reference/README.md", "docs/site/README.md"]
    others += sorted(str(p.relative_to(repository)) for p in (repository / "Examples").rglob("*.md"))
    others += sorted(str(p.relative_to(repository)) for p in (repository / "Notebooks").rglob("*.md"))
    others = [page for page in others if (repository / page).exists() and ".build" not in page]
    if with_api:
        navigation = "\n\nThe <a href=\"api/documentation/index.html\">API reference</a> is made from the doc comments.\n" + navigation
    navigation += toctree("To take part", [page[:-3] for page in others])

    pages = others + [f"docs/{n}.md" for n in reference] + [f"docs/book/{n}.md" for n in book]
    for page in pages + [f"docs/sources/{n}.md" for n in targets]:
        site.add(page, (repository / page).read_text(encoding="utf-8"))
    readme = (repository / "README.md").read_text(encoding="utf-8")
    site.add("README.md", readme, navigation)
    for name in notebooks:
        site.add_notebook(f"Notebooks/{name}.ipynb")
    for page in sorted(annotated.rglob("*.md")):
        path = str(PurePosixPath("docs/sources") / page.relative_to(annotated).as_posix())
        site.add(path, "---\norphan: true\n---\n\n" + page.read_text(encoding="utf-8"))
    site.add_shown()


if __name__ == "__main__":
    main(*(Path(argument) for argument in sys.argv[1:4]), with_api="--api" in sys.argv)
