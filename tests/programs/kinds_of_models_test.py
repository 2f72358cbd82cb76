"""The programs on models with classes, without latents, and of points."""

import io
import json

import numpy as np
import pytest
import tensorflow_datasets as tfds
from PIL import Image

import tfmix
from tfmix import loading
from tfmix.programs import presets

TINY = ("num_steps=2", "checkpoint_every=2", "sample_every=2", "log_every=1")
NARROW = ("generator.width=4", "discriminator.width=4")
NO_COMPONENTS = [("--interpolate=0,1", "--interpolate"), ("--rows=label", "--rows")]
KINDS = {  # keys of a tiny run, a flag that the model knows, a score, flags that it refuses
    "supervised_gmgan_digits": (
        *((*NARROW, "prior.latent_dim=8"), "--scale=0.5", "accuracy200_digits"),
        [("--temperature=2", "has no temperature"), ("--component=1 --label=2", "class 1")],
    ),
    "pixelcnn_digits": (
        *(("model.filters=4", "model.num_blocks=1"), "--temperature=0.8", "is200_digits"),
        [("--scale=2", "has no scale"), *NO_COMPONENTS],
    ),
    "gmgan_grid": (
        *(("train_size=500",), "--scale=0.5", "modes200"),
        [("--label=1", "has no classes"), *NO_COMPONENTS],
    ),
}
WITH_CLASSES = pytest.mark.parametrize("exported", ["supervised_gmgan_digits"], indirect=True)


@pytest.fixture(scope="module")
def done(programs):
    """Runs a program that has to succeed; gives what it printed."""

    def run(module, *flags):
        result = programs.run(module, *flags)
        assert result.code == 0, result.err
        return result.out

    return run


@pytest.fixture(scope="module", params=KINDS)
def exported(request, done, tmp_path_factory):
    """A model trained for two steps, exported."""
    folder = tmp_path_factory.mktemp(request.param)
    workdir, out = f"--workdir={folder / 'run'}", folder / request.param
    keys = (f"--config.{key}" for key in (*TINY, *KINDS[request.param][0]))
    done("zoo.train", f"--config={request.param}", *keys, workdir)
    done("zoo.export", workdir, f"--out={out}")
    return out


@pytest.fixture
def sampled(done, tmp_path):
    """Gives the bytes of the picture that `zoo.sample` writes."""

    def sample(model, *flags):
        done("zoo.sample", f"--model={model}", f"--out={tmp_path / 'x.png'}", *flags)
        return (tmp_path / "x.png").read_bytes()

    return sample


def test_keras_file_and_saved_model_draw_the_same_picture(exported, sampled):
    flags = ("--num=6", "--seed=3", KINDS[exported.name][1])
    assert sampled(exported, *flags) == sampled(exported / "1", *flags)


def test_the_card_and_the_report_fit_the_model(done, exported, tmp_path):
    card = (exported / "README.md").read_text()
    assert f"`{exported.name}" in card or f"# {exported.name}" in card
    out = tmp_path / "report.json"
    done("zoo.evaluate", f"--model={exported}", "--seeds=0", "--num=200", f"--out={out}")
    report = json.loads(out.read_text())
    assert KINDS[exported.name][2] in report["scores"]
    assert ("bits_per_dim" in report) == (exported.name == "pixelcnn_digits")


def test_what_a_model_does_not_know_is_refused_in_one_line(refused, exported):
    for flags, said in KINDS[exported.name][3]:
        refused("zoo.sample", f"--model={exported}", *flags.split(), said=said)


@WITH_CLASSES
def test_a_label_draws_its_component_from_either_file(exported, sampled):
    flags = ("--num=4", "--seed=3")
    by_label, served = (sampled(each, *flags, "--label=7") for each in (exported, exported / "1"))
    assert by_label == served == sampled(exported, *flags, "--component=7")
    sampled(exported, "--interpolate=0,1")


@WITH_CLASSES
def test_rows_are_of_a_class_each(exported, sampled):
    with Image.open(io.BytesIO(sampled(exported, "--rows=label", "--num=20"))) as picture:
        assert picture.size == (2 * 50 + 2, 10 * 50 + 2)
        shown = np.asarray(picture)[2 + 3 * 50 :, 2 + 50 :][:48:6, :48:6]
    labels = np.repeat(np.arange(10), 2)
    image = loading.load(str(exported)).images(20, seed=0, label=labels)[7, ..., 0]
    np.testing.assert_array_equal(shown, image)


def test_the_list_is_printed_without_a_config(done, refused):
    assert "supervised_gmgan_mnist" in done("zoo.train", "--list")
    refused("zoo.train", said="--config names what to train, and --list shows all names")


@pytest.mark.slow
def test_stl10_takes_a_step_at_its_size(tmp_path):
    config = presets.get("gmgan_stl10_96")
    config.update({"num_steps": 1, "batch_size": 4, "ema_momentum": 0.0})
    config.generator.width = config.discriminator.width = 2
    with tfds.testing.mock_data(num_examples=4):
        model = tfmix.training.train(config, tmp_path / "run")
    assert model.sample(1).shape == (1, 96, 96, 3)


def test_a_pixel_cnn_is_told_the_class(refused, sampled, tmp_path):
    model = tmp_path / "model.keras"
    tfmix.PixelCNN((8, 8, 1), filters=4, num_blocks=1, num_classes=10).save(model)
    sampled(model, "--rows=label", "--num=10")
    refused("zoo.sample", f"--model={model}", "--label=10", said="label")
