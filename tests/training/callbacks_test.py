"""What a run says of itself: the lines of its log, its pictures, and a warning of collapse."""

import json
import logging

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

import tfmix
from tfmix import data, networks, priors
from tfmix.training import config as configs
from tfmix.training.callbacks import Log
from tfmix.training.workdir import Workdir

LOGGER = "tfmix.training.callbacks"
OF_GANS = {
    "step",
    "generator_loss",
    "discriminator_loss",
    "discriminator_accuracy",
    "real_logit",
    "generated_logit",
    "r_t",
    "sample_spread",
    "images_per_second",
}
OF_MIXTURES = {"sigma", "component_usage", "component_distance"}
BASE = {
    "model": {"name": "GAN"},
    "dataset": "unimodal",
    "data_dir": "",
    "train_size": 0,
    "image_size": 0,
    "channels": 0,
    "batch_size": 32,
    "num_steps": 40,
    "checkpoint_every": 40,
    "sample_every": 40,
    "log_every": 10,
    "seed": 0,
    "precision": "float32",
    "strategy": "none",
    "ema_momentum": 0.0,
    "prior": {"name": "StandardNormal", "latent_dim": 2},
    "generator": {"name": "MLPGenerator", "widths": [8]},
    "discriminator": {"name": "MLPDiscriminator", "widths": [8]},
    "optimizer": {"name": "Adam", "learning_rate": 1e-3},
}
MIXTURE = {"name": "GaussianMixture", "num_components": 3, "latent_dim": 2}
IMAGES = {
    "dataset": "digits",
    "train_size": 40,
    "batch_size": 8,
    "num_steps": 2,
    "log_every": 1,
    "generator": {"name": "DCGANGenerator", "width": 2, "depth": 1},
    "discriminator": {"name": "DCGANDiscriminator", "width": 2, "depth": 1},
}
CONFIGS = {
    "GAN": (BASE, OF_GANS),
    "GMGAN": ({**BASE, "model": {"name": "GMGAN"}, "prior": MIXTURE}, OF_GANS | OF_MIXTURES),
    "ACGAN": ({**BASE, **IMAGES, "model": {"name": "ACGAN"}}, OF_GANS | {"class_accuracy"}),
    "PixelCNN": (
        {
            **BASE,
            **IMAGES,
            "model": {"name": "PixelCNN", "filters": 2, "num_blocks": 1, "num_levels": 17},
            **{key: {"name": "none"} for key in ("prior", "generator", "discriminator")},
        },
        {"step", "bits_per_dim", "images_per_second"},
    ),
}


def lines(workdir):
    return [json.loads(line) for line in (workdir / "log.jsonl").read_text().splitlines()]


def warnings(caplog):
    said = (each for each in caplog.records if each.name == LOGGER)
    return [each.getMessage() for each in said if each.levelno == logging.WARNING]


@pytest.mark.parametrize("name", CONFIGS)
def test_a_line_tells_what_the_model_can_tell(name, tmp_path):
    config, told = CONFIGS[name]
    tfmix.training.train(config, tmp_path)
    due = range(config["log_every"], config["num_steps"] + 1, config["log_every"])
    assert [line["step"] for line in lines(tmp_path)] == [*due]
    for line in lines(tmp_path):
        assert set(line) == told
        assert np.isfinite([*line.values()]).all()
    (picture,) = (tmp_path / "samples").iterdir()
    assert picture.name == f"step_{config['num_steps']:08d}.png"
    with Image.open(picture) as opened:
        assert min(opened.size) > 100


def test_usage_is_that_of_what_was_drawn_and_a_healthy_run_is_not_warned_of(tmp_path, caplog):
    weights = [0.9, 0.1, 0.0]
    prior = {**MIXTURE, "weights": weights, "assignment": "stratified"}
    tfmix.training.train({**BASE, "prior": prior, "batch_size": 40}, tmp_path)
    expected = np.exp(-0.9 * np.log(0.9) - 0.1 * np.log(0.1))
    usage = [line["component_usage"] for line in lines(tmp_path)]
    np.testing.assert_allclose(usage, [expected] * 4, rtol=1e-4)
    assert warnings(caplog) == []


def test_a_run_whose_samples_coincide_says_so_once(tmp_path, caplog):
    """A fresh DCGAN draws next to the same for every latent, and this one never learns."""
    config = {
        **BASE,
        **IMAGES,
        "num_steps": 6,
        "optimizer": {"name": "Adam", "learning_rate": 1e-12},
    }
    tfmix.training.train(config, tmp_path)
    assert max(line["sample_spread"] for line in lines(tmp_path)) < 0.05
    (said,) = warnings(caplog)
    assert said.startswith("Mode collapse at step 1: samples of all components coincide")
    assert "\n" not in said


@pytest.fixture
def watched(tmp_path, caplog):
    """A GAN, and a function that logs it as it is then and tells what was said."""
    gan = tfmix.GAN(
        priors.GaussianMixture(4, 2), networks.MLPGenerator(2, 2), networks.MLPDiscriminator(2)
    )
    gan.compile()
    images = data.load("unimodal")
    writer = tf.summary.create_file_writer(str(tmp_path / "events"))
    config = configs.checked({**BASE, "num_steps": 100, "log_every": 1})
    log = Log(Workdir(tmp_path), writer, config, images)
    log.set_model(gan)
    log.on_train_begin()

    def step(number, factor):
        """At this step, with the generator's images times a factor."""
        kernel = gan.generator.layers[-1].kernel
        kernel.assign(factor * kernels)
        caplog.clear()
        log.on_train_batch_end(number - 1, {"generator_loss": 0.5})
        return len(warnings(caplog))

    kernels = gan.generator.layers[-1].kernel.numpy()
    yield step
    writer.close()


def test_a_fresh_generator_has_a_tenth_of_the_run_to_tell_components_apart(watched):
    assert [watched(number, 0.0) for number in (1, 5, 9)] == [0, 0, 0]
    assert watched(10, 0.0) == 1


def test_a_generator_that_had_learned_is_warned_of_at_once(watched):
    assert [watched(1, 1.0), watched(2, 0.0)] == [0, 1]


def test_collapse_is_told_once_until_samples_part_again(watched):
    factors = [0.0, 0.0, 1.0, 0.0, 0.0, 1.0]
    said = [watched(20 + number, factor) for number, factor in enumerate(factors)]
    assert said == [1, 0, 0, 1, 0, 0]
