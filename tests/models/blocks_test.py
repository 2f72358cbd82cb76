import numpy as np
import pytest
import tensorflow as tf

import tfmix
from tfmix.models.blocks import FEW, MANY, in_blocks

SHIPPED = [name for name in tfmix.loading.names() if not name.startswith("pixelcnn")]


@pytest.mark.parametrize("rows", [0, 1, 4, 5, 31, 32, 33, 64, 65, 100, 130])
def test_rows_come_in_order_from_blocks_of_two_sizes(rows):
    sizes = []

    @tf.function(input_signature=[tf.TensorSpec([None, 3]), tf.TensorSpec([None], tf.int32)])
    def run(x, y):
        def double(x, y):
            sizes.append(x.shape[0])
            return {"x": 2 * x, "y": y + 1, "size": tf.fill([x.shape[0]], x.shape[0])}

        specs = {"x": tf.TensorSpec([3]), "y": tf.TensorSpec([], tf.int32)}
        return in_blocks(double, (x, y), specs | {"size": tf.TensorSpec([], tf.int32)}, MANY, FEW)

    x, y = np.random.default_rng(0).normal(size=[rows, 3]).astype(np.float32), np.arange(rows)
    found = run(x, y)
    np.testing.assert_array_equal(found["x"], 2 * x)
    np.testing.assert_array_equal(found["y"], y + 1)
    assert set(sizes) == {MANY, FEW}
    whole = rows if rows % MANY > MANY // 2 else rows // MANY * MANY
    np.testing.assert_array_equal(found["size"], [MANY] * whole + [FEW] * (rows - whole))


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_generator_gives_the_same_bits_in_both_sizes_and_in_any_place(name):
    sampler = tfmix.load(name)
    drawn = sampler.draw(MANY, seed=1)
    parts = [sampler.decode(drawn["latent"][start : start + FEW]) for start in range(0, MANY, FEW)]
    np.testing.assert_array_equal(np.concatenate(parts), drawn["images"])
    order = np.random.default_rng(0).permutation(MANY)
    np.testing.assert_array_equal(sampler.decode(drawn["latent"][order]), drawn["images"][order])
