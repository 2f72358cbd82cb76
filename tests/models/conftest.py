import keras
import numpy as np
import pytest
import tensorflow as tf

from tfmix import GAN, networks, priors


@pytest.fixture
def image_gan():
    def make(dtype=None, **arguments):
        """Images from a learned mixture, with batch statistics on both sides."""
        return GAN(
            priors.GaussianMixture(3, 2, assignment="stratified"),
            networks.DCGANGenerator(2, (8, 8, 1), width=2, seed=1, dtype=dtype),
            networks.DCGANDiscriminator(
                (8, 8, 1),
                **{"width": 2, "depth": 2, "kernel_size": 5, "dense_widths": (), "norm": "batch"},
                **{"seed": 2, "dtype": dtype},
            ),
            **arguments,
        )

    return make


@pytest.fixture
def images():
    return np.random.default_rng(0).uniform(-1, 1, [8, 8, 8, 1]).astype(np.float32)


@pytest.fixture
def batches():
    def make(data, batch_size=4):
        return tf.data.Dataset.from_tensor_slices(data).batch(batch_size)

    return make


@pytest.fixture
def adam():
    def compiled(gan):
        gan.compile(keras.optimizers.Adam(1e-2), keras.optimizers.Adam(2e-2))
        return gan

    return compiled


@pytest.fixture
def sgd():
    def compiled(gan, rate=0.1, **arguments):
        gan.compile(keras.optimizers.SGD(rate), keras.optimizers.SGD(rate), **arguments)
        return gan

    return compiled


@pytest.fixture
def fit():
    def run(gan, data, **arguments):
        return gan.fit(data, verbose=0, shuffle=False, **arguments)

    return run


@pytest.fixture
def weights():
    def values(gan):
        """Every weight that an update concerns, the optimizers' and the averages included."""
        optimizers = gan.generator_optimizer.variables + gan.discriminator_optimizer.variables
        return [keras.ops.convert_to_numpy(v) for v in gan.weights + optimizers]

    return values


@pytest.fixture
def assert_equal(weights):
    def check(gan, other):
        for weight, expected in zip(weights(gan), weights(other), strict=True):
            np.testing.assert_array_equal(weight, expected)

    return check
