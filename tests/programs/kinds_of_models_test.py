"""The programs on models with classes, without latents, and of points."""

import json

import numpy as np
import pytest
import tensorflow_datasets as tfds
from PIL import Image

import tfmix
from tfmix.programs import presets

TINY = [
    "--config.num_steps=2",
    "--config.checkpoint_every=2",
    "--config.sample_every=2",
    "--config.log_every=1",
]
NARROW = ["--config.generator.width=4", "--config.discriminator.width=4"]
FLAGS = {
    "supervised_gmgan_digits": [*NARROW, "--config.prior.latent_dim=8"],
    "pixelcnn_digits": ["--config.model.filters=4", "--config.model.num_blocks=1"],
    "gmgan_grid": ["--config.train_size=500"],
}


@pytest.fixture(scope="module", params=FLAGS)
def exported(request, programs, tmp_path_factory):
    """A model trained for two steps, exported."""
    folder = tmp_path_factory.mktemp(request.param)
    config = f"--config={request.param}"
    flags = [*TINY, *FLAGS[request.param], f"--workdir={folder / 'run'}"]
    result = programs.run("zoo.train", config, *flags)
    assert result.code == 0, result.err
    out = folder / request.param
    assert programs.run("zoo.export", f"--workdir={folder / 'run'}", f"--out={out}").code == 0
    return out


def sampled(programs, model, out, *flags):
    result = programs.run("zoo.sample", f"--model={model}", f"--out={out}", *flags)
    assert result.code == 0, result.err
    return out.read_bytes()


def refused(result, *said):
    assert result.code == 2, result
    assert len(result.err.splitlines()) == 1, result.err
    for each in said:
        assert each in result.err


def test_keras_file_and_saved_model_draw_the_same_picture(programs, exported, tmp_path):
    knob = {"pixelcnn_digits": "--temperature=0.8"}.get(exported.name, "--scale=0.5")
    first, second = (
        sampled(programs, model, tmp_path / f"{i}.png", "--num=6", "--seed=3", knob)
        for i, model in enumerate((exported, exported / "1"))
    )
    assert first == second


def test_what_a_model_does_not_know_is_refused_in_one_line(programs, exported, tmp_path):
    out = f"--out={tmp_path / 'x.png'}"
    unknown = {
        "supervised_gmgan_digits": ("--temperature=2", "has no temperature"),
        "pixelcnn_digits": ("--scale=2", "has no scale"),
        "gmgan_grid": ("--label=1", "has no classes"),
    }
    flag, said = unknown[exported.name]
    refused(programs.run("zoo.sample", f"--model={exported}", flag, out), said)
    interpolated = programs.run("zoo.sample", f"--model={exported}", "--interpolate=0,1", out)
    if exported.name == "supervised_gmgan_digits":
        assert interpolated.code == 0, interpolated.err
        contradiction = ["--component=1", "--label=2"]
        refused(programs.run("zoo.sample", f"--model={exported}", *contradiction, out), "class 1")
    else:
        refused(interpolated, "--interpolate")
        refused(programs.run("zoo.sample", f"--model={exported}", "--rows=label", out), "--rows")


@pytest.mark.parametrize("exported", ["supervised_gmgan_digits"], indirect=True)
def test_a_label_draws_its_component_from_either_file(programs, exported, tmp_path):
    by_label, by_component, served = (
        sampled(programs, model, tmp_path / "x.png", "--num=4", "--seed=3", flag)
        for model, flag in (
            (exported, "--label=7"),
            (exported, "--component=7"),
            (exported / "1", "--label=7"),
        )
    )
    assert by_label == by_component == served


@pytest.mark.parametrize("exported", ["supervised_gmgan_digits"], indirect=True)
def test_rows_are_of_a_class_each(programs, exported, tmp_path):
    sampled(programs, exported, tmp_path / "x.png", "--rows=label", "--num=20")
    with Image.open(tmp_path / "x.png") as picture:
        assert picture.size == (2 * 50 + 2, 10 * 50 + 2)
    import keras

    sampler = keras.models.load_model(exported / f"{exported.name}.keras")
    image = sampler.images(20, seed=0, label=np.repeat(np.arange(10), 2))[7, ..., 0]
    with Image.open(tmp_path / "x.png") as picture:
        shown = np.asarray(picture)[2 + 3 * 50 :, 2 + 50 :][:48:6, :48:6]
    np.testing.assert_array_equal(shown, image)


def test_the_card_and_the_report_fit_the_model(programs, exported, tmp_path):
    card = (exported / "README.md").read_text()
    assert f"`{exported.name}" in card or f"# {exported.name}" in card
    out = tmp_path / "report.json"
    flags = ["--seeds=0", "--num=200", f"--out={out}"]
    result = programs.run("zoo.evaluate", f"--model={exported}", *flags)
    assert result.code == 0, result.err
    report = json.loads(out.read_text())
    wanted = {
        "supervised_gmgan_digits": "accuracy200_digits",
        "pixelcnn_digits": "is200_digits",
        "gmgan_grid": "modes200",
    }
    assert wanted[exported.name] in report["scores"]
    assert ("bits_per_dim" in report) == (exported.name == "pixelcnn_digits")


def test_the_list_is_printed_without_a_config(programs):
    result = programs.run("zoo.train", "--list")
    assert result.code == 0
    assert "supervised_gmgan_mnist" in result.out
    refused(programs.run("zoo.train"), "--config", "--list")


def test_stl10_takes_a_step_at_its_size(tmp_path):
    config = presets.get("gmgan_stl10_96")
    config.update({"num_steps": 1, "batch_size": 4, "ema_momentum": 0.0})
    for network in (config.generator, config.discriminator):
        network.width = 2
    with tfds.testing.mock_data(num_examples=4):
        model = tfmix.training.train(config, tmp_path / "run")
    assert model.sample(1).shape == (1, 96, 96, 3)


def test_a_pixel_cnn_is_told_the_class(programs, tmp_path):
    model = tmp_path / "model.keras"
    tfmix.PixelCNN((8, 8, 1), filters=4, num_blocks=1, num_classes=10).save(model)
    sampled(programs, model, tmp_path / "rows.png", "--rows=label", "--num=10")
    result = programs.run(
        "zoo.sample", f"--model={model}", "--label=10", f"--out={tmp_path / 'x.png'}"
    )
    refused(result, "label")
