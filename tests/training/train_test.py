import json
import os
import pathlib

import keras
import numpy as np
import pytest
from PIL import Image

import tfmix
from tests.training.tiny import CONFIG
from tfmix.training import config as configs
from tfmix.training.callbacks import Checkpoints
from tfmix.training.workdir import Workdir


def weights(model):
    return [keras.ops.convert_to_numpy(variable) for variable in model.variables]


def lines(workdir):
    return [json.loads(line) for line in (workdir / "log.jsonl").read_text().splitlines()]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    workdir = tmp_path_factory.mktemp("run") / "workdir"
    return tfmix.training.train(CONFIG, workdir), workdir


def test_a_run_leaves_its_files(run):
    _, workdir = run
    assert json.loads((workdir / "config.json").read_text()) == {**CONFIG, **configs.DEFAULTS}
    assert [path.name for path in sorted((workdir / "checkpoints").iterdir())] == [
        "step_00000004.keras",
        "step_00000006.keras",
    ]
    assert [path.name for path in sorted((workdir / "samples").iterdir())] == [
        "step_00000003.png",
        "step_00000006.png",
    ]
    with Image.open(workdir / "samples" / "step_00000006.png") as picture:
        assert picture.size[0] > 400  # 10 images of 8 pixels, enlarged so that people can read them
    assert list((workdir / "tensorboard").glob("events*"))
    assert [line["step"] for line in lines(workdir)] == [1, 2, 3, 4, 5, 6]
    assert set(lines(workdir)[0]) == {
        "step",
        "generator_loss",
        "discriminator_loss",
        "discriminator_accuracy",
        "real_logit",
        "generated_logit",
        "r_t",
        "sigma",
        "component_usage",
        "component_distance",
        "sample_spread",
        "images_per_second",
    }
    assert not list(workdir.rglob(".partial-*"))


def test_model_keras_is_the_trained_model_with_optimizers(run):
    model, workdir = run
    loaded = keras.models.load_model(workdir / "model.keras")
    assert int(loaded.step) == 6
    for here, there in zip(weights(model), weights(loaded), strict=True):
        np.testing.assert_array_equal(here, there)
    assert int(loaded.generator_optimizer.iterations) == 6


def test_a_finished_run_is_left_alone(run):
    _, workdir = run
    before = {path: path.stat().st_mtime_ns for path in workdir.rglob("*")}
    model = tfmix.training.train(CONFIG, workdir)
    assert int(model.step) == 6
    assert {path: path.stat().st_mtime_ns for path in workdir.rglob("*")} == before


def test_a_run_that_is_made_longer_equals_one_that_was_long(run, tmp_path):
    short = tmp_path / "short"
    tfmix.training.train({**CONFIG, "num_steps": 3}, short)
    longer = tfmix.training.train(CONFIG, short)
    for here, there in zip(weights(run[0]), weights(longer), strict=True):
        np.testing.assert_array_equal(here, there)


FALLING = {
    **CONFIG,
    "optimizer": {"name": "Adam", "learning_rate": 1e-2, "schedule": "linear", "hold": 0.3},
}


def test_a_run_on_a_schedule_is_as_long_as_it_was_begun(tmp_path):
    tfmix.training.train({**FALLING, "num_steps": 2}, tmp_path)
    with pytest.raises(ValueError, match=r"a run with another num_steps\."):
        tfmix.training.train({**FALLING, "num_steps": 4}, tmp_path)


def test_a_run_on_a_schedule_goes_on_where_its_rate_was(tmp_path):
    whole = tfmix.training.train(FALLING, tmp_path)
    (tmp_path / "checkpoints" / "step_00000006.keras").unlink()
    again = tfmix.training.train(FALLING, tmp_path)
    for here, there in zip(weights(whole), weights(again), strict=True):
        np.testing.assert_array_equal(here, there)
    assert float(again.generator_optimizer.learning_rate) == pytest.approx(0, abs=1e-9)
    assert [line["step"] for line in lines(tmp_path)] == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({"seed": 1}, "another seed"),
        ({"num_steps": 5}, "another num_steps"),
        ({"prior": {**CONFIG["prior"], "latent_dim": 5}}, "another prior.latent_dim"),
    ],
)
def test_a_workdir_of_another_config_is_refused(run, changes, names):
    _, workdir = run
    with pytest.raises(ValueError, match=names):
        tfmix.training.train({**CONFIG, **changes}, workdir)


@pytest.mark.parametrize(
    "changes",
    [
        {"train_size": 2000},
        {"generator": {"name": "DCGANGenerator", "depth": 4}},
        {"dataset": "npz:nowhere.npz"},
        {"nosuch": 1},
    ],
)
def test_nothing_is_written_where_a_run_cannot_begin(tmp_path, changes):
    with pytest.raises((ValueError, OSError)):
        tfmix.training.train({**CONFIG, **changes}, tmp_path / "workdir")
    assert not (tmp_path / "workdir").exists()


def test_a_read_only_workdir_is_refused(tmp_path):
    os.chmod(tmp_path, 0o555)
    try:
        with pytest.raises(PermissionError, match="read-only"):
            tfmix.training.train(CONFIG, tmp_path)
    finally:
        os.chmod(tmp_path, 0o755)


def test_a_workdir_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(NotADirectoryError, match="is a file"):
        tfmix.training.train(CONFIG, tmp_path / "file")


