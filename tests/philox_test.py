import numpy as np
import tensorflow as tf

from tfmix import philox


def test_published_vectors():
    """The known answers of Random123, which comes with the paper: counter, key, words."""
    ones = 2**64 - 1
    known = {
        (0, 0, 0): "6627e8d5 e169c58d bc57ac4c 9b00dbd8",
        (ones, ones, ones): "408f276d 41c83b0e a20bc7c6 6d5451fd",
        (0x85A308D3243F6A88, 0x0370734413198A2E, 0x299F31D0A4093822): (
            "d16cfe09 94fdcceb 5001e420 24126ea1"
        ),
    }
    columns = [tf.constant(column, tf.uint64) for column in zip(*known, strict=True)]
    low, high, key = columns
    for draw in (philox.words, tf.function(philox.words, jit_compile=True)):
        found = np.stack(draw(key, low, high), axis=1)
        assert [" ".join(f"{word:08x}" for word in row) for row in found] == [*known.values()]
