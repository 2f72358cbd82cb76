"""How learning rates fall over a run, and other settings move from one value to another."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import keras
import tensorflow as tf

from tfmix.checks import number, one_of

SCHEDULES = ("constant", "linear", "cosine")


@keras.saving.register_keras_serializable(package="tfmix")
class DelayedDecay(keras.optimizers.schedules.LearningRateSchedule):
    """Keeps the first rate of another schedule for some steps, then follows that schedule.

    Args:
        schedule: The schedule that follows.
        hold_steps: Number of steps before it begins.
    """

    def __init__(self, schedule: keras.optimizers.schedules.LearningRateSchedule, hold_steps: int):
        self.schedule = schedule
        self.hold_steps = hold_steps

    def __call__(self, step: tf.Tensor) -> tf.Tensor:
        """The rate of a step, from 0."""
        return self.schedule(tf.maximum(tf.cast(step, tf.int64) - self.hold_steps, 0))

    def get_config(self) -> dict:
        """The constructor's arguments by name."""
        schedule = keras.saving.serialize_keras_object(self.schedule)
        return {"schedule": schedule, "hold_steps": self.hold_steps}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> "DelayedDecay":
        """Makes a schedule from `get_config`."""
        schedule = keras.saving.deserialize_keras_object(config["schedule"])
        return cls(schedule, config["hold_steps"])


@keras.saving.register_keras_serializable(package="tfmix")
class ScheduledAdam(keras.optimizers.Adam):
    """Adam whose beta_2 follows a schedule (R3GAN, NeurIPS 2024: from 0.9 to 0.99).

    Args:
        beta_2: A Keras schedule of the number of updates.
        **kwargs: Of `keras.optimizers.Adam`.
    """

    def __init__(self, *, beta_2: keras.optimizers.schedules.LearningRateSchedule, **kwargs):
        super().__init__(**kwargs)
        self.beta_2_schedule = beta_2

    @property
    def beta_2(self) -> tf.Tensor:
        """The decay of the second moment in this update."""
        return self.beta_2_schedule(tf.cast(self.iterations, tf.int64))

    @beta_2.setter
    def beta_2(self, value: float) -> None:  # Adam's constructor sets the default
        pass

    def get_config(self) -> dict:
        """The constructor's arguments by name."""
        schedule = keras.saving.serialize_keras_object(self.beta_2_schedule)
        return {**super().get_config(), "beta_2": schedule}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> "ScheduledAdam":
        """Makes an optimizer from `get_config`."""
        schedule = keras.saving.deserialize_keras_object(config["beta_2"])
        return super().from_config({**config, "beta_2": schedule})


keras.saving.get_custom_objects()["tfmix>Held"] = DelayedDecay  # its name in older files


def make(
    learning_rate: float, num_steps: int, schedule: str = "constant", hold: float = 0.0
) -> float | keras.optimizers.schedules.LearningRateSchedule:
    """A learning rate for an optimizer that takes a step at each step of a run.

    Args:
        learning_rate: The first rate.
        num_steps: Steps of the run.
        schedule: "constant", or "linear" or "cosine" down to 0 at the end of the run.
        hold: Share of the run, in [0, 1), over which the first rate is held.

    Returns:
        A number or a Keras schedule.

    Raises:
        ValueError: An unknown schedule, or a share outside its range.
    """
    one_of("optimizer.schedule", schedule, SCHEDULES)
    number("optimizer.hold", "optimizer.hold lies in [0, 1)", hold, lambda x: 0 <= x < 1)
    if schedule == "constant":
        return learning_rate
    hold_steps = min(round(hold * num_steps), num_steps - 1)  # one is left to fall over
    falling = num_steps - hold_steps
    if schedule == "linear":
        decay = keras.optimizers.schedules.PolynomialDecay(learning_rate, falling, 0.0)
    else:
        decay = keras.optimizers.schedules.CosineDecay(learning_rate, falling)
    return DelayedDecay(decay, hold_steps) if hold_steps else decay


def between(
    name: str, values: Sequence[float], num_steps: int
) -> keras.optimizers.schedules.CosineDecay:
    """A setting that moves along a cosine from a first value to a last one.

    Args:
        name: Of the setting, for an error.
        values: The first, above 0, and the last, at least 0.
        num_steps: Steps of the run.

    Raises:
        ValueError: Other than two such numbers.
    """
    numbers = [v for v in values if isinstance(v, int | float) and not isinstance(v, bool)]
    good = len(values) == len(numbers) == 2 and 0 < numbers[0] < math.inf and numbers[1] >= 0
    if not (good and numbers[1] < math.inf):
        raise ValueError(
            f"{name} is a number, or a first value above 0 and a last one. Received: {values!r}."
        )
    first, last = map(float, numbers)  # of whole ones the schedule would round
    return keras.optimizers.schedules.CosineDecay(first, num_steps, alpha=last / first)
