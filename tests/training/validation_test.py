"""Validation on held-out images within a run: its scores, the best model, and resuming."""

import json
import types

import keras
import numpy as np
import pytest
import tensorflow as tf

import tfmix
from tests.training.tiny import CONFIG, EARLIER, PIXEL_CNN, POINTS, VALIDATED
from tfmix import data
from tfmix.training import config as configs
from tfmix.training.validation import Validation, ValidationCallback
from tfmix.training.workdir import Workdir

SCORES = {"val_kid", "val_kid_std_error"} | {
    f"val_{name}" for name in ("precision", "recall", "coverage", "copies")
}
# What the log of a run has of held-out images, and the one entry that is not the same each time.
OF_HELD_OUT = {"train_logit", "held_out_logit", "sampled_logit", "r_v", "images_per_second"}
OFTEN = {**VALIDATED, "evaluate_every": 2}


def best(workdir):
    return json.loads((workdir / "best.json").read_text())


@pytest.fixture(scope="module")
def validation():
    train, held_out = data.load("digits").split(60, 40, seed=0)
    return Validation(held_out, train, configs.checked(VALIDATED))


def test_a_line_of_scores_each_few_steps_and_after_the_last(run, lines):
    found = lines(run.workdir, "evaluations")
    assert [line["step"] for line in found] == [4, 6]
    for line in found:
        assert line.keys() == {"step", *SCORES}
        assert np.isfinite([*line.values()]).all()
    (path,) = (run.workdir / "tensorboard").glob("events*")
    events = tf.compat.v1.train.summary_iterator(str(path))
    drawn = {(event.step, value.tag) for event in events for value in event.summary.value}
    assert {(step, name) for step in (4, 6) for name in SCORES} <= drawn


def test_the_best_is_kept_with_its_scores_and_protocol(run, validation, lines):
    record = best(run.workdir)
    protocol = record.pop("protocol")
    assert record == min(lines(run.workdir, "evaluations"), key=lambda line: line["val_kid"])
    assert protocol == validation.protocol
    assert (protocol["extractor"], protocol["num_real"], protocol["num_fake"]) == ("digits", 40, 40)
    model = keras.models.load_model(run.workdir / "best.keras")
    assert int(model.step) == record["step"]
    assert validation.scores(model) == {name: record[name] for name in SCORES}


def test_validation_changes_no_bit_of_training(run, tmp_path, same, lines):
    assert same(run.model, tfmix.training.train(CONFIG, tmp_path))
    with_it, without = (
        [{key: line[key] for key in line.keys() - OF_HELD_OUT} for line in lines(where)]
        for where in (run.workdir, tmp_path)
    )
    assert with_it == without
    assert not [*tmp_path.glob("best*"), *tmp_path.glob("evaluations*")]


def test_scores_are_those_of_the_averaged_weights_and_change_nothing(run, validation, unchanged):
    with unchanged(*run.model.variables):
        scores = validation.scores(run.model)
    assert scores == validation.scores(run.model.sampler())
    assert scores != validation.scores(tfmix.Sampler(run.model.prior, run.model.generator))


def shown(images):
    """Stands in for a model that draws these images."""

    def sample(_, *, seed):
        return data.from_uint8(images[seed % len(images)]).numpy()

    return types.SimpleNamespace(sample=sample)


def test_real_images_score_well_and_copies_are_found(validation):
    scores = validation.scores(shown(data.load("digits", "test").images))
    assert abs(scores["val_kid"]) < 4 * scores["val_kid_std_error"]
    assert min(scores["val_precision"], scores["val_recall"], scores["val_coverage"]) > 0.5
    assert scores["val_copies"] < 0.3
    train, _ = data.load("digits").split(60, 40, seed=0)
    assert validation.scores(shown(train.images))["val_copies"] == 1


