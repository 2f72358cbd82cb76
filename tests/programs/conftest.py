import pytest

TINY = [
    *("--config=deligan_digits", "--config.train_size=60", "--config.prior.num_components=4"),
    *("--config.num_steps=4", "--config.checkpoint_every=2"),
    *("--config.sample_every=4", "--config.log_every=2"),
    *("--config.generator.width=4", "--config.discriminator.width=4"),
    "--config.discriminator.dense_widths=(8,)",
]


@pytest.fixture(scope="session")
def tiny():
    """Flags of a run of `zoo.train` that takes a second or two."""
    return TINY


@pytest.fixture(scope="session")
def trained(programs, tmp_path_factory):
    """The workdir of a tiny run that was evaluated on the way; `.flags` are those it took."""
    workdir = tmp_path_factory.mktemp("trained") / "run"
    validated = [*TINY, "--config.evaluate_every=2", "--config.validation_size=40"]
    result = programs.run("zoo.train", *validated, f"--workdir={workdir}")
    assert result.code == 0, result.err
    assert "Step 4: val_kid" in result.out
    return workdir


@pytest.fixture(scope="session")
def exported(programs, trained, tmp_path_factory):
    """The folder `tiny` with its export."""
    out = tmp_path_factory.mktemp("exported") / "tiny"
    result = programs.run("zoo.export", f"--workdir={trained}", f"--out={out}")
    assert result.code == 0, result.err
    return out


@pytest.fixture(scope="session")
def refused(programs):
    """Runs a program and holds that it refuses in one line, with exit code 2 and no traceback."""

    def refused(module, *flags, said):
        result = programs.run(module, *flags)
        assert (result.code, result.err.count("\n")) == (2, 1), result
        assert result.err.startswith("error: ")
        assert said in result.err

    return refused
