"""How learning rates fall over a run."""

from collections.abc import Mapping
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
    hold_steps = round(hold * num_steps)
    falling = num_steps - hold_steps
    if schedule == "linear":
        decay = keras.optimizers.schedules.PolynomialDecay(learning_rate, falling, 0.0)
    else:
        decay = keras.optimizers.schedules.CosineDecay(learning_rate, falling)
    return DelayedDecay(decay, hold_steps) if hold_steps else decay
