"""`tfmix train`: what it leaves, what it leaves alone, and what it refuses."""

import pytest


def test_a_finished_workdir_says_so_and_is_left_alone(programs, trained, tiny):
    before = (trained / "model.keras").stat().st_mtime_ns
    flags = [*tiny, "--config.evaluate_every=2", "--config.validation_size=40"]
    result = programs.run("zoo.train", *flags, f"--workdir={trained}")
    assert result.code == 0
    assert "holds a finished run of 4 steps" in result.out
    assert (trained / "model.keras").stat().st_mtime_ns == before


@pytest.mark.slow
def test_real_mnist_trains(programs, tfds_dir, tmp_path):
    result = programs.run(
        *("zoo.train", "--config=deligan_mnist", "--config.num_steps=2"),
        *("--config.generator.width=4", "--config.discriminator.width=4"),
        *(f"--config.data_dir={tfds_dir}", f"--workdir={tmp_path / 'run'}"),
    )
    assert result.code == 0, result.err
    assert (tmp_path / "run" / "model.keras").exists()


@pytest.mark.parametrize(
    ("flag", "said"),
    [
        ("nosuch=1", "no key 'nosuch'. tfmix/"),
        ("prior.num_component=1", "no key 'num_component'. One near it is 'num_components'."),
        ("train_size=many", "train_size"),
        ("dataset=folder:nowhere", "nowhere"),
        ("dataset=folder:{empty} --config.image_size=8", "empty"),
        ("data_dir=nowhere --config.dataset=mnist", "nowhere"),
        ("seed=1 --config=zoo/configs/nosuch.py", "nosuch.py"),
    ],
)
def test_refuses_in_one_line_and_writes_nothing(refused, tiny, tmp_path, flag, said):
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "readme.txt").write_text("no picture")
    flags = f"--config.{flag}".format(empty=tmp_path / "empty").split()
    refused("zoo.train", *tiny, *flags, f"--workdir={tmp_path / 'run'}", said=said)
    assert not (tmp_path / "run").exists()


def test_a_workdir_of_another_config_or_read_only_is_refused(refused, trained, tiny, tmp_path):
    before = (trained / "config.json").read_bytes()
    refused("zoo.train", *tiny, "--config.seed=7", f"--workdir={trained}", said="another")
    assert (trained / "config.json").read_bytes() == before
    (tmp_path / "run").mkdir(mode=0o555)
    refused("zoo.train", *tiny, f"--workdir={tmp_path / 'run'}", said="read-only")
    assert not list((tmp_path / "run").iterdir())


def test_divergence_exits_with_1_and_one_line(programs, tiny, tmp_path):
    flags = [*tiny, "--config.num_steps=60", "--config.optimizer.learning_rate=1e38"]
    result = programs.run("zoo.train", *flags, f"--workdir={tmp_path / 'run'}")
    assert (result.code, result.err.count("\n")) == (1, 1)
    assert "Training stopped at step" in result.err
