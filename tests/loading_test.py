"""What a name or a path loads."""

import keras
import numpy as np
import pytest

import tfmix
from tests.samplers import compiled_gan
from tfmix import loading, shipped

RNG = np.random.default_rng(0)


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A workdir that holds a whole GAN, and the folder of its export."""
    gan = compiled_gan()
    folder = tmp_path_factory.mktemp("saved")
    (folder / "run").mkdir()
    gan.save(folder / "run" / "model.keras")
    tfmix.serving.export(gan.sampler(), folder / "tiny")
    return folder


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("run", tfmix.Sampler),
        ("run/model.keras", tfmix.Sampler),
        ("tiny", tfmix.Sampler),
        ("tiny/tiny.keras", tfmix.Sampler),
        ("tiny/1", tfmix.serving.SavedSampler),
    ],
)
def test_a_path_loads_what_lies_there(saved, path, kind):
    loaded, sampler = tfmix.load(saved / path), tfmix.load(str(saved / "tiny"))
    assert type(loaded) is kind
    np.testing.assert_array_equal(loaded.images(2, seed=3), sampler.images(2, seed=3))


def test_a_model_in_a_workdir_brings_the_config_of_its_run(saved):
    run = saved / "run"
    assert tfmix.load(run).provenance == {}
    (run / "config.json").write_text('{"dataset": "digits", "data_dir": "here"}')
    assert tfmix.load(run).provenance == {}  # the folder of no run
    (run / "checkpoints").mkdir()
    for path in (run, run / "model.keras"):
        assert tfmix.load(path).describe()["provenance"] == {"config": {"dataset": "digits"}}
    (run / "config.json").write_text("{")
    with pytest.raises(ValueError, match=r"config\.json is damaged"):
        tfmix.load(run)


def test_a_component_head_is_a_run_s_clusterer_and_its_export_s(saved, tmp_path):
    for model in ("run", "tiny"):  # trained without a head
        assert loading.clusterer(loading.find(saved / model)) is None
    gan, images = compiled_gan(component_weight=1.0), np.float32(RNG.uniform(-1, 1, [9, 8, 8, 1]))
    gan.save(tmp_path / "model.keras")
    tfmix.serving.export(gan.sampler(), tmp_path / "tiny", gan.clusterer())
    expected = [gan.clusterer()(image[None])[0] for image in images]
    for path in ("model.keras", "tiny/tiny.keras", "tiny/1"):
        classify = loading.clusterer(loading.find(tmp_path / path))
        np.testing.assert_allclose(classify(images), expected, atol=1e-6)
    np.testing.assert_array_equal(classify(images[[4, 2]]), classify(images)[[4, 2]])


def test_a_name_is_that_of_a_shipped_model_and_not_of_a_folder_here(saved, monkeypatch):
    monkeypatch.chdir(saved)
    assert tfmix.load("deligan_digits").describe()["image_shape"] == [8, 8, 1]
    with pytest.raises(ValueError, match=r"named tiny; a folder here is \./tiny\..* .*gmgan_mnist"):
        tfmix.load("tiny")
    for path in ("./tiny", "tiny/tiny.keras"):
        assert type(tfmix.load(path)) is tfmix.Sampler


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ("", "its name or its path. Received: nothing"),
        ("no/such", "There is no model at no/such"),
        ("damaged.keras", "cannot be read as a Keras model"),
        ("dense.keras", "holds a Sequential, not a model of tfmix"),
    ],
)
def test_what_is_no_model_is_refused(model, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "damaged.keras").write_bytes(b"PK and no more")
    keras.Sequential([keras.Input([2]), keras.layers.Dense(1)]).save(tmp_path / "dense.keras")
    with pytest.raises(ValueError, match=message):
        tfmix.load(model)


def test_a_folder_inside_the_package_comes_before_one_beside_it(tmp_path, monkeypatch):
    package = tmp_path / "tfmix"
    package.mkdir()
    monkeypatch.setattr(shipped, "_PACKAGE", package)
    assert shipped.folder("saved_models") == tmp_path / "saved_models"
    (package / "saved_models").mkdir()
    assert shipped.folder("saved_models") == package / "saved_models"
