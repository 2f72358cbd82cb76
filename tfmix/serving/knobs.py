"""The knobs of a draw beside its seed: values for what a model takes, none for what it does not."""

from collections.abc import Collection

import numpy as np

from tfmix import checks

NEUTRAL = {"component": -1, "label": -1, "scale": 1.0, "temperature": 1.0}  # ask for nothing
_INT32 = np.iinfo(np.int32)


def one_a_row(names: Collection[str], num_samples: int, **given: object) -> dict[str, np.ndarray]:
    """Gives each knob of a model a value for each row.

    Args:
        names: The knobs that the model has, of `NEUTRAL`.
        num_samples: N.
        **given: A value of a knob or one a row; None, or a knob left out: the neutral value. A knob
            that the model does not have may be given its neutral value.

    Returns:
        For each of `names` int32 or float32 [N].

    Raises:
        ValueError: A value of another type or length, or a knob that the model does not have.
    """
    typed = {name: _typed(name, given.get(name)) for name in (*names, *given)}
    for name in sorted(given.keys() - set(names)):
        wanted = f"This model has no {name}, only {' and '.join(sorted(names))}; leave it out"
        checks.all_good(name, wanted, typed[name], typed[name] == NEUTRAL[name])
    return {name: checks.one_per_row(name, typed[name], num_samples) for name in names}


def _typed(name: str, value: object) -> np.ndarray:
    value = NEUTRAL[name] if value is None else value
    if isinstance(NEUTRAL[name], float):
        wanted = f"{name} is a number, or one a row"
        with np.errstate(over="ignore"):  # infinity is refused where the range is known
            return checks.numbers(name, wanted, value).astype(np.float32)
    values = checks.integers(name, f"{name} is an int, or one a row", value)
    good = (values >= _INT32.min) & (values <= _INT32.max)
    checks.all_good(name, f"{name} is an int32", values, good)
    return values.astype(np.int32)
