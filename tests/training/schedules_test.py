import keras
import numpy as np
import pytest

from tfmix.training import schedules


def rates(schedule, *steps):
    return [float(schedule(step)) for step in steps]


def test_a_constant_rate_is_a_number():
    assert schedules.make(0.3, 100) == 0.3


def test_linear_falls_evenly_to_nothing():
    np.testing.assert_allclose(
        rates(schedules.make(0.4, 100, "linear"), 0, 25, 50, 100), [0.4, 0.3, 0.2, 0], atol=1e-7
    )


def test_cosine_falls_along_half_a_period():
    expected = [0.2 * (1 + np.cos(np.pi * step / 100)) for step in (0, 25, 50, 100)]
    found = rates(schedules.make(0.4, 100, "cosine"), 0, 25, 50, 100)
    np.testing.assert_allclose(found, expected, atol=1e-7)


@pytest.mark.parametrize("name", ["linear", "cosine"])
def test_a_held_rate_falls_over_the_rest(name):
    held = schedules.make(0.4, 100, name, hold=0.6)
    fallen = schedules.make(0.4, 40, name)
    assert rates(held, 0, 30, 60) == pytest.approx([0.4] * 3)
    np.testing.assert_allclose(rates(held, 70, 80, 100), rates(fallen, 10, 20, 40), atol=1e-7)


def test_an_optimizer_brings_its_schedule_back():
    optimizer = keras.optimizers.Adam(schedules.make(0.4, 100, "linear", hold=0.5))
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(optimizer))
    assert float(again.learning_rate) == pytest.approx(0.4)
    again.build([keras.Variable(0.0)])
    again.iterations.assign(75)
    assert float(again.learning_rate) == pytest.approx(0.2)


def test_files_of_earlier_versions_call_a_delayed_decay_held():
    saved = keras.saving.serialize_keras_object(schedules.make(0.4, 100, "linear", hold=0.5))
    assert saved["registered_name"] == "tfmix>DelayedDecay"
    saved |= {"class_name": "Held", "registered_name": "tfmix>Held"}
    read = keras.saving.deserialize_keras_object(saved)
    assert rates(read, 50, 75) == pytest.approx([0.4, 0.2])


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
