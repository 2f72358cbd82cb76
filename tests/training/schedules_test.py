import keras
import numpy as np
import pytest

from tfmix.training import schedules


def rates(schedule, *steps):
    return [float(schedule(step)) for step in steps]


@pytest.mark.parametrize(
    ("name", "shares"),
    [
        ("linear", np.array([1, 0.75, 0.5, 0])),
        ("cosine", (1 + np.cos(np.pi * np.array([0, 0.25, 0.5, 1]))) / 2),
    ],
)
def test_a_rate_falls_evenly_or_along_half_a_period(name, shares):
    assert schedules.make(0.4, 100) == 0.4  # a constant rate is a number
    found = rates(schedules.make(0.4, 100, name), 0, 25, 50, 100)
    np.testing.assert_allclose(found, 0.4 * shares, atol=1e-7)


@pytest.mark.parametrize("name", ["linear", "cosine"])
def test_a_held_rate_falls_over_the_rest(name):
    held = schedules.make(0.4, 100, name, hold=0.6)
    fallen = schedules.make(0.4, 40, name)
    assert rates(held, 0, 30, 60) == pytest.approx([0.4] * 3)
    np.testing.assert_allclose(rates(held, 70, 80, 100), rates(fallen, 10, 20, 40), atol=1e-7)


@pytest.mark.parametrize("name", ["DelayedDecay", "Held"])
def test_an_optimizer_brings_its_schedule_back_by_the_name_of_earlier_versions_too(name):
    schedule = schedules.make(0.4, 100, "linear", hold=0.5)
    saved = keras.saving.serialize_keras_object(keras.optimizers.Adam(schedule))
    kept = saved["config"]["learning_rate"]
    assert kept["registered_name"] == "tfmix>DelayedDecay"
    kept |= {"class_name": name, "registered_name": f"tfmix>{name}"}
    again = keras.saving.deserialize_keras_object(saved)
    assert float(again.learning_rate) == pytest.approx(0.4)
    again.build([keras.Variable(0.0)])
    again.iterations.assign(75)
    assert float(again.learning_rate) == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"schedule": "step"}, "optimizer.schedule is one of constant, linear, cosine"),
        ({"schedule": "linear", "hold": 1.0}, r"optimizer.hold lies in \[0, 1\)"),
        ({"schedule": "linear", "hold": "x"}, "optimizer.hold"),
    ],
)
def test_what_is_no_schedule_is_refused(arguments, said):
    with pytest.raises(ValueError, match=said):
        schedules.make(0.1, 10, **arguments)
