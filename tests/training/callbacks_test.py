"""The lines of a log and the pictures of samples, by model."""

import logging

import numpy as np
import pytest
from PIL import Image

import tfmix
from tests.training.tiny import CONFIG, PIXEL_CNN, POINTS

OF_GANS = {
    *("step", "generator_loss", "discriminator_loss", "discriminator_accuracy"),
    *("real_logit", "generated_logit", "r_t", "sample_spread", "images_per_second"),
}
OF_MIXTURES = OF_GANS | {"sigma", "component_usage", "component_distance", "within_share"}
OF_IMAGES = OF_MIXTURES | {"within_spread"}
OF_HELD_OUT = {"train_logit", "held_out_logit", "sampled_logit"}  # r_v too, where they differ
SHARES = [0.9, 0.1, 0.0]
MIXTURE = {**CONFIG["prior"], "latent_dim": 2, "weights": SHARES, "assignment": "stratified"}
MIXED = {**POINTS, "model": {"name": "GMGAN"}, "prior": MIXTURE, "batch_size": 40}
SHORT = {"train_size": 40, "batch_size": 8, "num_steps": 2}
CONFIGS = {
    "GAN": ({**POINTS, "prior": {"name": "StandardNormal", "latent_dim": 2}}, OF_GANS),
    "GMGAN": (MIXED, OF_MIXTURES),
    "ACGAN": (
        {**CONFIG, **SHORT, "model": {"name": "ACGAN"}},
        OF_MIXTURES | OF_IMAGES | {"class_accuracy"},
    ),
    "PixelCNN": ({**PIXEL_CNN, **SHORT}, {"step", "bits_per_dim", "images_per_second"}),
}


@pytest.fixture(scope="module", params=CONFIGS)
def logged(request, tmp_path_factory):
    """A workdir, its config, the keys of its lines."""
    workdir = tmp_path_factory.mktemp(request.param)
    config, keys = CONFIGS[request.param]
    config = {**config, "sample_every": config["num_steps"]}
    tfmix.training.train(config, workdir)
    return workdir, config, keys


def test_a_line_has_what_the_model_measures_and_a_picture_shows_samples(logged, lines):
    workdir, config, keys = logged
    assert [line["step"] for line in lines(workdir)] == [*range(1, config["num_steps"] + 1)]
    for line in lines(workdir):
        assert set(line) == keys
        assert np.isfinite([*line.values()]).all()
    (picture,) = (workdir / "samples").iterdir()
    assert picture.name == f"step_{config['num_steps']:08d}.png"
    with Image.open(picture) as opened:
        assert min(opened.size) > 100


def test_a_line_of_a_run_with_held_out_images_compares_to_them(run, lines):
    for line in lines(run.workdir):
        assert set(line) - {"r_v"} == OF_IMAGES | OF_HELD_OUT


@pytest.mark.parametrize("logged", ["GMGAN"], indirect=True)
def test_usage_is_that_of_what_was_drawn(logged, lines):
    expected = np.exp(-0.9 * np.log(0.9) - 0.1 * np.log(0.1))
    usage = [line["component_usage"] for line in lines(logged[0])]
    np.testing.assert_allclose(usage, expected, rtol=1e-4)


def test_a_run_whose_samples_coincide_warns_once(tmp_path, caplog, lines, monkeypatch):
    """A new DCGAN draws nearly the same for every latent, and at this rate it never learns."""
    config = {**CONFIG, "optimizer": {"name": "Adam", "learning_rate": 1e-12}}
    monkeypatch.setattr("tfmix.training.diagnostics._NEW", 0)
    tfmix.training.train(config, tmp_path)
    assert max(line["sample_spread"] for line in lines(tmp_path)) < 0.05
    said = [each.getMessage() for each in caplog.records if each.levelno == logging.WARNING]
    (said,) = [each for each in said if "memorised" not in each]  # a new discriminator has one sign
    assert said.startswith("Mode collapse at step 1: ")
    assert "\n" not in said
