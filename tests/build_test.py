"""BUILD names every package, module and program there is."""

import ast
import pathlib

ROOT = pathlib.Path(__file__).parent.parent


def strings(tree):
    return {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}


def test_build_has_a_target_for_everything():
    # Starlark of this simplicity is Python.
    named = strings(ast.parse((ROOT / "BUILD").read_text()))
    rooms = {f"tfmix/{path.parent.name}/*.py" for path in (ROOT / "tfmix").glob("*/__init__.py")}
    modules = {path.relative_to(ROOT).as_posix() for path in (ROOT / "tfmix").glob("*.py")}
    assert rooms | modules <= named
    for path in (ROOT / "zoo").glob("*.py"):
        runs = "command_line.run(main)" in path.read_text()
        assert (path.stem if runs else path.relative_to(ROOT).as_posix()) in named
