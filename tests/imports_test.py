"""The house's rules on who may import whom (README, "The house")."""

import ast
import pathlib

import pytest

ROOT = pathlib.Path(__file__).parent.parent
# Room of tfmix: rooms whose names it may use. A room may always use itself.
MAY_USE = {
    "checks": set(),
    "files": set(),
    "cache": {"files"},
    "seeds": set(),
    "pictures": {"files"},
    "shipped": set(),
    "loading": {"models", "serving", "shipped"},
    "augment": {"seeds"},
    "losses": {"seeds"},
    "priors": {"seeds"},
    "networks": {"seeds"},
    "data": {"cache", "seeds"},
    "metrics": {"seeds"},
    "models": {"augment", "losses", "networks", "pictures", "priors", "seeds"},
    "evaluation": {
        "cache", "data", "files", "metrics", "models", "networks", "pictures", "priors", "seeds",
    },
    "training": {
        "data", "evaluation", "files", "losses", "metrics", "models", "networks", "pictures",
        "priors", "seeds",
    },
    "serving": {"evaluation", "files", "models", "pictures", "priors", "seeds"},
}  # fmt: skip
# Package: where alone it may be imported, as paths or folders below the root.
ONLY_IN = {
    "tensorflow_gan": ["tfmix/metrics/tfgan.py"],
    "absl": ["zoo/"],
    "ml_collections": ["zoo/"],
    "gradio": ["zoo/"],
    "matplotlib": ["zoo/", "tfmix/training/callbacks.py", "tfmix/evaluation/figures.py"],
    "tensorflow_probability": ["tfmix/priors/", "tfmix/seeds.py", "tfmix/metrics/tfgan.py"],
    "zoo": ["zoo/"],
}
LIBRARY = sorted((ROOT / "tfmix").rglob("*.py"))
ALL = LIBRARY + sorted((ROOT / "zoo").rglob("*.py"))


def imported(path: pathlib.Path) -> set[str]:
    """Dotted names of what a file imports, at its top or inside its functions."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def room(path: pathlib.Path) -> str:
    return path.relative_to(ROOT / "tfmix").parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", LIBRARY, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_one_way(path):
    if room(path) == "__init__":
        return  # the door names every room
    used = {name.split(".")[1] for name in imported(path) if name.startswith("tfmix.")}
    assert used - {room(path), "checks"} <= MAY_USE[room(path)]


@pytest.mark.parametrize("path", ALL, ids=lambda path: str(path.relative_to(ROOT)))
def test_packages_are_named_where_they_may_be(path):
    here = path.relative_to(ROOT).as_posix()
    packages = {name.split(".")[0] for name in imported(path)}
    misplaced = {
        package
        for package in packages & ONLY_IN.keys()
        if not any(here.startswith(place) for place in ONLY_IN[package])
    }
    assert not misplaced


def test_no_private_name_of_another_library_is_used():
    private = {
        (path.relative_to(ROOT).as_posix(), name)
        for path in ALL
        for name in imported(path)
        if name.startswith(("keras.src", "tensorflow.python"))
    }
    assert not private
