"""The way from one component to another."""

import numpy as np

from tfmix import checks, pictures


def images(
    sampler,
    first: int,
    last: int,
    *,
    num: int,
    steps: int,
    seed: int = 0,
    scale: float = 1.0,
) -> np.ndarray:
    """Images on straight ways between the latents that two components make of the same noise.

    Args:
        sampler: A model that draws from components: a `tfmix.Sampler` or a SavedModel of one.
        first: The component that each way begins at.
        last: The component that it ends at.
        num: Ways, each of a noise of its own.
        steps: Images on a way, its two ends among them.
        seed: An int32, from which each way's seed follows.
        scale: As of `tfmix.Sampler.sample`.

    Returns:
        uint8 [num * steps, H, W, C], way by way.

    Raises:
        ValueError: An argument out of its range.
    """
    num, steps = checks.positive_int("num", num), checks.positive_int("steps", steps)
    if min(first, last) < 0:
        raise ValueError(f"A way has a component at each end. Received: {first} and {last}.")
    start, end = (
        sampler.draw(num, seed=seed, component=component, scale=scale)["latent"]
        for component in (first, last)
    )
    way = np.linspace(0.0, 1.0, steps, dtype=np.float32)[:, None]
    latent = np.concatenate([(1 - way) * a + way * b for a, b in zip(start, end, strict=True)])
    return pictures.to_uint8(sampler.decode(latent))
