"""Who may import whom: within tfmix by the table in BUILD, other packages by the one below."""

import ast
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).parent.parent
LIBRARY = sorted((ROOT / "tfmix").rglob("*.py"))
ALL = [*LIBRARY, *sorted((ROOT / "zoo").rglob("*.py"))]
# Package: where alone it may be imported, as paths or folders below the root.
ONLY_IN = {
    "absl": ["tfmix/programs/", "zoo/"],
    "gradio": ["tfmix/explorer/"],
    "matplotlib": ["tfmix/evaluation/figures.py", "tfmix/explorer/curve.py", "zoo/"],
    "ml_collections": ["tfmix/programs/", "zoo/"],
    "tensorflow_gan": ["tfmix/metrics/tfgan.py"],
    "tensorflow_probability": [
        *("tfmix/priors/", "tfmix/seeds.py", "tfmix/augment.py", "tfmix/metrics/tfgan.py"),
        "zoo/benchmarks/implicit_gradient.py",  # which is compared with it
    ],
    "tfmix": [
        "tfmix/explorer/",
        "tfmix/programs/",
        "zoo/",
    ],  # the whole; rooms are by BUILD's table
    "zoo": ["zoo/"],
}


def imported(path: pathlib.Path) -> set[str]:
    """Dotted names of what a file imports, at its top or inside its functions."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


IMPORTS = {path.relative_to(ROOT).as_posix(): imported(path) for path in ALL}


def rooms() -> dict[str, list[str]]:
    """BUILD's table of rooms; Starlark of this simplicity is Python."""
    tree = ast.parse((ROOT / "BUILD").read_text())
    (table,) = [node.value for node in tree.body if isinstance(node, ast.Assign)]
    return {room: used.split() for room, used in ast.literal_eval(table).items()}


def test_the_table_names_every_room_and_points_one_way():
    table, above = rooms(), set()
    found = {path.stem for path in (ROOT / "tfmix").glob("[a-z]*") if path.suffix in ("", ".py")}
    assert set(table) == found
    for room, used in table.items():
        assert set(used) <= above, f"{room} uses a room below it"
        above.add(room)


def test_each_room_imports_what_the_table_says():
    wrong = set()
    for path, names in IMPORTS.items():
        room = path.split("/")[1].removesuffix(".py")
        if path.startswith("tfmix/") and room != "__init__":  # which names them all
            used = {name.split(".")[1] for name in names if name.startswith("tfmix.")}
            wrong |= {(path, each) for each in used - {room, "checks", *rooms()[room]}}
    assert not wrong


def test_each_package_is_named_where_it_may_be():
    wrong = {
        (path, name)
        for path, names in IMPORTS.items()
        for name in names
        for package, places in ONLY_IN.items()
        if name == package or (package != "tfmix" and name.startswith(f"{package}."))
        if not path.startswith(tuple(places))
    }
    assert not wrong


def test_no_private_name_of_another_library_is_used():
    wrong = {
        (path, name)
        for path, names in IMPORTS.items()
        for name in names
        if name.startswith(("keras.src", "tensorflow.python"))
    }
    assert not wrong


def test_a_model_draws_without_what_only_scores_data_and_training_need():
    """Each start pays for imports. Keras has imported Matplotlib and scikit-learn already."""
    drawn = "import sys, tfmix; tfmix.load('gmgan_mnist').images(2); print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", drawn], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    needless = {f"tfmix.{room}" for room in ("data", "evaluation", "metrics", "training")}
    needless |= {"tensorflow_datasets", "tensorflow_gan", "sklearn.covariance"}
    assert "tfmix.models" in done.stdout.split()
    assert not needless & {*done.stdout.split()}
