"""`tfmix export`: what it writes of a run or of a model, and what it refuses."""

import json
import pathlib
import re
import shutil

import keras
import numpy as np
import pytest

from tfmix import shipped

GOLDENS = pathlib.Path(__file__).parents[1] / "goldens"


def test_an_export_tells_how_it_was_trained(exported):
    described = keras.models.load_model(exported / "tiny.keras").describe()
    assert described["provenance"]["config"]["dataset"] == "digits"


def test_a_shipped_model_is_exported_once_more(programs, tmp_path):
    out, before = tmp_path / "deligan_digits", shipped.folder("saved_models") / "deligan_digits"
    done = programs.run("zoo.export", "--model=deligan_digits", f"--out={out}")
    assert done.code == 0, done.err
    assert (out / "README.md").read_text() == (before / "README.md").read_text()
    assert (out / "1" / "saved_model.pb").exists()
    assert done.out.startswith("Without the signature `cluster`: the .keras file does not hold")
    first, second = (keras.models.load_model(d / "deligan_digits.keras") for d in (before, out))
    np.testing.assert_array_equal(first.sample(3, seed=1), second.sample(3, seed=1))


@pytest.mark.parametrize(
    ("model", "collapsed"),
    [(GOLDENS / "deligan_mnist_collapsed.keras", True), ("dcgan_mnist", False)],
)
def test_a_collapsed_model_is_called_so_in_a_first_line(programs, tmp_path, model, collapsed):
    done = programs.run("zoo.export", f"--model={model}", f"--out={tmp_path / 'model'}")
    said = "Collapsed within its components: two draws of one component lie 0.12 times as far apart"
    assert done.out.startswith(said) == collapsed
    card = (tmp_path / "model" / "README.md").read_text()
    assert card.startswith(f"# model\n\n**{said}") == collapsed
    assert ("Collapsed" in card) == ("Collapsed" in done.out) == collapsed


def test_what_the_log_says_of_components_is_kept_with_the_model(programs, trained, tmp_path):
    workdir, out = tmp_path / "run", tmp_path / "model"
    shutil.copytree(trained, workdir)
    lines = [json.loads(line) for line in (workdir / "log.jsonl").read_text().splitlines()]
    assert all(line["within_spread"] >= 0 for line in lines)
    lines[-1] |= {"within_spread": 0.25, "within_share": 0.713}
    (workdir / "log.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    done = programs.run("zoo.export", f"--workdir={workdir}", f"--out={out}")
    assert "one component lie 0.25 times as far apart" in done.out.splitlines()[0]
    provenance = keras.models.load_model(out / "model.keras").describe()["provenance"]
    assert (provenance["within_spread"], provenance["within_share"]) == (0.25, 0.713)
    card = (out / "README.md").read_text()
    assert re.search(r"\| prior \| .*\), at the end 71% of the variance within components \|", card)


def test_an_export_does_not_lose_the_clusterer(refused, tmp_path):
    out = tmp_path / "gmgan_mnist"
    shutil.copytree(shipped.folder("saved_models") / "gmgan_mnist", out)
    refused("zoo.export", f"--model={out}", f"--out={out}", said="has a clusterer")
    assert not (out / "2").exists()


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ([], "Exactly one of"),
        (["--workdir={empty}"], "no checkpoint"),
        (["--model=nowhere"], "There is no model"),
        (["--model={exported}/1"], "is a SavedModel alone"),
        (["--model={exported}", "--best"], "Leave it out"),
        (["--model={trained}"], "is the folder of a run: --workdir="),
        (["--model="], "A model is given by its name or its path. Received: nothing"),
        (["--model={exported}", "--out="], "names a folder. Received: nothing"),
    ],
)
def test_refuses_in_one_line_and_writes_nothing(refused, trained, exported, tmp_path, flags, said):
    empty = tmp_path / "empty"
    empty.mkdir()
    flags = [flag.format(exported=exported, trained=trained, empty=empty) for flag in flags]
    refused("zoo.export", f"--out={tmp_path / 'out'}", *flags, said=said)
    assert not (tmp_path / "out").exists()


def test_the_best_model_is_exported_where_the_run_kept_one(programs, refused, trained, tmp_path):
    workdir, out = tmp_path / "run", tmp_path / "best"
    flags = [f"--workdir={workdir}", f"--out={out}", "--best"]
    shutil.copytree(trained, workdir)
    record = {**json.loads((workdir / "best.json").read_text()), "step": 2}
    for path in workdir.glob("best.*"):
        path.unlink()  # as in a run that is not evaluated
    refused("zoo.export", *flags, said="has no best model")
    assert not out.exists()
    # The second step is the best, whichever was.
    (workdir / "best.json").write_text(json.dumps(record))
    shutil.copy(workdir / "checkpoints" / "step_00000002.keras", workdir / "best.keras")
    result = programs.run("zoo.export", *flags)
    assert result.code == 0, result.err
    best, model = (
        keras.models.load_model(path) for path in (out / "best.keras", workdir / "best.keras")
    )
    np.testing.assert_array_equal(best.sample(3, seed=1), model.sample(3, seed=1))
    provenance = best.describe()["provenance"]
    assert (provenance["step"], provenance["validation"]) == (2, record)
    card = (out / "README.md").read_text()
    assert "2 of 4 steps of 50 images, the best of the run by KID" in card


def test_the_card_of_a_run_that_was_stopped_says_how_far_it_came(programs, trained, tmp_path):
    workdir, out = tmp_path / "run", tmp_path / "model"
    shutil.copytree(trained, workdir)
    config = json.loads((workdir / "config.json").read_text())
    (workdir / "config.json").write_text(json.dumps({**config, "num_steps": 9}))
    assert programs.run("zoo.export", f"--workdir={workdir}", f"--out={out}").code == 0
    assert "4 of 9 steps" in (out / "README.md").read_text()
