"""Validation on held-out images within a run: its curves, the best model, and resume."""

import json
import shutil

import keras
import numpy as np
import pytest
import tensorflow as tf

import tfmix
from tests.training import tiny
from tfmix import data
from tfmix.training import config as configs
from tfmix.training.validation import Validation, ValidationCallback
from tfmix.training.workdir import Workdir

CONFIG = {
    **tiny.CONFIG,
    "sample_every": 6,
    "evaluate_every": 2,
    "validation_size": 40,
    "extractor": "",
    "optimizer": {"name": "Adam", "learning_rate": 1e-2},
}
SCORES = {
    *("val_kid", "val_kid_std_error", "val_precision", "val_recall", "val_coverage"),
    "val_copies",
}
BESIDE = {"train_logit", "held_out_logit", "sampled_logit", "r_v"}  # of held-out images, in the log


def weights(model):
    return [keras.ops.convert_to_numpy(variable) for variable in model.variables]


def same(one, other):
    return all(np.array_equal(a, b) for a, b in zip(weights(one), weights(other), strict=True))


def lines(workdir, name="evaluations"):
    text = (workdir / f"{name}.jsonl").read_text()
    return [json.loads(line) for line in text.splitlines()]


def best(workdir):
    return json.loads((workdir / "best.json").read_text())


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    workdir = tmp_path_factory.mktemp("run") / "workdir"
    return tfmix.training.train({**CONFIG, "evaluate_every": 4}, workdir), workdir


@pytest.fixture(scope="module")
def validation():
    train, held_out = data.load("digits").split(60, 40, seed=0)
    return Validation(held_out, train, CONFIG)


def test_a_line_of_scores_each_few_steps_and_after_the_last(run):
    _, workdir = run
    assert [line["step"] for line in lines(workdir)] == [4, 6]
    for line in lines(workdir):
        assert line.keys() == {"step", *SCORES}
        assert np.isfinite([*line.values()]).all()
    (path,) = (workdir / "tensorboard").glob("events*")
    drawn = {
        (event.step, value.tag)
        for event in tf.compat.v1.train.summary_iterator(str(path))
        for value in event.summary.value
    }
    assert {(step, name) for step in (4, 6) for name in SCORES} <= drawn


def test_the_best_is_kept_with_what_it_was_chosen_by(run, validation):
    _, workdir = run
    record = best(workdir)
    protocol = record.pop("protocol")
    assert record == min(lines(workdir), key=lambda line: line["val_kid"])
    assert protocol == validation.protocol
    assert (protocol["extractor"], protocol["num_real"], protocol["num_fake"]) == ("digits", 40, 40)
    model = keras.models.load_model(workdir / "best.keras")
    assert int(model.step) == record["step"]
    again = validation.scores(model)
    assert again == {name: record[name] for name in SCORES}


def test_validation_changes_no_bit_of_training(run, tmp_path):
    without = tfmix.training.train({**CONFIG, "evaluate_every": 0}, tmp_path)
    assert same(run[0], without)
    timeless = [
        [
            {k: v for k, v in line.items() if k not in {"images_per_second", *BESIDE}}
            for line in lines(where, "log")
        ]
        for where in (run[1], tmp_path)
    ]
    assert timeless[0] == timeless[1]
    assert not [*tmp_path.glob("best*"), *tmp_path.glob("evaluations*")]


def test_scores_are_those_of_the_averaged_weights_and_disturb_nothing(run, validation):
    model, _ = run
    before = weights(model)
    scores = validation.scores(model)
    assert scores == validation.scores(model.sampler())
    assert scores != validation.scores(tfmix.Sampler(model.prior, model.generator))
    assert all(np.array_equal(a, b) for a, b in zip(before, weights(model), strict=True))


def test_real_images_score_well(validation):
    class Reals:
        def sample(self, num_samples, *, seed):
            images = data.load("digits", "test").images
            return data.from_uint8(images[seed % len(images)]).numpy()

    scores = validation.scores(Reals())
    assert abs(scores["val_kid"]) < 4 * scores["val_kid_std_error"]
    assert min(scores["val_precision"], scores["val_recall"], scores["val_coverage"]) > 0.5
    assert scores["val_copies"] < 0.3


