"""A run, its files, and the workdirs that it may be started or resumed in."""

import os
import re

import keras
import numpy as np
import pytest
from PIL import Image

import tfmix
from tests.training.tiny import CONFIG, POINTS, VALIDATED
from tfmix.training import config as configs
from tfmix.training.callbacks import Checkpoints
from tfmix.training.workdir import Workdir

FALLING = {**CONFIG["optimizer"], "schedule": "linear", "hold": 0.3}


def test_a_run_leaves_its_files(run, lines):
    workdir = run.workdir
    assert Workdir(workdir).read_config() == {**configs.DEFAULTS, **VALIDATED}
    for folder, names in (
        ("checkpoints", ["step_00000004.keras", "step_00000006.keras"]),
        ("samples", ["step_00000003.png", "step_00000006.png"]),
    ):
        assert sorted(path.name for path in (workdir / folder).iterdir()) == names
    with Image.open(workdir / "samples" / "step_00000006.png") as picture:
        assert picture.size[0] > 400  # 10 images of 8 pixels, enlarged so that people can read them
    assert list((workdir / "tensorboard").glob("events*"))
    assert [line["step"] for line in lines(workdir)] == [1, 2, 3, 4, 5, 6]
    assert not list(workdir.rglob(".partial-*"))


def test_model_keras_is_the_trained_model_with_optimizers(run, same):
    loaded = keras.models.load_model(run.workdir / "model.keras")
    assert int(loaded.step) == int(loaded.generator_optimizer.iterations) == 6
    assert same(loaded, run.model)


def test_a_finished_run_is_left_alone(run):
    def times():
        return {path: path.stat().st_mtime_ns for path in run.workdir.rglob("*")}

    before = times()
    assert int(tfmix.training.train(VALIDATED, run.workdir).step) == 6
    assert times() == before


@pytest.mark.slow
def test_a_run_on_a_schedule_is_resumed_at_its_rate_and_keeps_its_length(tmp_path, same, lines):
    config = {**POINTS, "optimizer": FALLING}
    whole = tfmix.training.train(config, tmp_path)
    (tmp_path / "checkpoints" / "step_00000006.keras").unlink()
    again = tfmix.training.train(config, tmp_path)
    assert same(whole, again)
    assert float(again.generator_optimizer.learning_rate) == pytest.approx(0, abs=1e-9)
    assert [line["step"] for line in lines(tmp_path)] == [1, 2, 3, 4, 5, 6]
    with pytest.raises(ValueError, match=r"a run with another num_steps\."):
        tfmix.training.train({**config, "num_steps": 8}, tmp_path)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"seed": 1}, "another seed"),
        ({"num_steps": 5}, "another num_steps"),
        ({"prior": {**CONFIG["prior"], "latent_dim": 5}}, "another prior.latent_dim"),
        ({"init_from": "x"}, "another init_from"),
    ],
)
def test_a_workdir_of_another_config_is_refused(run, changes, said):
    with pytest.raises(ValueError, match=said):
        tfmix.training.train({**VALIDATED, **changes}, run.workdir)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"train_size": 2000}, ValueError),
        ({"generator": {"name": "DCGANGenerator", "depth": 4}}, ValueError),
        ({"dataset": "npz:nowhere.npz"}, OSError),
        ({"nosuch": 1}, ValueError),
        ({"train_choice": "last", "train_size": 61}, ValueError),
        ({**POINTS, "train_choice": "last"}, ValueError),
    ],
)
def test_nothing_is_written_where_a_run_cannot_start(tmp_path, changes, error):
    with pytest.raises(error):
        tfmix.training.train({**CONFIG, **changes}, tmp_path / "workdir")
    assert not (tmp_path / "workdir").exists()


def test_a_workdir_that_cannot_be_written_to_or_is_in_use_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    (tmp_path / "read_only").mkdir(mode=0o555)
    with pytest.raises(PermissionError, match="read-only"):
        tfmix.training.train(CONFIG, tmp_path / "read_only")
    with pytest.raises(NotADirectoryError, match="is a file"):
        tfmix.training.train(CONFIG, tmp_path / "file")
    with Workdir(tmp_path).locked(0), pytest.raises(ValueError, match="Another process trains"):
        tfmix.training.train(CONFIG, tmp_path)
    # The run was at step 7 when it was read, and is elsewhere now.
    with pytest.raises(ValueError, match="Another process trains"), Workdir(tmp_path).locked(7):
        pass


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("config.json", "[1]", "config.json is damaged"),
        ("config.json", "{", "config.json is damaged"),
        ("log.jsonl", '{"step": 1}\nnoise\n', "Line 2 of .*log.jsonl is damaged"),
        ("log.jsonl", '{"steps": 1}\n', "Line 1 of .*log.jsonl is damaged"),
        ("checkpoints/step_00000002.keras", "", r"checkpoints and no config\.json"),
    ],
)
def test_a_damaged_workdir_is_refused(tmp_path, name, text, said):
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / name).write_text(text)
    with pytest.raises(ValueError, match=said):
        tfmix.training.train(CONFIG, tmp_path)


