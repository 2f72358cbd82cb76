"""Lets the pages link to files of the repository as they do on GitHub. MkDocs calls this module.

README.md becomes the front page. A link that leads out of docs/, such as
`../saved_models/gmgan_mnist/samples.png`, brings that file into the site, under its path in the
repository; a Markdown file becomes a page, whose own links are followed in turn.
"""

import pathlib
import posixpath
import re

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

_ROOT = pathlib.Path(__file__).resolve().parents[1]
_LINK = re.compile(r"(?<=\]\()([^)#\s:]+)")  # relative: an address has a colon


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Adds the README, and whatever the pages link to."""
    files.append(_file("README.md", config))
    waiting = files.documentation_pages()
    while waiting:
        for path in _linked(waiting.pop()):
            known = files.get_file_from_path(_in_site(path)) is not None
            if not known and (_ROOT / path).is_file():
                files.append(_file(path, config))
                if path.endswith(".md"):
                    waiting.append(files.get_file_from_path(_in_site(path)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Turns links between files of the repository into links between files of the site."""
    source = _in_repository(page.file)
    start = posixpath.dirname(page.file.src_uri) or "."

    def translated(match: re.Match[str]) -> str:
        path = _resolved(source, match[0])
        if not (_ROOT / path).is_file():
            return match[0]  # MkDocs names it
        return posixpath.relpath(_in_site(path), start)

    return _LINK.sub(translated, markdown)


def _file(path: str, config: MkDocsConfig) -> File:
    return File.generated(config, _in_site(path), abs_src_path=str(_ROOT / path))


def _linked(file: File) -> list[str]:
    text = pathlib.Path(file.abs_src_path).read_text()
    return [_resolved(_in_repository(file), link) for link in _LINK.findall(text)]


def _resolved(source: str, link: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(source), link))


def _in_repository(file: File) -> str:
    return pathlib.Path(file.abs_src_path).resolve().relative_to(_ROOT).as_posix()


def _in_site(path: str) -> str:
    return "index.md" if path == "README.md" else path.removeprefix("docs/")