def test_copies_of_training_images_are_told(validation):
    class Copies:
        def sample(self, num_samples, *, seed):
            train, _ = data.load("digits").split(60, 40, seed=0)
            return data.from_uint8(train.images[seed % 60]).numpy()

    assert validation.scores(Copies())["val_copies"] == 1


@pytest.fixture
def scored(monkeypatch):
    """Has KIDs set by step: scored(2.0, 1.0) at the first and at the second evaluation."""

    def by_step(*kids):
        def scores(self, model):
            kid = kids[(int(model.step) - 1) // 2]
            return {**dict.fromkeys(SCORES, 0.5), "val_kid": kid}

        monkeypatch.setattr(Validation, "scores", scores)

    return by_step


@pytest.mark.parametrize(
    ("kids", "step"), [((3.0, 2.0, 1.0), 6), ((1.0, 3.0, 2.0), 2), ((2.0, -1.0, -1.0), 4)]
)
def test_a_smaller_kid_alone_replaces_the_best_and_resume_comes_to_the_same(
    scored, tmp_path, kids, step
):
    scored(*kids)
    whole, resumed = tmp_path / "whole", tmp_path / "resumed"
    tfmix.training.train(CONFIG, whole)
    assert best(whole)["step"] == step
    kept = keras.models.load_model(whole / "best.keras")
    assert int(kept.step) == step

    # Killed after the last evaluation and before the last checkpoint.
    shutil.copytree(whole, resumed)
    (resumed / "checkpoints" / "step_00000006.keras").unlink()
    # Killed between the two files of the last best, too: then one of them is not there.
    for torn in [False] + [True] * (step == 6):
        if torn:
            (resumed / "best.json").unlink()
            (resumed / "checkpoints" / "step_00000006.keras").unlink()
        tfmix.training.train(CONFIG, resumed)
        assert best(resumed) == best(whole)
        assert lines(resumed) == lines(whole)
        assert same(kept, keras.models.load_model(resumed / "best.keras"))

    # Stopped at a checkpoint before, of which the run was made longer.
    shorter = tmp_path / "shorter"
    tfmix.training.train({**CONFIG, "num_steps": 4}, shorter)
    tfmix.training.train(CONFIG, shorter)
    assert best(shorter) == best(whole)
    assert lines(shorter) == lines(whole)
    assert same(kept, keras.models.load_model(shorter / "best.keras"))


def test_a_run_that_begins_anew_drops_the_best_of_another(scored, tmp_path):
    scored(0.0, 0.0, 0.0)
    tfmix.training.train({**CONFIG, "num_steps": 2}, tmp_path)
    for path in (tmp_path / "checkpoints").iterdir():
        path.unlink()
    (tmp_path / "config.json").unlink()
    scored(1.0, 2.0, 3.0)
    tfmix.training.train({**CONFIG, "seed": 1}, tmp_path)
    assert (best(tmp_path)["step"], best(tmp_path)["val_kid"]) == (2, 1.0)
    assert len(lines(tmp_path)) == 3


def test_a_run_goes_on_at_another_rhythm_and_not_with_other_images(scored, tmp_path):
    scored(1.0, 1.0, 1.0)
    tfmix.training.train({**CONFIG, "num_steps": 3}, tmp_path)
    for changes in ({"evaluate_every": 0}, {"validation_size": 41}, {"extractor": "digits"}):
        with pytest.raises(ValueError, match=f"another {next(iter(changes))}"):
            tfmix.training.train({**CONFIG, **changes}, tmp_path)
    tfmix.training.train({**CONFIG, "evaluate_every": 1}, tmp_path)
    assert [line["step"] for line in lines(tmp_path)] == [2, 3, 4, 5, 6]


def test_kids_of_two_extractors_never_meet(scored, tmp_path):
    scored(1.0, 1.0, 1.0)
    tfmix.training.train({**CONFIG, "num_steps": 2}, tmp_path)
    record = best(tmp_path)
    record["protocol"]["extractor_sha256"] = "0" * 64
    (tmp_path / "best.json").write_text(json.dumps(record))
    with pytest.raises(ValueError, match=r"by another protocol.*delete best\.json and best\.keras"):
        tfmix.training.train(CONFIG, tmp_path)


def test_a_damaged_record_is_named(tmp_path):
    assert Workdir(tmp_path).read_best() is None
    for text in ("{", "[1]", '{"step": 1}'):
        (tmp_path / "best.json").write_text(text)
        with pytest.raises(ValueError, match=r"best\.json is damaged"):
            Workdir(tmp_path).read_best()


def test_a_run_of_an_earlier_version_is_resumed(tmp_path):
    """Its config.json has the block loss, and no keys of validation, which came later."""
    tfmix.training.train({**CONFIG, "evaluate_every": 0, "num_steps": 2}, tmp_path)
    unknown = {"evaluate_every", "validation_size", "extractor", "init_from"}
    earlier = {k: v for k, v in {**CONFIG, **tiny.EARLIER}.items() if k not in unknown}
    earlier |= {"sample_every": 6, "optimizer": CONFIG["optimizer"], "num_steps": 2}
    (tmp_path / "config.json").write_text(json.dumps(earlier))
    now = {**CONFIG, "evaluate_every": 0, "num_steps": 3}
    assert int(tfmix.training.train(now, tmp_path).step) == 3
    with pytest.raises(ValueError, match="another evaluate_every"):
        tfmix.training.train({**now, "evaluate_every": 1}, tmp_path)


POINTS = {
    "dataset": "grid",
    "train_size": 500,
    "generator": {"name": "MLPGenerator", "widths": [8]},
    "discriminator": {"name": "MLPDiscriminator", "widths": [8]},
}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (POINTS, "grid has points: zoo.evaluate scores them"),
        ({"extractor": "nosuch"}, r"digits.*Received: 'nosuch'"),
        ({"channels": 3, "extractor": "mnist"}, r"'mnist' takes images .*, 1\].*Received: shape"),
        ({"train_size": 1290}, "validation_size=40 images out beside train_size=1290"),
        ({"train_size": 0, "validation_size": 1297}, "=1297 images out; a smaller one would do"),
    ],
)
def test_what_cannot_be_scored_is_refused_before_anything_is_written(tmp_path, changes, said):
    with pytest.raises(ValueError, match=said):
        tfmix.training.train({**CONFIG, **changes}, tmp_path / "workdir")
    assert not (tmp_path / "workdir").exists()


