"""The share of z's variance within components: where mixtures start by it, and what it is."""

import numpy as np
import pytest

from tests.priors.table import KINDS, PLANE, PLANE_SCALES, mixture
from tfmix.priors import GaussianMixture, StudentTMixture
from tfmix.priors.scale import COVARIANCES

DF = np.linspace(5.0, 40.0, 400)  # of each component; below 5 estimates of variances are poor
LAWS = {
    "gaussian": (GaussianMixture, {}),
    "t": (StudentTMixture, {"df": 5.0}),
    "t_of_each_df": (StudentTMixture, {"df": DF}),
    "t_learned": (StudentTMixture, {"df": DF, "learn_df": True}),
    "t_by_dimension": (StudentTMixture, {"df": DF, "multivariate": False}),
}


def shares(prior, num_samples=40_000):
    """Variance of z over all dimensions, and the share within components, by Monte Carlo."""
    z, component, _ = (None if e is None else e.numpy() for e in prior.draw(num_samples, [3, 4]))
    centre = prior.loc.numpy()[component]
    return z.var(), np.mean((z - centre) ** 2) / np.mean((z - z.mean(0)) ** 2)


@pytest.mark.parametrize("law", LAWS)
def test_z_starts_with_unit_variance_and_the_share_asked_for(law):
    make, arguments = LAWS[law]
    for number, within in enumerate((0.1, 0.7, 1.0)):
        covariance = COVARIANCES[number]
        prior = make(400, 3, within=within, covariance=covariance, **arguments)
        variance, found = shares(prior)
        np.testing.assert_allclose(variance, 1, atol=0.04)
        np.testing.assert_allclose(found, within, atol=0.03)
        np.testing.assert_allclose(prior.within_share, found, atol=0.01)
        assert prior.get_config()["within"] == within
        again = type(prior).from_config(prior.get_config())
        for name in ("loc", "scale"):
            np.testing.assert_array_equal(getattr(again, name), getattr(prior, name))


@pytest.mark.parametrize("kind", KINDS)
def test_the_share_is_that_of_the_present_parameters(kind):
    prior = mixture(kind, df=[5.0, 8.0, 30.0])
    np.testing.assert_allclose(prior.within_share, shares(prior, 100_000)[1], rtol=0.04)


def test_the_share_by_hand_and_where_a_variance_is_infinite():
    parameters = {"loc": [[-1.0], [2.0]], "scale": [0.5, 2.0], "weights": [0.25, 0.75]}
    within, between = 0.25 * 0.25 + 0.75 * 4, 0.25 * 2.25**2 + 0.75 * 0.75**2
    share = GaussianMixture(2, 1, **parameters).within_share
    np.testing.assert_allclose(share, within / (within + between), rtol=1e-6)
    assert mixture("t", df=[2.0, 5.0, 5.0]).within_share is None
    never_drawn = mixture("t", df=[2.0, 5.0, 5.0], weights=[0.0, 0.5, 0.5])
    assert 0 < never_drawn.within_share < 1
    assert GaussianMixture(1, 2).within_share == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        *(({"within": each}, "within lies in") for each in (0.0, 1.5, -1.0, np.nan, "a", True)),
        ({"within": 1e-9}, "scale is finite and above 0.0001"),
        (
            {"within": 0.7, "init_scale": 0.2, "loc_range": 1.0},
            "leave it out, or those. Received: within=0.7 and loc_range, init_scale",
        ),
        ({"within": 0.7, "loc": PLANE["loc"]}, "within=0.7 and loc"),
        ({"within": 0.7, "scale": PLANE_SCALES["diag"]}, "within=0.7 and scale"),
        ({"within": 0.7, "df": 2.0}, r"noise with a variance, of df above 2\. Received: df=2"),
        ({"within": 0.7, "df": [5.0, 1.5, 5.0]}, r"Received: df=1\.5 at \[1\]"),
    ],
)
def test_refuses(arguments, message):
    with pytest.raises(ValueError, match=message):
        StudentTMixture(3, 2, **arguments)
