"""The program that sorts a user's own pictures, and the export of what it sorts by."""

import csv

import keras
import numpy as np
import pytest
from PIL import Image

import tfmix


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """An export whose clusterer was told that component 1 is bright and component 0 dark."""
    prior = tfmix.priors.GaussianMixture(2, 3)
    generator = tfmix.networks.DCGANGenerator(3, (8, 8, 1), width=2, depth=1)
    images = x = keras.Input((8, 8, 1))
    x = keras.layers.Flatten()(x)
    kernel = keras.initializers.Constant(np.tile([-1.0, 1.0], [64, 1]) / 10)
    x = keras.layers.Dense(2, "softmax", kernel_initializer=kernel)(x)
    out = tmp_path_factory.mktemp("models") / "tiny"
    tfmix.serving.export(tfmix.Sampler(prior, generator), out, keras.Model(images, x))
    return out


@pytest.fixture
def folder(tmp_path):
    """Pictures of several sizes and modes, from dark to bright."""
    folder = tmp_path / "pictures"
    (folder / "more").mkdir(parents=True)
    for name, level in (("a", 10), ("b", 240), ("c", 60), ("more/d", 200), ("more/e", 255)):
        Image.new("RGB", (20, 12 + level % 7), (level, level, level)).save(folder / f"{name}.png")
    return folder


def test_pictures_are_sorted_into_a_csv_and_a_sheet_a_cluster(programs, model, folder, tmp_path):
    out = tmp_path / "clusters"
    for which in (model, model / "1"):
        result = programs.run(
            "zoo.cluster", f"--model={which}", f"--images={folder}", f"--out={out}"
        )
        assert result.code == 0, result.err
        with open(out / "clusters.csv") as file:
            rows = list(csv.DictReader(file))
        found = {row["picture"]: row["cluster"] for row in rows}
        dark, bright = {"a.png": "0", "c.png": "0"}, {"b.png": "1"}
        assert found == dark | bright | {"more/d.png": "1", "more/e.png": "1"}
        assert all(0.5 <= float(row["probability"]) <= 1 for row in rows)
        assert "3 of cluster 1" in result.out
    sheet = np.asarray(Image.open(out / "cluster_1.png"))
    assert sheet[sheet.shape[0] // 4, sheet.shape[1] // 4] == 255  # the surest comes first
    assert {path.name for path in out.iterdir()} == {
        "clusters.csv",
        "cluster_0.png",
        "cluster_1.png",
    }


def test_a_picture_that_cannot_be_read_moves_no_other(programs, model, folder, tmp_path):
    (folder / "aa.png").write_text("no picture")
    out = tmp_path / "clusters"
    result = programs.run("zoo.cluster", f"--model={model}", f"--images={folder}", f"--out={out}")
    assert result.code == 0, result.err
    assert "warning: 1 of 6 pictures" in result.out
    assert "left out: aa.png (no picture of a known format)." in result.out
    assert "5 pictures: " in result.out
    with open(out / "clusters.csv") as file:
        found = {row["picture"]: row["cluster"] for row in csv.DictReader(file)}
    bright = {"b.png": "1", "more/d.png": "1", "more/e.png": "1"}
    assert found == {"a.png": "0", "c.png": "0"} | bright


def test_another_run_leaves_no_sheet_of_the_one_before(programs, model, folder, tmp_path):
    out = tmp_path / "clusters"
    flags = [f"--model={model}", f"--images={folder}", f"--out={out}"]
    assert programs.run("zoo.cluster", *flags).code == 0
    for bright in ("b.png", "more/d.png", "more/e.png"):
        (folder / bright).unlink()
    assert programs.run("zoo.cluster", *flags).code == 0
    assert {path.name for path in out.iterdir()} == {"clusters.csv", "cluster_0.png"}


def test_a_seed_beside_a_clusterer_that_is_there_is_refused(programs, model, folder, tmp_path):
    flags = [f"--model={model}", f"--images={folder}", f"--out={tmp_path / 'x'}", "--seed=1"]
    result = programs.run("zoo.cluster", *flags)
    assert result.code == 2
    assert "brings its own" in result.err


def test_a_model_without_a_clusterer_gets_one(programs, folder, tmp_path):
    """And the export of a run gets one where it is asked for."""
    workdir, out = tmp_path / "run", tmp_path / "tiny"
    small = ["--config.num_steps=2", "--config.checkpoint_every=2", "--config.train_size=60"]
    small += ["--config.generator.width=4", "--config.discriminator.width=4"]
    config = "--config=deligan_digits"
    assert programs.run("zoo.train", config, *small, f"--workdir={workdir}").code == 0
    result = programs.run(
        "zoo.export", f"--workdir={workdir}", f"--out={out}", "--cluster_samples=200"
    )
    assert result.code == 0, result.err
    saved = tfmix.serving.SavedSampler(out / "1")
    probabilities = saved.cluster(saved.sample(4))
    assert probabilities.shape == (4, 50)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)


def test_a_saved_model_without_a_clusterer_says_what_would_do(programs, model, folder, tmp_path):
    sampler = keras.models.load_model(model / "tiny.keras")
    version = tfmix.serving.export(sampler, tmp_path / "plain")
    out = tmp_path / "clusters"
    result = programs.run("zoo.cluster", f"--model={version}", f"--images={folder}", f"--out={out}")
    assert result.code == 2, result
    assert "zoo.export --cluster_samples=20000" in result.err
    assert not out.exists()


@pytest.mark.parametrize(
    ("flag", "said"),
    [
        ("--images=nowhere", "needs a folder. Received: nowhere"),
        ("--model=nowhere", "There is no model at"),
        ("--model=pixelcnn_mnist", "Clusters are those of a GAN's components"),
        ("--out=README.md/x", "cannot be written"),
        ("--seed=x", "seed"),
    ],
)
def test_refuses_in_one_line(programs, model, folder, tmp_path, flag, said):
    out = tmp_path / "clusters"
    flags = [f"--model={model}", f"--images={folder}", f"--out={out}", flag]
    result = programs.run("zoo.cluster", *flags)
    assert result.code == 2, result
    assert len(result.err.splitlines()) == 1, result.err
    assert said in result.err
    assert not out.exists()
