"""What a name or a path loads."""

import keras
import numpy as np
import pytest

import tfmix


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A workdir that holds a whole GAN, and the folder of its export."""
    prior = tfmix.priors.GaussianMixture(3, 4)
    generator = tfmix.networks.DCGANGenerator(4, (8, 8, 1), width=2, depth=1)
    discriminator = tfmix.networks.DCGANDiscriminator((8, 8, 1), width=2, depth=1)
    gan = tfmix.GAN(prior, generator, discriminator)
    gan.compile(keras.optimizers.Adam(), keras.optimizers.Adam())
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


def test_a_name_is_that_of_a_shipped_model_and_not_of_a_folder_here(saved, monkeypatch):
    monkeypatch.chdir(saved)
    assert tfmix.load("deligan_digits").describe()["image_shape"] == [8, 8, 1]
    with pytest.raises(ValueError, match=r"There is no model at .*name of a shipped one: .*gmgan"):
        tfmix.load("tiny")
    for path in ("./tiny", "tiny/tiny.keras"):
        assert type(tfmix.load(path)) is tfmix.Sampler


@pytest.mark.parametrize(
    ("model", "message"),
    [("", "its name or its path. Received: nothing"), ("no/such", "There is no model at no/such")],
)
def test_no_model_is_refused(model, message):
    with pytest.raises(ValueError, match=message):
        tfmix.load(model)


def test_a_file_that_is_damaged_or_of_something_else_is_refused(tmp_path):
    (tmp_path / "damaged.keras").write_bytes(b"PK and no more")
    with pytest.raises(ValueError, match="cannot be read as a Keras model"):
        tfmix.load(tmp_path / "damaged.keras")
    keras.Sequential([keras.Input([2]), keras.layers.Dense(1)]).save(tmp_path / "dense.keras")
    with pytest.raises(ValueError, match="holds a Sequential, not a model of tfmix"):
        tfmix.load(tmp_path / "dense.keras")
