"""Are the committed notebooks valid, small enough to be shown, and as Jupyter would write them?

    pip install nbformat
    python Tests/Reference/check_notebooks.py Notebooks
"""

import base64
import pathlib
import sys

import nbformat


def problems(path):
    text = path.read_text(encoding="utf-8")
    if len(text.encode()) > 1_000_000:
        yield f"{len(text.encode())} bytes"
    notebook = nbformat.reads(text, as_version=nbformat.NO_CONVERT)
    if (notebook.nbformat, notebook.nbformat_minor) != (4, 5):
        yield f"format {notebook.nbformat}.{notebook.nbformat_minor}"
    try:
        nbformat.validate(notebook)
    except nbformat.ValidationError as error:
        yield str(error).splitlines()[0]
    # What Jupyter writes when it saves the notebook without a change.
    if nbformat.writes(notebook, version=nbformat.NO_CONVERT) + "\n" != text:
        yield "its bytes are not those that nbformat writes"
    ids = [cell.id for cell in notebook.cells]
    if len(set(ids)) != len(ids):
        yield "two cells have one id"
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            png = output.get("data", {}).get("image/png")
            size = len(base64.b64decode(png)) if png else 0
            if size > 150_000:
                yield f"cell [{cell.execution_count}] shows a picture of {size} bytes"
            if output.output_type == "error":
                yield f"cell [{cell.execution_count}] failed"


def main(folder):
    paths = sorted(pathlib.Path(folder).glob("*.ipynb"))
    wrong = 0
    for path in paths:
        found = list(problems(path))
        wrong += bool(found)
        print(f"{path.name:40} {'; '.join(found) or 'valid'}")
    print(f"{len(paths) - wrong} of {len(paths)} notebooks are valid")
    return 1 if wrong or not paths else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]) if len(sys.argv) == 2 else __doc__)
