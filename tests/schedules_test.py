import keras
import numpy as np
import pytest

from tfmix import schedules


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


@pytest.mark.parametrize("name", ["linear", "cosine"])
def test_a_rate_held_over_nearly_all_of_a_short_run_falls_in_its_last_step(name):
    assert rates(schedules.make(0.4, 10, name, hold=0.99), 9, 10) == pytest.approx([0.4, 0.0])


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


def test_a_setting_goes_from_one_value_to_another_along_half_a_period():
    schedule = schedules.between("beta_2", [0.9, 0.99], 100)
    np.testing.assert_allclose(rates(schedule, 0, 50, 100, 200), [0.9, 0.945, 0.99, 0.99])
    whole = rates(schedules.between("gamma", (2, 0), 10), 0, 10)
    np.testing.assert_allclose(whole, [2, 0], atol=1e-6)


def test_beta_2_follows_its_schedule_and_an_optimizer_goes_on_with_the_same_bits(tmp_path):
    def model(beta_2):
        made = keras.Sequential([keras.Input([1]), keras.layers.Dense(1)])
        adam = keras.optimizers.Adam if isinstance(beta_2, float) else schedules.ScheduledAdam
        made.compile(adam(learning_rate=0.1, beta_2=beta_2), "mse")
        made.set_weights([np.float32([[1.0]]), np.float32([0.0])])
        return made

    def step(made, count):
        for _ in range(count):
            made.train_on_batch(np.float32([[2.0]]), np.float32([[0.0]]))
        return [value.numpy() for value in made.weights + made.optimizer.variables]

    moving = model(schedules.between("beta_2", [0.9, 0.5], 4))
    for one, other in zip(step(moving, 1), step(model(0.9), 1), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5)
    assert (step(moving, 2)[-1] != step(model(0.9), 3)[-1]).all()
    moving.save(tmp_path / "x.keras")
    again = keras.models.load_model(tmp_path / "x.keras")
    assert type(again.optimizer) is schedules.ScheduledAdam
    for one, other in zip(step(moving, 2), step(again, 2), strict=True):
        np.testing.assert_array_equal(one, other)
    assert float(again.optimizer.beta_2) == pytest.approx(0.5)


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
