"""The benchmarks of speed: what their pages and figures make of a record, and PyTorch's twin."""

import json
import sys

import pytest

from tfmix.programs import presets
from zoo.benchmarks import (
    evaluation,
    input,
    sampling,
    shards,
    speed_page,
    startup,
    step,
    time_to_quality,
    turns,
)

MADE = {"hardware": "a machine", "seconds": 3.0, "command": "python -m this"}


def taken(**seconds):
    return {
        name: [{"seconds": each, "cpu": 2 * each, "peak": 1e9, "drawing": each} for each in (s, s)]
        for name, s in seconds.items()
    }


def check(benchmark, record, *wanted):
    record = {**MADE, **record}
    page = benchmark.page(record)
    assert page.endswith("a machine, 3 s: `python -m this`\n")
    for each in wanted:
        assert each in page
    assert benchmark.figures(record)


def test_steps_are_shown_beside_pytorch():
    found = {"turns": taken(**{step.BASE: 2.0, step.DEFAULT: 1.0}), "agreement": None}
    found["left_out"] = {"PyTorch, compiled": "no compiler"}
    record = {"steps": 10, "cases": {"dcgan_mnist": found}}
    left = "Left out: PyTorch, compiled: no compiler."
    check(step, record, "| tfmix, default | 100.0 | 0.50 | 200.0 |", left)


def test_sampling_is_shown_beside_the_generator_in_its_best_batch():
    bare = {f"{sampling.BARE}, batches of {n}": s for n, s in {"16": 2.0, "32": 1.0}.items()}
    record = {
        **{"model": "some", "num": 1_000, "ones": 10, "left_out": {}},
        "many": taken(**{sampling.SAMPLE: 1.5, sampling.SAVED: 1.6}, **bare),
        "one": taken(**{sampling.SAMPLE: 0.1}),
        "by_count": taken(**{"1000": 1.0, "3000": 3.0}),
        "by_components": taken(**{"1": 1.0, "10": 1.5}),
    }
    check(sampling, record, "| tfmix, sample | 1.500 | 1.50 |", "| 3,000 | 3.00 | 1.000 | 1,000 |")


def test_shards_are_shown_with_their_rate_and_whether_bytes_are_the_same():
    looks = [(float(n), n, 10**9) for n in range(13)]  # a shard a second
    record = {"model": "some", "num": 120, "shards": 12, "bytes": 10**6, "cut_off": 12}
    record |= {"runs": [looks, looks], "again": 5, "same": False}
    check(shards, record, "run: 10, 10, 10, 10, 10.", "1.00 to 1.00 GB", "OTHER BYTES")


def test_whole_processes_are_shown():
    names = startup.TENSORFLOW, startup.ALL, startup.TFMIX, startup.SAMPLE
    record = {"model": "some", "turns": taken(**dict(zip(names, (1, 2, 3, 4), strict=True)))}
    check(startup, record, "| `import tfmix` | 3.00 | 6.00 | 2.00 | 4.00 | 1,000 |")
    record = {"model": "some", "num": 100, "seeds": 5, "left_out": {evaluation.FIDELITY: "why"}}
    record["turns"] = taken(**{evaluation.CACHED: 60, evaluation.UNCACHED: 90})
    check(evaluation, record, "| 60 | 120 | 1.00 |", "Left out: torch-fidelity, FID alone: why.")


def test_input_is_shown_beside_a_step():
    record = {"rows": 100, "batches": 100, "steps": 10, "pictures": 50, "left_out": {}}
    record["arrays"] = taken(**{input.TFMIX: 0.1, input.STEP: 1.0})
    record["folder"] = taken(**{input.FROM_FOLDER: 1.0, "other": 0.5})
    check(input, record, "| 64,000 | 1.000 | 0.0100 |", "| other | 100 | 2.0 |")


CURVES = {
    "tfmix, float32": [[(10, 1.0, 40.0), (20, 3.0, 20.0)]],
    "keras.io style": [[(10, 1.0, 90.0), (20, 2.0, 60.0)]],
}


def test_quality_is_shown_against_time():
    record = {"config": "some", "num": 100, "curves": CURVES}
    check(time_to_quality, record, "| s to FID 63.0 | s to FID 21.0 |", "| 1 | 3 |", "not reached")


def test_seconds_to_a_level_are_interpolated():
    (curve,) = CURVES["tfmix, float32"]
    assert [time_to_quality.until(curve, fid) for fid in (50, 30, 20, 10)] == [1.0, 2.0, 3.0, None]


def test_the_page_of_speed_says_what_it_comes_to(tmp_path):
    found = {**MADE, "versions": dict.fromkeys(("tensorflow", "keras", "numpy"), "1.2")}
    found["machine"] = {**dict.fromkeys(("processor", "cores", "torch", "load"), "some")}
    found["machine"]["has"] = ["avx2"]
    found["turns"] = taken(**{startup.TENSORFLOW: 1, startup.ALL: 2, startup.TFMIX: 2.25})
    found["turns"] |= taken(**{startup.SAMPLE: 3})
    (tmp_path / "startup.json").write_text(json.dumps({**found, "model": "some"}))
    (tmp_path / "startup.md").write_text("# Start-up\n\n## Some\n")
    (tmp_path / "tried.md").write_text("## Tried\n")
    page = speed_page.page(tmp_path, tmp_path / "docs")
    assert "CPU s | 0.29 | 0.50 |" in page
    assert "## Start-up\n\n![Start-up: bars and lines](../startup.png)\n\n### Some" in page
    assert page.index("some cores of some (avx2), tensorflow 1.2") < page.index("## Tried")
    with pytest.raises(ValueError, match="make bench BENCH="):
        speed_page.page(tmp_path / "empty", tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["dcgan_mnist", "gmgan_mnist", "dcgan_cifar10"])
def test_pytorchs_networks_are_those_of_tfmix(name):
    agreement = pytest.importorskip("zoo.benchmarks.contenders.agreement")
    small = {"generator": {"width": 4}, "discriminator": {"width": 4}}
    shape = (32, 32, 3) if "cifar" in name else (28, 28, 1)
    found = agreement.check(presets.based_on(name, **small).to_dict(), shape)(1)
    for each in found.values():
        assert each["difference"] < 1e-5
        for ours, theirs in (each["parameters"], each["multiplications"]):
            assert ours == theirs


@pytest.mark.slow
def test_a_step_is_measured(monkeypatch):
    small = {"generator": {"width": 2}, "discriminator": {"width": 2, "dense_widths": (4,)}}
    monkeypatch.setattr(step, "CASES", {"dcgan_mnist": ("dcgan_mnist", small, (28, 28, 1))})
    some = {name: step.CONTENDERS[name] for name in (step.DEFAULT, "keras.io style")}
    monkeypatch.setattr(step, "CONTENDERS", some)
    monkeypatch.setattr(sys, "argv", ["step", "--rounds=2", "--steps=1"])
    step.FLAGS.parse()
    found = step.measure_case("dcgan_mnist")["turns"]
    assert found.keys() == some.keys()
    assert turns.ratio(found, *some) > 0
