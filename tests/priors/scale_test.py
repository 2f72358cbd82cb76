import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp

from tfmix.priors.scale import COVARIANCES, SCALE_FLOOR, constrain, unconstrain

# For three components in two dimensions.
COLUMN = np.array([[0.1], [0.5], [30.0]])
TABLE = np.array([[0.1, 2.0], [2e-4, 1.0], [7.0, 1e3]])
FACTOR = np.array([[[1.0, 2.0], [-3.0, 4.0]], [[0.0, 1.0], [1.0, 0.0]], [[-0.1, 0.0], [5.0, -2.0]]])


def scale(given, covariance, num_components=3, latent_dim=2):
    """The scale that a prior has which is given one."""
    raw = unconstrain(given, covariance, num_components, latent_dim)
    return constrain(tf.constant(raw, tf.float32), covariance).numpy()


@pytest.mark.parametrize("given", [0.3, COLUMN[:, 0], COLUMN, TABLE])
def test_takes_one_number_per_component_or_dimension(given):
    expected = np.broadcast_to(given if np.ndim(given) != 1 else COLUMN, [3, 2])
    np.testing.assert_allclose(scale(given, "diag"), expected, rtol=1e-4)
    np.testing.assert_array_equal(scale(given, "full"), scale(given, "diag")[..., None] * np.eye(2))
    if given is not TABLE:
        np.testing.assert_allclose(scale(given, "isotropic"), expected[:, :1], rtol=1e-5)


def test_full_keeps_the_covariance_of_factors():
    triangle = scale(FACTOR, "full")
    covariance = triangle @ np.swapaxes(triangle, 1, 2)
    expected = FACTOR @ np.swapaxes(FACTOR, 1, 2)
    np.testing.assert_allclose(covariance, expected, rtol=1e-5, atol=1e-5)


def test_full_keeps_triangles_of_positive_diagonal():
    triangle = np.tril(np.random.default_rng(0).normal(size=[4, 5, 5]))
    triangle[:, range(5), range(5)] = np.abs(triangle[:, range(5), range(5)]) + 0.01
    np.testing.assert_allclose(scale(triangle, "full", 4, 5), triangle, rtol=1e-4, atol=1e-6)


def test_full_is_a_lower_triangle_whose_diagonal_alone_is_constrained():
    raw = np.random.default_rng(0).normal(scale=10, size=[4, 15]).astype(np.float32)
    triangle, given = constrain(tf.constant(raw), "full").numpy(), tfp.math.fill_triangular(raw)
    np.testing.assert_array_equal(triangle * np.tri(5, k=-1), given * np.tri(5, k=-1))
    np.testing.assert_array_equal(triangle, np.tril(triangle))
    assert (np.diagonal(triangle, axis1=1, axis2=2) >= SCALE_FLOOR).all()


def test_deviations_have_a_floor_and_one_dimension_is_the_same_whatever_the_covariance():
    for covariance, columns in zip(COVARIANCES, (1, 3, 6), strict=True):
        deviations = constrain(tf.fill([2, columns], -1e9), covariance)
        if covariance == "full":
            deviations = tf.linalg.diag_part(deviations)
        floor = np.full(deviations.shape, np.float32(SCALE_FLOOR))
        np.testing.assert_array_equal(deviations, floor)
        one = scale([0.2, 3.0], covariance, 2, 1).ravel()
        np.testing.assert_allclose(one, [0.2, 3.0], rtol=1e-5)


@pytest.mark.parametrize(
    ("given", "covariance", "shapes"),
    [
        (np.ones([2]), "isotropic", r"\(3,\) or \(3, 1\)"),
        (TABLE, "isotropic", r"\(3,\) or \(3, 1\)"),
        (np.ones([2, 2]), "diag", r"\(3,\) or \(3, 2\)"),
        (FACTOR, "diag", r"\(3,\) or \(3, 2\)"),
        (FACTOR[:2], "full", r"\(3,\) or \(3, 2\) or \(3, 2, 2\)"),
        (FACTOR[0, 0], "full", r"\(3,\) or \(3, 2\) or \(3, 2, 2\)"),
    ],
)
def test_refuses_another_shape(given, covariance, shapes):
    with pytest.raises(ValueError, match=f"scale is a number or of shape {shapes}. Received: "):
        scale(given, covariance)


@pytest.mark.parametrize("covariance", COVARIANCES)
def test_refuses_deviations_that_are_not_above_the_floor(covariance):
    for wrong in (0.0, -1.0, SCALE_FLOOR, np.nan, np.inf):
        with pytest.raises(ValueError, match=r"A scale is finite and above 0.0001. .* at \[1, 0\]"):
            scale([[0.1], [wrong], [0.2]], covariance)


@pytest.mark.parametrize(
    ("message", "wrong"),
    [
        (r"A scale is finite. .* at \[1, 0, 1\]", [[[0, np.nan], [1, 0]], [[0, np.inf], [1, 0]]]),
        (
            "deviation, given those before it, is above",
            [np.zeros([2, 2]), np.ones([2, 2]), [[1, 2], [2, 4]], [[1, 0], [5, 1e-5]]],
        ),
        ("deviation, given those before it, is above", [[[1, 1], [1, 1.0001]]]),
    ],
)
def test_refuses_factors(message, wrong):
    for factor in wrong:
        with pytest.raises(ValueError, match=message):
            scale(np.stack([FACTOR[0], factor, FACTOR[1]]), "full")
