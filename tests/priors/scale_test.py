import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp

from tfmix.priors.scale import (
    COVARIANCES,
    PARAMETRIZATIONS,
    SCALE_FLOOR,
    constrain,
    keep_floor,
    reparametrize,
    unconstrain,
)

# For three components in two dimensions.
COLUMN = np.array([[0.1], [0.5], [30.0]])
TABLE = np.array([[0.1, 2.0], [2e-4, 1.0], [7.0, 1e3]])
FACTOR = np.array([[[1.0, 2.0], [-3.0, 4.0]], [[0.0, 1.0], [1.0, 0.0]], [[-0.1, 0.0], [5.0, -2.0]]])


WAYS = pytest.mark.parametrize("way", PARAMETRIZATIONS)


def scale(given, covariance, num_components=3, latent_dim=2, way="identity"):
    """The scale that a prior has which is given one."""
    raw = unconstrain(given, covariance, num_components, latent_dim, way)
    return constrain(tf.constant(raw, tf.float32), covariance, way).numpy()


@WAYS
@pytest.mark.parametrize("given", [0.3, COLUMN[:, 0], COLUMN, TABLE])
def test_takes_one_number_per_component_or_dimension(given, way):
    expected = np.broadcast_to(given if np.ndim(given) != 1 else COLUMN, [3, 2])
    diag = scale(given, "diag", way=way)
    np.testing.assert_allclose(diag, expected, rtol=1e-4)
    np.testing.assert_array_equal(scale(given, "full", way=way), diag[..., None] * np.eye(2))
    if given is not TABLE:
        isotropic = scale(given, "isotropic", way=way)
        np.testing.assert_allclose(isotropic, expected[:, :1], rtol=1e-5)


@WAYS
def test_full_keeps_the_covariance_of_factors(way):
    triangle = scale(FACTOR, "full", way=way)
    covariance = triangle @ np.swapaxes(triangle, 1, 2)
    expected = FACTOR @ np.swapaxes(FACTOR, 1, 2)
    np.testing.assert_allclose(covariance, expected, rtol=1e-5, atol=1e-5)


def test_full_keeps_triangles_of_positive_diagonal():
    triangle = np.tril(np.random.default_rng(0).normal(size=[4, 5, 5]))
    triangle[:, range(5), range(5)] = np.abs(triangle[:, range(5), range(5)]) + 0.01
    np.testing.assert_allclose(scale(triangle, "full", 4, 5), triangle, rtol=1e-4, atol=1e-6)


@WAYS
def test_full_is_a_lower_triangle_whose_diagonal_alone_is_constrained(way):
    raw = np.random.default_rng(0).normal(scale=10, size=[4, 15]).astype(np.float32)
    triangle = constrain(tf.constant(raw), "full", way).numpy()
    given = tfp.math.fill_triangular(raw)
    np.testing.assert_array_equal(triangle * np.tri(5, k=-1), given * np.tri(5, k=-1))
    np.testing.assert_array_equal(triangle, np.tril(triangle))
    assert (np.diagonal(triangle, axis1=1, axis2=2) >= np.float32(SCALE_FLOOR)).all()


@WAYS
def test_deviations_have_a_floor_and_one_dimension_is_the_same_whatever_the_covariance(way):
    for covariance, columns in zip(COVARIANCES, (1, 3, 6), strict=True):
        deviations = constrain(tf.fill([2, columns], -1e9), covariance, way)
        if covariance == "full":
            deviations = tf.linalg.diag_part(deviations)
        floor = np.full(deviations.shape, np.float32(SCALE_FLOOR))
        np.testing.assert_array_equal(deviations, floor)
        one = scale([0.2, 3.0], covariance, 2, 1, way).ravel()
        np.testing.assert_allclose(one, [0.2, 3.0], rtol=1e-5)


@pytest.mark.parametrize("covariance", COVARIANCES)
def test_the_constraint_changes_nothing_but_what_is_below_the_floor(covariance):
    columns = {"isotropic": 1, "diag": 3, "full": 6}[covariance]
    raw = np.random.default_rng(0).normal(size=[5, columns]).astype(np.float32)
    kept = keep_floor(covariance, 3, raw)
    scales = (constrain(each, covariance, "identity") for each in (kept, raw))
    np.testing.assert_array_equal(*scales)
    np.testing.assert_array_equal(keep_floor(covariance, 3, kept), kept)
    moved = np.sum(kept != raw)
    diagonal = tf.linalg.diag_part(tfp.math.fill_triangular(raw)) if covariance == "full" else raw
    assert moved == np.sum(diagonal < SCALE_FLOOR) > 0


@pytest.mark.parametrize("given", [FACTOR, TABLE])
def test_scales_stay_what_they_are_in_the_other_parametrization(given):
    covariance = "full" if given is FACTOR else "diag"
    for was, now in (("identity", "softplus"), ("softplus", "identity")):
        raw = unconstrain(given, covariance, 3, 2, was)
        found = reparametrize(np.float32(raw), covariance, was, now)
        np.testing.assert_allclose(found, unconstrain(given, covariance, 3, 2, now), rtol=1e-4)
    at_floor = reparametrize(np.full([1, 1], SCALE_FLOOR), "diag", "identity", "softplus")
    np.testing.assert_allclose(constrain(at_floor, "diag", "softplus"), SCALE_FLOOR, rtol=0.002)


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