def test_a_damaged_checkpoint_is_named(run, tmp_path):
    checkpoint = run.copied(tmp_path) / "checkpoints" / "step_00000006.keras"
    os.truncate(checkpoint, 1000)
    with pytest.raises(ValueError, match=r"step_00000006\.keras is cut short"):
        tfmix.training.train(VALIDATED, tmp_path)


def test_divergence_stops_the_run_and_keeps_the_last_good_checkpoint(run, tmp_path):
    checkpoint = run.copied(tmp_path, newest=4) / "checkpoints" / "step_00000004.keras"
    model = keras.models.load_model(checkpoint)
    poisoned = model.discriminator.trainable_variables[0]
    poisoned.assign(np.full(poisoned.shape, np.nan, np.float32))
    model.save(checkpoint)
    with pytest.raises(tfmix.training.TrainingDiverged, match=r"step 5: .* is nan"):
        tfmix.training.train(VALIDATED, tmp_path)
    assert [*(tmp_path / "checkpoints").iterdir()] == [checkpoint]


def test_a_model_with_a_weight_that_is_not_finite_is_not_saved(run, tmp_path):
    model = keras.models.load_model(run.workdir / "model.keras")
    model.prior.variables[1].assign(np.full([3, 4], np.inf, np.float32))
    checkpoints = Checkpoints(Workdir(tmp_path), every=1)
    checkpoints.set_model(model)
    checkpoints.on_train_begin()
    with pytest.raises(tfmix.training.TrainingDiverged, match="is not finite"):
        checkpoints.save({})
    assert not list(tmp_path.rglob("*.keras"))


def test_the_log_is_cut_back_to_the_checkpoint(tmp_path):
    workdir = Workdir(tmp_path)
    workdir.log.write_text('{"step": 1}\n{"step": 2}\n{"step": 3}\n{"st')
    workdir.begin(CONFIG, 2)
    assert workdir.log.read_text() == '{"step": 1}\n{"step": 2}\n'


@pytest.mark.slow
def test_mirrored_trains_and_validates_and_is_resumed_without(tmp_path, lines):
    config = {**VALIDATED, "evaluate_every": 1, "num_steps": 1}
    tfmix.training.train({**config, "strategy": "mirrored"}, tmp_path)
    assert int(tfmix.training.train({**config, "num_steps": 2}, tmp_path).step) == 2
    assert [line["step"] for line in lines(tmp_path, "evaluations")] == [1, 2]


@pytest.mark.slow
def test_mixed_bfloat16_trains_and_is_resumed_with_the_same_bits(tmp_path, same):
    config = {**CONFIG, "precision": "mixed_bfloat16"}
    # Wide and deep enough for the kernels' gradients of tfmix.networks.convolution.
    config |= {key: {**CONFIG[key], "width": 8} for key in ("generator", "discriminator")}
    config["discriminator"]["depth"] = 2
    whole = tfmix.training.train({**config, "num_steps": 4}, tmp_path / "whole")
    tfmix.training.train({**config, "num_steps": 2}, tmp_path / "parts")
    parts = tfmix.training.train({**config, "num_steps": 4}, tmp_path / "parts")
    assert parts.generator.layers[1].compute_dtype == "bfloat16"
    assert parts.sample(2, seed=0).dtype == np.float32
    assert same(whole, parts)


@pytest.mark.slow
def test_points_are_trained_several_steps_at_once_and_resumed_at_any(tmp_path, same, lines, caplog):
    caplog.set_level("INFO")
    config = {**POINTS, "num_steps": 100, "checkpoint_every": 50, "log_every": 25}
    config["sample_every"] = 100
    whole = tfmix.training.train(config, tmp_path / "whole")
    said = r"100 steps of 16 images: about \d+ s on this machine \(.* s a step\)"
    assert re.search(said, caplog.text)
    assert whole.steps_per_execution == 25
    assert [line["step"] for line in lines(tmp_path / "whole")] == [25, 50, 75, 100]
    tfmix.training.train({**config, "num_steps": 30}, tmp_path / "parts")
    parts = tfmix.training.train(config, tmp_path / "parts")
    assert parts.steps_per_execution == 5
    assert same(whole, parts)
    with Image.open(tmp_path / "whole" / "samples" / "step_00000100.png") as picture:
        assert picture.size[0] > 400