def test_a_workdir_that_another_process_trains_in_is_refused(tmp_path):
    workdir = Workdir(tmp_path)
    with workdir.locked(0), pytest.raises(ValueError, match="Another process trains"):
        tfmix.training.train(CONFIG, tmp_path)
    with pytest.raises(ValueError, match="Another process trains"), workdir.locked(7):
        pass  # the run has gone on from step 7, or back, since it was looked at


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("config.json", "[1]", "config.json is damaged"),
        ("config.json", "{", "config.json is damaged"),
        ("log.jsonl", '{"step": 1}\nnoise\n', "Line 2 of .*log.jsonl is damaged"),
        ("log.jsonl", '{"steps": 1}\n', "Line 1 of .*log.jsonl is damaged"),
    ],
)
def test_a_damaged_file_of_a_workdir_is_named(tmp_path, name, text, said):
    (tmp_path / name).write_text(text)
    with pytest.raises(ValueError, match=said):
        tfmix.training.train(CONFIG, tmp_path)


def test_checkpoints_of_an_unknown_config_are_not_gone_on_with(tmp_path):
    workdir = tmp_path / "workdir"
    tfmix.training.train({**CONFIG, "num_steps": 2}, workdir)
    (workdir / "config.json").unlink()
    with pytest.raises(ValueError, match=r"checkpoints and no config\.json"):
        tfmix.training.train(CONFIG, workdir)


def test_a_damaged_checkpoint_is_named(tmp_path):
    workdir = tmp_path / "workdir"
    tfmix.training.train({**CONFIG, "num_steps": 2}, workdir)
    checkpoint = workdir / "checkpoints" / "step_00000002.keras"
    checkpoint.write_bytes(checkpoint.read_bytes()[:1000])
    with pytest.raises(ValueError, match=r"step_00000002\.keras is cut short"):
        tfmix.training.train(CONFIG, workdir)


def test_divergence_stops_the_run_and_keeps_the_last_good_checkpoint(tmp_path):
    workdir = tmp_path / "workdir"
    tfmix.training.train({**CONFIG, "num_steps": 2}, workdir)
    model = keras.models.load_model(workdir / "model.keras")
    poisoned = model.discriminator.trainable_variables[0]
    poisoned.assign(np.full(poisoned.shape, np.nan, np.float32))
    model.save(workdir / "checkpoints" / "step_00000002.keras")
    with pytest.raises(tfmix.training.TrainingDiverged, match=r"step 3: .* is nan"):
        tfmix.training.train(CONFIG, workdir)
    assert [path.name for path in (workdir / "checkpoints").iterdir()] == ["step_00000002.keras"]


def test_a_model_with_a_weight_that_is_not_finite_is_not_saved(run, tmp_path):
    model = keras.models.load_model(run[1] / "model.keras")
    model.prior.variables[1].assign(np.full([3, 4], np.inf, np.float32))
    checkpoints = Checkpoints(Workdir(tmp_path), every=1)
    checkpoints.set_model(model)
    checkpoints.on_train_begin()
    with pytest.raises(tfmix.training.TrainingDiverged, match="is not finite"):
        checkpoints.save({})
    assert not list(pathlib.Path(tmp_path).rglob("*.keras"))


def test_the_log_is_cut_back_to_the_checkpoint(tmp_path):
    workdir = Workdir(tmp_path)
    workdir.log.write_text('{"step": 1}\n{"step": 2}\n{"step": 3}\n{"st')
    workdir.begin(CONFIG, 2)
    assert workdir.log.read_text() == '{"step": 1}\n{"step": 2}\n'


def test_mirrored_trains_and_goes_on_without(tmp_path):
    config = {**CONFIG, "strategy": "mirrored", "num_steps": 2}
    tfmix.training.train(config, tmp_path / "workdir")
    model = tfmix.training.train({**CONFIG, "num_steps": 4}, tmp_path / "workdir")
    assert int(model.step) == 4


def test_mixed_bfloat16_trains_and_resumes(tmp_path):
    config = {**CONFIG, "precision": "mixed_bfloat16", "num_steps": 2}
    tfmix.training.train(config, tmp_path / "workdir")
    model = tfmix.training.train({**config, "num_steps": 4}, tmp_path / "workdir")
    assert model.generator.layers[1].compute_dtype == "bfloat16"
    assert model.sample(2, seed=0).dtype == np.float32


POINTS = {
    **CONFIG,
    "dataset": "grid",
    "train_size": 500,
    "num_steps": 100,
    "checkpoint_every": 50,
    "sample_every": 100,
    "log_every": 25,
    "generator": {"name": "MLPGenerator", "widths": [8]},
    "discriminator": {"name": "MLPDiscriminator", "widths": [8]},
}


def test_points_are_trained_several_steps_at_once_and_go_on_from_any(tmp_path):
    whole = tfmix.training.train(POINTS, tmp_path / "whole")
    assert whole.steps_per_execution == 25
    assert [line["step"] for line in lines(tmp_path / "whole")] == [25, 50, 75, 100]
    tfmix.training.train({**POINTS, "num_steps": 30}, tmp_path / "parts")
    parts = tfmix.training.train(POINTS, tmp_path / "parts")
    assert parts.steps_per_execution == 5
    for here, there in zip(weights(whole), weights(parts), strict=True):
        np.testing.assert_array_equal(here, there)
    with Image.open(tmp_path / "whole" / "samples" / "step_00000100.png") as picture:
        assert picture.size[0] > 400
