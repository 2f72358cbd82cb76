"""The program that sorts a user's own pictures, and the export of what it sorts by."""

import csv
import functools

import keras
import numpy as np
import pytest
from PIL import Image

import tfmix

DARK, BRIGHT = ("a.png", "c.png"), ("b.png", "more/d.png", "more/e.png")
SORTED = dict.fromkeys(DARK, "0") | dict.fromkeys(BRIGHT, "1")


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """An export with a clusterer to which component 1 is bright and component 0 dark."""
    kernel = keras.initializers.Constant(np.tile([-1.0, 1.0], [64, 1]) / 10)
    last = keras.layers.Dense(2, "softmax", kernel_initializer=kernel)
    clusterer = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Flatten(), last])
    return export(tmp_path_factory.mktemp("models") / "tiny", clusterer)


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """An export without a clusterer."""
    return export(tmp_path_factory.mktemp("models") / "plain")


def export(out, clusterer=None):
    prior = tfmix.priors.GaussianMixture(2, 3)
    generator = tfmix.networks.DCGANGenerator(3, (8, 8, 1), width=2, depth=1)
    tfmix.serving.export(tfmix.Sampler(prior, generator), out, clusterer)
    return out


@pytest.fixture
def folder(tmp_path):
    """Pictures of several sizes and modes, from dark to bright."""
    folder = tmp_path / "pictures"
    (folder / "more").mkdir(parents=True)
    for name, level in zip((*DARK, *BRIGHT), (10, 60, 240, 200, 255), strict=True):
        Image.new("RGB", (20, 12 + level % 7), (level, level, level)).save(folder / name)
    return folder


@pytest.fixture
def flags(model, folder, tmp_path):
    return [f"--model={model}", f"--images={folder}", f"--out={tmp_path / 'clusters'}"]


@pytest.fixture
def clustered(programs, flags, tmp_path):
    """Sorts the pictures; gives the cluster of each and what was printed."""

    def clustered(*more):
        result = programs.run("zoo.cluster", *flags, *more)
        assert result.code == 0, result.err
        with open(tmp_path / "clusters" / "clusters.csv") as file:
            rows = list(csv.DictReader(file))
        assert all(0 < float(row["probability"]) <= 1 for row in rows)
        return {row["picture"]: row["cluster"] for row in rows}, result.out

    return clustered


def test_pictures_are_sorted_into_a_csv_and_one_sheet_per_cluster(
    clustered, model, folder, tmp_path
):
    out = tmp_path / "clusters"
    for which in (model, model / "1"):
        found, said = clustered(f"--model={which}")
        assert found == SORTED
        assert "3 of cluster 1" in said
    sheet = np.asarray(Image.open(out / "cluster_1.png"))
    assert sheet[sheet.shape[0] // 4, sheet.shape[1] // 4] == 255  # the surest comes first
    sheets = {path.name for path in out.iterdir()}
    assert sheets == {"clusters.csv", "cluster_0.png", "cluster_1.png"}
    for bright in BRIGHT:  # another run leaves no sheet of the one before
        (folder / bright).unlink()
    clustered()
    assert {path.name for path in out.iterdir()} == {"clusters.csv", "cluster_0.png"}


def test_a_picture_that_cannot_be_read_moves_no_other(clustered, folder):
    (folder / "aa.png").write_text("no picture")
    found, said = clustered()
    assert found == SORTED
    assert "warning: 1 of 6 pictures" in said
    assert "left out: aa.png (no picture of a known format)." in said
    assert "5 pictures: " in said


def test_a_component_head_sorts_and_nothing_is_fitted(
    clustered, refused, trained, exported, flags, monkeypatch
):
    """That of a run, as of its export."""
    monkeypatch.setattr(tfmix.evaluation, "fit_clusterer", None)
    assert clustered(f"--model={trained}")[0] == clustered(f"--model={exported}")[0]
    refused("zoo.cluster", *flags, f"--model={trained}", "--seed=1", said="brings its own")


@pytest.mark.slow
def test_a_model_without_a_clusterer_gets_one(
    programs, refused, trained, plain, clustered, tmp_path, monkeypatch
):
    """Its export keeps one where it is asked for, and another model's head is not replaced."""
    out, asked = tmp_path / "tiny", "--cluster_samples=200"
    result = programs.run("zoo.export", f"--model={plain}", f"--out={out}", asked)
    assert result.code == 0, result.err
    saved = tfmix.serving.SavedSampler(out / "1")
    probabilities = saved.cluster(saved.sample(6))
    assert probabilities.shape == (6, 2)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)
    few = functools.partial(tfmix.evaluation.fit_clusterer, num_samples=100)
    monkeypatch.setattr(tfmix.evaluation, "fit_clusterer", few)
    assert len(clustered(f"--model={plain}", "--seed=3")[0]) == 5
    refused("zoo.export", f"--workdir={trained}", f"--out={out}", asked, said="Leave it out")


@pytest.mark.parametrize(
    ("flag", "said"),
    [
        ("--images=nowhere", "needs a folder. Received: nowhere"),
        ("--model={plain}/1", "tfmix export --cluster_samples=20000"),
        ("--out=README.md/x", "cannot be written"),
        ("--seed=1", "brings its own"),
        ("--seed=x", "seed"),
    ],
)
def test_refuses_in_one_line_and_writes_nothing(refused, plain, flags, tmp_path, flag, said):
    refused("zoo.cluster", *flags, flag.format(plain=plain), said=said)
    assert not (tmp_path / "clusters").exists()
