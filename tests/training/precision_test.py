import pytest

from tests.training.tiny import CONFIG, PIXEL_CNN, POINTS
from tfmix.training import build, config, precision, train
from tfmix.training.workdir import Workdir

AUTO = {**CONFIG, "precision": "auto"}


@pytest.fixture
def processor(monkeypatch, tmp_path):
    """Sets what Linux says of the processor's units; None: what other systems say, nothing."""

    def put(units):
        path = tmp_path / "cpuinfo"
        if units is not None:
            path.write_text(f"processor : 0\nflags : fpu avx2 {units}\n\n")
        monkeypatch.setattr(precision, "_CPU", path)

    return put


@pytest.mark.parametrize("units", ["avx512_bf16", "avx512f amx_bf16"])
def test_the_networks_of_dcgan_train_in_bfloat16_where_the_processor_does(processor, units):
    processor(units)
    assert precision.chosen(AUTO) == "mixed_bfloat16"
    assert precision.chosen({**POINTS, "precision": "auto"}) == "float32"
    assert precision.chosen({**PIXEL_CNN, "precision": "auto"}) == "float32"


@pytest.mark.parametrize("units", ["avx512f", "avx512_bf16_of_another", None])
def test_other_processors_train_in_float32(processor, units):
    processor(units)
    assert precision.chosen(AUTO) == "float32"


@pytest.mark.parametrize("given", ["float32", "mixed_bfloat16"])
def test_what_a_config_says_is_done(processor, given):
    processor("avx512_bf16" if given == "float32" else "")
    assert precision.chosen({**AUTO, "precision": given}) == given


def test_a_model_is_built_in_the_precision_that_is_chosen(processor):
    processor("avx512_bf16")
    model = build.build(config.checked({**AUTO, "ema_momentum": 0.5}), (8, 8, 1), [0.1] * 10)
    assert model.generator.layers[1].compute_dtype == "bfloat16"
    assert model.sampled.generator.layers[1].compute_dtype == "float32"  # images for every machine


def test_a_run_keeps_its_precision_on_another_processor(processor, tmp_path):
    processor("avx512_bf16")
    train({**AUTO, "num_steps": 1}, tmp_path / "run")
    assert Workdir(tmp_path / "run").read_config()["precision"] == "mixed_bfloat16"
    processor("avx2")
    resumed = train({**AUTO, "num_steps": 2}, tmp_path / "run")
    assert resumed.generator.layers[1].compute_dtype == "bfloat16"
