"""The counter-based generator Philox4x32-10 (Salmon et al., SC 2011) for many keys at once.

TensorFlow's own operation draws from one key. This is its arithmetic in operations on whole
tensors, integers throughout, so that every processor and XLA give the same bits.
"""

import tensorflow as tf

_ROUNDS = 10
_MULTIPLIERS = 0xD2511F53, 0xCD9E8D57
_STEPS = 0x9E3779B9, 0xBB67AE85  # of the two words of the key, from round to round
_LOW = 0xFFFFFFFF


def words(key: tf.Tensor, low: tf.Tensor, high: tf.Tensor) -> list[tf.Tensor]:
    """Computes four words of 32 random bits for each key and counter.

    Args:
        key: uint64.
        low: The lower half of the counter, uint64.
        high: The upper half, uint64. All three have shapes that broadcast.

    Returns:
        Four tensors uint64, below 2^32, of the shape that the arguments broadcast to.
    """
    key, counter = _halves(key), [*_halves(low), *_halves(high)]
    for number in range(_ROUNDS):
        if number:
            key = [_low(word + _whole(step)) for word, step in zip(key, _STEPS, strict=True)]
        pairs = zip(counter[::2], _MULTIPLIERS, strict=True)
        first, second = (word * _whole(multiplier) for word, multiplier in pairs)
        counter = [
            tf.bitwise.bitwise_xor(_high(second), tf.bitwise.bitwise_xor(counter[1], key[0])),
            _low(second),
            tf.bitwise.bitwise_xor(_high(first), tf.bitwise.bitwise_xor(counter[3], key[1])),
            _low(first),
        ]
    return counter


def joined(low: tf.Tensor, high: tf.Tensor) -> tf.Tensor:
    """The uint64 of two words of 32 bits."""
    return tf.bitwise.bitwise_or(low, tf.bitwise.left_shift(high, _whole(32)))


def _halves(value: tf.Tensor) -> list[tf.Tensor]:
    return [_low(value), _high(value)]


def _low(value: tf.Tensor) -> tf.Tensor:
    return tf.bitwise.bitwise_and(value, _whole(_LOW))


def _high(value: tf.Tensor) -> tf.Tensor:
    return tf.bitwise.right_shift(value, _whole(32))


def _whole(number: int) -> tf.Tensor:
    return tf.constant(number, tf.uint64)