@pytest.fixture
def scored(monkeypatch):
    """Sets the KIDs of the evaluations after steps 2, 4 and 6: scored(2.0, 1.0, 3.0)."""

    def by_step(*kids):
        def scores(self, model):
            return {**dict.fromkeys(SCORES, 0.5), "val_kid": kids[(int(model.step) - 1) // 2]}

        monkeypatch.setattr(Validation, "scores", scores)

    return by_step


def callback(workdir, validation, model):
    """The callback that keeps the best model, as it is when training starts."""
    record = (Workdir(workdir), tf.summary.create_noop_writer(), OFTEN)
    made = ValidationCallback(*record, validation=validation)
    made.set_model(model)
    model.step.assign(0)
    made.on_train_begin()
    return made


@pytest.mark.parametrize(
    ("kids", "step"), [((3.0, 2.0, 1.0), 6), ((1.0, 3.0, 2.0), 2), ((2.0, -1.0, -1.0), 4)]
)
def test_a_smaller_kid_alone_replaces_the_best(run, validation, scored, tmp_path, kids, step):
    scored(*kids)
    model = keras.models.load_model(run.workdir / "model.keras")
    keeps = callback(tmp_path, validation, model)
    for done in (1, 2, 3, 4, 5, 6):
        model.step.assign(done)
        keeps.on_train_batch_end(done - 1, {})
    assert best(tmp_path)["step"] == step
    assert int(keras.models.load_model(tmp_path / "best.keras").step) == step


def test_a_broken_model_is_no_best(run, validation, tmp_path):
    model = keras.models.load_model(run.workdir / "best.keras")
    model.prior.variables[1].assign(np.full([3, 4], np.inf, np.float32))
    with pytest.raises(tfmix.training.TrainingDiverged, match="is not finite"):
        callback(tmp_path, validation, model).on_train_batch_end(1, {})
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_a_run_that_is_resumed_keeps_the_same_best(run, scored, tmp_path, same, lines):
    scored(3.0, 2.0, 1.0)
    checkpoint = tmp_path / "checkpoints" / "step_00000006.keras"
    found = []
    # A run that is made longer; one that is killed after its last evaluation and before its last
    # checkpoint; one that is killed between the two files of the best, of which one is missing.
    tfmix.training.train({**OFTEN, "num_steps": 4}, tmp_path)
    for lost in ([], [checkpoint], [checkpoint, tmp_path / "best.json"]):
        for path in lost:
            path.unlink()
        assert same(run.model, tfmix.training.train(OFTEN, tmp_path))
        assert same(run.model, keras.models.load_model(tmp_path / "best.keras"))
        found.append((best(tmp_path), lines(tmp_path, "evaluations")))
    assert found[0] == found[1] == found[2]
    assert [(line["step"], line["val_kid"]) for line in found[0][1]] == [(2, 3), (4, 2), (6, 1)]
    assert (found[0][0]["step"], found[0][0]["val_kid"]) == (6, 1)


def test_a_run_that_starts_again_deletes_the_best_of_another(run, scored, tmp_path, lines):
    run.copied(tmp_path)
    for path in (tmp_path / "config.json", *(tmp_path / "checkpoints").iterdir()):
        path.unlink()
    scored(9.0)
    tfmix.training.train({**OFTEN, "seed": 1, "num_steps": 2}, tmp_path)
    assert (best(tmp_path)["step"], best(tmp_path)["val_kid"]) == (2, 9.0)
    assert len(lines(tmp_path, "evaluations")) == 1


def test_a_run_may_be_validated_more_often_and_not_with_other_images(run, scored, tmp_path, lines):
    run.copied(tmp_path, newest=4)
    for changes in ({"evaluate_every": 0}, {"validation_size": 41}, {"extractor": "digits"}):
        with pytest.raises(ValueError, match=f"another {next(iter(changes))}"):
            tfmix.training.train({**VALIDATED, **changes}, tmp_path)
    scored(1.0, 1.0, 1.0)
    tfmix.training.train({**VALIDATED, "evaluate_every": 1}, tmp_path)
    assert [line["step"] for line in lines(tmp_path, "evaluations")] == [4, 5, 6]


def test_kids_of_two_extractors_are_not_compared(run, tmp_path):
    record = best(run.copied(tmp_path, newest=4))
    record["protocol"]["extractor_sha256"] = "0" * 64
    (tmp_path / "best.json").write_text(json.dumps(record))
    with pytest.raises(ValueError, match=r"by another protocol.*delete best\.json and best\.keras"):
        tfmix.training.train(VALIDATED, tmp_path)


def test_a_damaged_record_is_named(tmp_path):
    assert Workdir(tmp_path).read_best() is None
    for text in ("{", "[1]", '{"step": 1}'):
        (tmp_path / "best.json").write_text(text)
        with pytest.raises(ValueError, match=r"best\.json is damaged"):
            Workdir(tmp_path).read_best()


def test_a_run_of_an_earlier_version_is_resumed(run, tmp_path, same):
    """Its config.json has a block `loss`, and no keys of validation, which came later."""
    run.copied(tmp_path, newest=4)
    assert not configs.DEFAULTS.keys() & EARLIER.keys()
    (tmp_path / "config.json").write_text(json.dumps(EARLIER))
    assert same(run.model, tfmix.training.train(CONFIG, tmp_path))
    with pytest.raises(ValueError, match="another evaluate_every"):
        tfmix.training.train(VALIDATED, tmp_path)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (POINTS, "grid has points: tfmix evaluate scores them"),
        ({"extractor": "nosuch"}, r"digits.*Received: 'nosuch'"),
        ({"channels": 3, "extractor": "mnist"}, r"'mnist' takes images .*, 1\].*Received: shape"),
        ({"train_size": 1290}, "validation_size=40 images out beside train_size=1290"),
        ({"train_size": 0, "validation_size": 1297}, "=1297 images out; a smaller one would do"),
    ],
)
def test_what_cannot_be_scored_is_refused_before_anything_is_written(tmp_path, changes, said):
    with pytest.raises(ValueError, match=said):
        tfmix.training.train({**VALIDATED, **changes}, tmp_path / "workdir")
    assert not (tmp_path / "workdir").exists()


@pytest.mark.parametrize(
    ("channels", "given", "name"), [(1, "", "mnist"), (1, "digits", "digits"), (3, "", "cifar10")]
)
def test_images_of_a_user_take_a_shipped_extractor_or_the_one_that_is_named(
    channels, given, name, tmp_path
):
    np.savez(tmp_path / "mine.npz", images=data.load("digits").images[:90])
    config = {**VALIDATED, "dataset": f"npz:{tmp_path / 'mine.npz'}", "extractor": given}
    train, held_out = data.load(config["dataset"], channels=channels).split(0, 40, seed=0)
    protocol = Validation(held_out, train, config).protocol
    assert (protocol["extractor"], protocol["num_real"]) == (name, 40)


def test_a_pixel_cnn_is_scored_too(tmp_path):
    config = {**PIXEL_CNN, "evaluate_every": 1, "num_steps": 1, "validation_size": 16}
    tfmix.training.train(config, tmp_path)
    assert isinstance(Workdir(tmp_path).load_best(), tfmix.PixelCNN)
    assert best(tmp_path)["step"] == 1
