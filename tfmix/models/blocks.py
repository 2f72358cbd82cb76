"""Functions of batches, run over any number of rows so that a row has the same bits among any.

A kernel that is given another number of rows may add in another order, and so round otherwise.
Therefore a function sees blocks of one size, or a generator of two. Generators gave the same bits
in blocks of 4, 12, 16, 24, 48, 64 and 96, wherever a row stood, under each instruction set of
oneDNN's and without oneDNN; in batches of 1, 2, 8 or 32 they did not under some. `tfmix check`
compares their two sizes on a processor.
"""

from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

# Exponentials and logarithms have other code for what does not fill a vector of 16 floats: 16 rows
# always do.
SIZE = 16
# Of a generator: blocks larger than 64 rows are hardly faster, and one image takes little longer in
# a block of 4 than alone.
MANY, FEW = 64, 4
_AT_ONCE = 2  # blocks; more take memory and hardly less time


def in_blocks(
    function: Callable[..., Any],
    rows: Sequence[tf.Tensor],
    row_specs: Any,
    many: int = SIZE,
    few: int = SIZE,
) -> Any:
    """Calls a function of batches with blocks of rows, the last one filled up.

    Args:
        function: Of tensors [B, ...]. Row r of what it gives depends on row r of each alone.
        rows: The tensors [N, ...] to call it with.
        row_specs: A `tf.TensorSpec` of one row of what it gives, or a structure of such.
        many: Rows of a block.
        few: Rows of a block where at most many / 2 rows are left.

    Returns:
        What it gives for all rows, tensors [N, ...] in the structure of `row_specs`.
    """
    if many == few:
        return _mapped(function, rows, row_specs, few)
    number = tf.shape(rows[0])[0]
    whole = tf.minimum((number + (many - 1) // 2) // many * many, number)
    first = _mapped(function, [each[:whole] for each in rows], row_specs, many)
    last = _mapped(function, [each[whole:] for each in rows], row_specs, few)
    return tf.nest.map_structure(lambda *parts: tf.concat(parts, axis=0), first, last)


def _mapped(
    function: Callable[..., Any], rows: Sequence[tf.Tensor], row_specs: Any, size: int
) -> Any:
    number = tf.shape(rows[0])[0]
    # The last row again and again, since any other value might not be a good one.
    filled = tf.minimum(tf.range(number + -number % size), number - 1)
    found = tf.map_fn(
        lambda block: function(*block),
        [tf.reshape(tf.gather(x, filled), [-1, size, *x.shape[1:]]) for x in rows],
        parallel_iterations=_AT_ONCE,
        fn_output_signature=tf.nest.map_structure(
            lambda row: tf.TensorSpec([size, *row.shape], row.dtype), row_specs
        ),
    )
    return tf.nest.map_structure(lambda x: tf.reshape(x, [-1, *x.shape[2:]])[:number], found)