def test_a_user_s_own_images_take_that_of_mnist_or_cifar10_or_one_by_name(scored, tmp_path):
    images, labels = data.load("digits").images[:90], data.load("digits").labels[:90]
    np.savez(tmp_path / "mine.npz", images=images, labels=labels)
    mine = {**CONFIG, "dataset": f"npz:{tmp_path / 'mine.npz'}", "train_size": 0, "num_steps": 2}
    scored(1.0)
    for name, changes in (
        *(("mnist", {}), ("digits", {"extractor": "digits"})),
        *(("mnist", {"image_size": 16}), ("cifar10", {"channels": 3})),
    ):
        workdir = tmp_path / f"{name}{len(changes)}"
        tfmix.training.train({**mine, **changes}, workdir)
        assert best(workdir)["protocol"]["extractor"] == name
        assert best(workdir)["protocol"]["num_real"] == 40


def test_a_broken_model_is_no_best(run, validation, tmp_path):
    model = keras.models.load_model(run[1] / "best.keras")
    model.prior.variables[1].assign(np.full([3, 4], np.inf, np.float32))
    config = configs.checked({**CONFIG, "evaluate_every": 1})
    callback = ValidationCallback(
        Workdir(tmp_path), tf.summary.create_noop_writer(), config, validation
    )
    callback.set_model(model)
    callback.on_train_begin()
    with pytest.raises(tfmix.training.TrainingDiverged, match="is not finite"):
        callback.on_train_batch_end(0, {})
    assert not list(tmp_path.iterdir())


def test_a_pixel_cnn_is_scored_too(tmp_path):
    config = {
        **CONFIG,
        "model": {"name": "PixelCNN", "filters": 2, "num_blocks": 1, "num_levels": 17},
        **{key: {"name": "none"} for key in ("prior", "generator", "discriminator")},
        "ema_momentum": 0.0,
        "num_steps": 1,
        "validation_size": 16,
    }
    tfmix.training.train(config, tmp_path)
    assert isinstance(Workdir(tmp_path).load_best(), tfmix.PixelCNN)
    assert best(tmp_path)["step"] == 1


def test_mirrored_is_scored_too(tmp_path):
    tfmix.training.train({**CONFIG, "strategy": "mirrored", "num_steps": 2}, tmp_path)
    assert best(tmp_path)["step"] == 2
