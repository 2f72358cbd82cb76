"""`tfmix sample`: the pictures that it writes, and what it refuses."""

import keras
import numpy as np
import pytest
from PIL import Image

import tfmix


def test_run_export_and_saved_model_give_the_same_picture(programs, trained, exported, tmp_path):
    pictures = []
    for model in (trained, trained / "model.keras", exported, exported / "1"):
        out = tmp_path / f"{len(pictures)}.png"
        result = programs.run(
            "zoo.sample", f"--model={model}", "--num=9", "--seed=5", "--scale=0.7", f"--out={out}"
        )
        assert result.code == 0, result.err
        pictures.append(out.read_bytes())
    assert len(set(pictures)) == 1
    loaded = keras.models.load_model(exported / "tiny.keras")
    assert type(loaded) is tfmix.Sampler
    zoomed = loaded.images(9, seed=5, scale=0.7).repeat(6, axis=1).repeat(6, axis=2)
    with Image.open(tmp_path / "0.png") as picture:
        np.testing.assert_array_equal(np.asarray(picture), tfmix.grid(zoomed)[..., 0])


def test_a_row_goes_from_one_component_to_another(programs, exported, tmp_path):
    sampler, out = keras.models.load_model(exported / "tiny.keras"), tmp_path / "rows.png"
    flags = [f"--model={exported}", "--interpolate=1,3", "--num=2", f"--out={out}"]
    result = programs.run("zoo.sample", *flags)
    assert result.code == 0, result.err
    with Image.open(out) as picture:
        rows = np.asarray(picture)
    for component, left in ((1, 2), (3, 2 + 9 * 50)):
        ends = sampler.images(2, seed=0, component=component)[..., 0]
        np.testing.assert_array_equal(rows[2:50:6, left : left + 48 : 6], ends[0])
        np.testing.assert_array_equal(rows[52:100:6, left : left + 48 : 6], ends[1])


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--component=4"], "Wanted a component in [-1, 4)"),
        (["--label=1"], "has no classes"),
        (["--scale=-1"], "scale"),
        (["--seed=4294967296"], "seed"),
        (["--interpolate=1"], "--interpolate=3,7"),
        (["--interpolate=1,9"], "Wanted a component in [-1, 4)"),
        (["--interpolate=1,2", "--component=3"], "takes no --component"),
        (["--interpolate=-1,2"], "at least 0"),
        (["--num=1000000"], "--shards=N writes more"),
        (["--shards=2"], "--out names a folder"),
        (["--shards=65", "--out=many"], "at least one image"),
        (["--out=samples.jpg"], ".png"),
        (["--model=nosuch"], "nosuch"),
        (["--model={half}"], "half.keras"),
    ],
)
def test_refuses_in_one_line_and_writes_nothing(refused, exported, tmp_path, flags, said):
    half, whole = tmp_path / "half.keras", (exported / "tiny.keras").read_bytes()
    half.write_bytes(whole[: len(whole) // 2])
    flags = [flag.format(half=half) for flag in flags]
    out = tmp_path / "samples.png"
    refused("zoo.sample", f"--model={exported}", f"--out={out}", *flags, said=said)
    assert not out.exists()


def test_a_bare_name_is_never_looked_up_in_the_current_folder(refused, tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "here.keras").write_bytes(b"")
    monkeypatch.chdir(tmp_path)
    refused("zoo.sample", "--model=here", said="a folder here is ./here")
