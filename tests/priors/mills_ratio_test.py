import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

from tfmix.priors.mills_ratio import evaluate, mills_ratio

DF = [0.05, 0.3, 1.0, 2.5, 5.0, 30.0, 1e3, 1e6]
POINTS = np.concatenate([[0.0], np.geomspace(1e-4, 1e4, 60)])


def at(df, t, dtype=np.float64):
    """The Mills ratio and the derivative of its logarithm by df, as arrays."""
    df, t = tf.constant(df, dtype), tf.constant(t, dtype)
    return [value.numpy() for value in evaluate(mills_ratio(df), df, t)]


def seen_by_scipy(df):
    """Points where SciPy's tail and density are above the smallest floats."""
    return POINTS[(stats.t.sf(POINTS, df) > 1e-290) & (stats.t.pdf(POINTS, df) > 1e-290)]


def log_ratio(df, t):
    return stats.t.logsf(t, df) - stats.t.logpdf(t, df)


@pytest.mark.parametrize(
    ("dtype", "rtol", "slope_tolerance"), [(np.float64, 1e-12, 1e-8), (np.float32, 5e-7, 1e-6)]
)
@pytest.mark.parametrize("df", DF)
def test_is_the_tail_over_the_density_and_slope_the_difference_quotient(
    df, dtype, rtol, slope_tolerance
):
    t, step = seen_by_scipy(df), 1e-4 * df
    mills, slope = at(df, t, dtype)
    assert mills.dtype == dtype
    np.testing.assert_allclose(mills, stats.t.sf(t, df) / stats.t.pdf(t, df), rtol=rtol)
    expected = (log_ratio(df + step, t) - log_ratio(df - step, t)) / (2 * step)
    # Relative to 1 / df, which the slope tends to where t is large.
    np.testing.assert_allclose(slope * df, expected * df, rtol=0, atol=slope_tolerance)


def test_many_degrees_of_freedom_are_normal_and_few_far_out_a_power():
    t = np.linspace(0, 30, 31)
    mills, slope = at(1e12, t)
    np.testing.assert_allclose(mills, stats.norm.sf(t) / stats.norm.pdf(t), rtol=1e-6)
    np.testing.assert_allclose(slope, 0, atol=1e-12)
    for dtype in (np.float32, np.float64):
        # p(t) ~ t^-(df + 1), of which the tail is p(t) t / df.
        mills, slope = at(3.0, [1e8, 1e15], dtype)
        np.testing.assert_allclose(mills, np.array([1e8, 1e15]) / 3, rtol=1e-6)
        np.testing.assert_allclose(slope, -1 / 3, rtol=1e-5)


def test_takes_degrees_of_freedom_of_any_shape_and_coefficients_come_first():
    for shape, points in (((8,), 8), ((8, 1), 9), ((4, 2), 2)):
        df = np.reshape(DF, shape)
        t, step = np.linspace(0, 5, points), 1e-4 * df
        mills, slope = at(df, t)
        np.testing.assert_allclose(mills, np.exp(log_ratio(df, t)), rtol=1e-10)
        expected = (log_ratio(df + step, t) - log_ratio(df - step, t)) / (2 * step)
        np.testing.assert_allclose(slope * df, expected * df, rtol=0, atol=1e-8)
    ratio = mills_ratio(tf.constant(df))
    assert ratio.length.shape == (4, 2)
    assert ratio.values.shape == ratio.slopes.shape == (40, 4, 2)
