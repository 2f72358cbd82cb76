"""`tfmix check`: what it says of a model whose bits agree, and of one whose bits do not."""

import numpy as np
import pytest

from tests.samplers import of_images
from tfmix.programs import check


@pytest.mark.slow
def test_a_tiny_model_has_the_same_bits_in_every_way(programs, exported):
    result = programs.run("zoo.check", f"--model={exported}")
    assert result.code == 0, result.err
    machine, line = result.out.splitlines()
    assert "TensorFlow 2." in machine
    ways = "one by one, in small batches, in another order, in the SavedModel, by one thread"
    assert line == f"{exported!s:24}the same bits {ways}"


def test_other_bits_are_named(monkeypatch, tmp_path, capsys):
    sampler = of_images()
    path = tmp_path / "other.keras"
    sampler.save(path)
    draw = type(sampler).sample

    def odd(self, num_samples, **given):  # a batch of one rounds otherwise
        return np.nextafter(draw(self, num_samples, **given), np.float32(2 * (num_samples == 1)))

    monkeypatch.setattr(type(sampler), "sample", odd)
    assert not check._agrees(str(path), lambda: "00")
    said = capsys.readouterr().out
    assert "the same bits in small batches, in another order; OTHER BITS one by one, by one" in said
