"""README.md and the pages of docs/: blocks run as written, links lead somewhere.

The blocks of a page run in their order in one empty folder: those of Python share their names, and
those of bash are commands of tfmix. A block that begins with `# NAME.py` is written to that file. A
block that is not run has `<!-- not run: WHY -->` above it, and a page that takes more than ten
seconds says `<!-- slow -->`.
"""

import json
import pathlib
import re
import shlex
import textwrap

import matplotlib.pyplot as plt
import nbclient
import nbformat
import pytest

ROOT = pathlib.Path(__file__).parent.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
CARDS = [ROOT / "CHANGELOG.md", *sorted(ROOT.glob("zoo/**/*.md"))]
BLOCK = re.compile(r"^ *(<!-- not run: .+ -->\n+ *)?```(.*)\n((?:.*\n)*?) *```$", re.MULTILINE)
LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def named(path):
    return path.relative_to(ROOT).as_posix()


def marked(path):
    slow = "<!-- slow -->" in path.read_text()
    return pytest.param(path, id=named(path), marks=[pytest.mark.slow] if slow else [])


def run_python(text, where, names):
    file = re.match(r"# (\w+\.py)\n", text)
    if file:
        pathlib.Path(file[1]).write_text(text)
    exec(compile(text, where, "exec"), names)


def run_commands(text, where, programs):
    for line in text.replace("\\\n", " ").splitlines():
        words = shlex.split(line, comments=True)
        if not words:
            continue
        if words[0] == "tfmix":
            words[0] = "tfmix_cli"
        else:
            assert words[:2] == ["python", "-m"], f"{where} runs another program: {line}"
            del words[:2]
        result = programs.run(*words)
        assert result.code == 0, f"{where}: {line}\n{result.err}"


@pytest.mark.filterwarnings("ignore:FID of .* images is biased:UserWarning")
@pytest.mark.parametrize("path", [marked(path) for path in PAGES if "```" in path.read_text()])
def test_the_blocks_of_a_page_run(path, programs, tfds_dir, tmp_path, monkeypatch):
    monkeypatch.setenv("TFDS_DATA_DIR", str(tfds_dir))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(plt, "show", lambda: plt.close("all"))
    names = {"__name__": "__main__"}
    for number, match in enumerate(BLOCK.finditer(path.read_text()), start=1):
        not_run, language, text = match.groups()
        text = textwrap.dedent(text)
        where = f"block {number} of {named(path)}"
        assert language, f"{where} names no language"
        if language == "python" and not not_run:
            run_python(text, where, names)
        elif language == "bash" and not not_run:
            run_commands(text, where, programs)


@pytest.mark.slow
def test_the_notebook_runs(tmp_path):
    notebook = nbformat.read(ROOT / "docs/notebooks/digits.ipynb", as_version=4)
    folder = {"metadata": {"path": tmp_path}}
    nbclient.NotebookClient(notebook, timeout=300, resources=folder).execute()
    shown = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    assert any("image/png" in output.get("data", ()) for output in shown)


def anchors(path):
    """Ids of a page's headings, as GitHub and MkDocs both make them of plain words."""
    headings = [re.sub(r"[^\w\s-]", "", heading) for heading in HEADING.findall(path.read_text())]
    return {re.sub(r"\s+", "-", heading.strip().lower()) for heading in headings}


@pytest.mark.parametrize("path", [*PAGES, *CARDS], ids=named)
def test_links_lead_somewhere(path):
    for target, anchor in LINK.findall(path.read_text()):
        file = path.parent / target if target else path
        assert file.is_file(), f"{named(path)} links to {target}"
        assert not anchor or anchor in anchors(file), f"{named(path)} links to {target}#{anchor}"


MODEL_ROW = re.compile(r"^\| `(\w+)` \|[^|]*\|(.*)\|$", re.MULTILINE)


def test_the_readme_gives_the_scores_of_the_reports():
    rows = dict(MODEL_ROW.findall((ROOT / "README.md").read_text()))
    reports = {path.parent.name: path for path in ROOT.glob("saved_models/*/report.json")}
    assert rows.keys() == reports.keys()
    for name, cells in rows.items():
        scores = json.loads(reports[name].read_text())["scores"]
        values = {re.match("[a-z_]+", key)[0]: score["value"] for key, score in scores.items()}
        digits = {"fid": 1, "precision": 2, "recall": 2, "diversity": 2}
        expected = [f"{values[k]:.{n}f}" if k in values else "" for k, n in digits.items()]
        assert [cell.strip() for cell in cells.split("|")] == [
            value.removeprefix("0") for value in expected
        ], name
