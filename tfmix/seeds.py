"""Stateless seeds: a draw is a function of its seed alone.

The library has two kinds of seed. An image has a *row seed*, one int32, so that row r of
a batch depends on row r alone. A training step has a *step seed*, an int32 pair folded from
(seed, step, replica), and draws a batch at once.

TensorFlow's float draws differ between its own kernels and XLA's even for one stateless seed. The
integers of its Philox generator do not, so every float here is made from these integers.
"""

import numbers

import numpy as np
import tensorflow as tf

from tfmix import checks, philox

GOLDEN = 0x9E3779B9  # 2^32 over the golden ratio: successive multiples spread evenly over int32
_INT32 = np.iinfo(np.int32)
_KEY = 0x02461E293EC8F720  # by which TensorFlow scrambles seeds


def row_seeds(seed: int | np.ndarray | tf.Tensor, num_samples: int) -> tf.Tensor:
    """Gives each row of a sample its own seed.

    Args:
        seed: An int32, of which row r takes (seed + r * GOLDEN) mod 2^32 read as int32, so that
            row 0 takes `seed` itself; or one int32 per row, which is used unchanged.
        num_samples: N, at least 0.

    Returns:
        int32 [N].

    Raises:
        ValueError: A seed that is not an int32, or a vector whose length is not N.
    """
    num_samples = _count(num_samples)
    values = checks.integers("seed", "A seed is an int32, or one int32 per row", seed)
    wanted = f"A seed lies in [{_INT32.min}, {_INT32.max}]"
    checks.all_good("seed", wanted, values, (values >= _INT32.min) & (values <= _INT32.max))
    if values.ndim == 0:
        spread = np.arange(num_samples, dtype=np.uint64) * GOLDEN + np.uint64(int(values) % 2**32)
        values = (spread % 2**32).astype(np.uint32).view(np.int32)
    return tf.constant(checks.one_per_row("seed", values, num_samples).astype(np.int32))


def check(seed: int) -> int:
    """Returns `seed` as an int, or raises a ValueError where it is not an int32."""
    if isinstance(seed, bool) or not isinstance(seed, numbers.Integral):
        raise ValueError(f"A seed is an int32. Received: seed={seed!r}.")
    if not _INT32.min <= seed <= _INT32.max:
        raise ValueError(f"A seed lies in [{_INT32.min}, {_INT32.max}]. Received: seed={seed}.")
    return int(seed)


def spawn(seed: int, *path: int) -> int:
    """Derives a seed for one part of what `seed` governs, such as the weights of layer 3.

    Args:
        seed: An int32.
        *path: Position of the part, integers of at least 0.

    Returns:
        An int in [0, 2^31), almost surely different from that of any other seed or path.
    """
    sequence = np.random.SeedSequence(check(seed) % 2**32, spawn_key=path)
    return int(sequence.generate_state(1)[0] >> 1)


def fold_in(seed: tf.Tensor, data: int | tf.Tensor) -> tf.Tensor:
    """Derives a new seed int32 [2] from a seed int32 [2] and the low 32 bits of an integer.

    It is that of `tf.random.fold_in`, the same with and without XLA.
    """
    return tf.stack([_bits([], seed), tf.cast(data, tf.int32)])


def step_seed(seed: int, step: int | tf.Tensor, replica: int | tf.Tensor = 0) -> tf.Tensor:
    """The seed int32 [2] of a step on a replica, both from 0, of a run whose seed is an int32."""
    return fold_in(fold_in(tf.constant([seed, 0], tf.int32), step), replica)


def uniform(shape: list[int] | tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Draws uniform numbers of a shape from a seed int32 [2], the same with and without XLA.

    They are float32, odd multiples of 2^-24 between 0 and 1, both excluded.
    """
    return _to_unit(_bits(shape, seed))


def uniform_rows(row_seeds: tf.Tensor, width: int) -> tf.Tensor:
    """Draws a row of uniform numbers from each row seed, int32 [N].

    They are float32 [N, width], between 0 and 1, both excluded. A wider row starts with the numbers
    of a narrower one.
    """
    return _to_unit(_bit_rows(row_seeds, width=width))


@tf.function(reduce_retracing=True, autograph=False, jit_compile=False)  # eagerly: many calls
def _bit_rows(row_seeds: tf.Tensor, width: int) -> tf.Tensor:
    """`_bits([width], [seed, 0])` of each seed, int32 [N, width]."""
    scrambled = tf.constant(_KEY, tf.uint64), tf.cast(row_seeds, tf.uint64)
    key_low, key_high, low, high = philox.words(*scrambled, tf.zeros([], tf.uint64))
    key, high = (philox.joined(*pair)[:, None] for pair in ((key_low, key_high), (low, high)))
    counter = tf.cast(tf.range(-(-width // 4))[None], tf.uint64)
    drawn = [tf.cast(word, tf.uint32) for word in philox.words(key, counter, high)]
    rows = tf.reshape(tf.stack(drawn, axis=-1), [-1, 4 * counter.shape[1]])
    return tf.bitcast(rows[:, :width], tf.int32)


def _bits(shape: list[int] | tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    # As tf.random.stateless_uniform draws by Philox, which takes forty small operations to make key
    # and counter of a seed: they were a third of a training step's graph and of its time to trace.
    key, high = tf.split(_philox([2], tf.constant([_KEY], tf.uint64), seed, tf.uint64), 2)
    return _philox(shape, key, tf.concat([tf.zeros([1], tf.uint64), high], axis=0), tf.int32)


def _philox(
    shape: list[int] | tf.Tensor, key: tf.Tensor, counter: tf.Tensor, dtype: tf.DType
) -> tf.Tensor:
    return tf.raw_ops.StatelessRandomUniformFullIntV2(
        shape=tf.convert_to_tensor(shape, tf.int32),
        key=key,
        counter=tf.cast(counter, tf.uint64),
        alg=1,  # Philox
        dtype=dtype,
    )


def _to_unit(bits: tf.Tensor) -> tf.Tensor:
    # 23 bits plus one half, not 24 bits: float32 would round the largest of 24 bits up to 1, whose
    # normal quantile is infinite. These numbers are all exact, and symmetric about 1/2.
    high = tf.bitwise.right_shift(tf.bitcast(bits, tf.uint32), tf.constant(9, tf.uint32))
    return (tf.cast(tf.bitcast(high, tf.int32), tf.float32) + 0.5) * 2.0**-23


def _count(num_samples: int) -> int:
    if isinstance(num_samples, bool) or not isinstance(num_samples, numbers.Integral):
        raise ValueError(f"num_samples is an integer. Received: num_samples={num_samples!r}.")
    if num_samples < 0:
        raise ValueError(f"num_samples is at least 0. Received: num_samples={num_samples}.")
    return int(num_samples)
