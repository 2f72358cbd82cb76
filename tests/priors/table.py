"""The priors that the tests of the contract run over, one row per prior, and shared mixtures."""

import dataclasses
from collections.abc import Callable

import numpy as np
from scipy import stats

from tfmix import priors

K, D = 5, 3
WEIGHTS = [0.4, 0.0, 0.1, 0.3, 0.2]
POSITIVE = [0.4, 0.05, 0.1, 0.25, 0.2]  # weights that can be learned
LOC = np.linspace(-2, 2, K * D).reshape(K, D)
SCALE = np.linspace(0.1, 1.5, K * D).reshape(K, D)
COLUMN = SCALE[:, :1] + np.zeros([K, D])
FACTOR = np.random.default_rng(0).normal(size=[K, D, D])  # of the covariances, not triangular
DEVIATION = np.linalg.norm(FACTOR, axis=2)
DF = np.array([1.0, 2.5, 4.0, 10.0, 40.0])


@dataclasses.dataclass(frozen=True)
class Row:
    """A prior over D dimensions.

    Attributes:
        make: Makes the prior.
        law: Gives the law of dimension d of component k.
    """

    make: Callable[[], priors.Prior]
    law: Callable[[int, int], object]


def gaussian(scale=SCALE, weights=WEIGHTS, deviation=None, **arguments):
    def make():
        return priors.GaussianMixture(K, D, loc=LOC, scale=scale, weights=weights, **arguments)

    deviation = scale if deviation is None else deviation
    return Row(make, lambda k, d: stats.norm(LOC[k, d], deviation[k, d]))


def student_t(scale=SCALE, df=DF, deviation=SCALE, **arguments):
    def make():
        return priors.StudentTMixture(
            K, D, loc=LOC, scale=scale, weights=WEIGHTS, df=df, **arguments
        )

    return Row(make, lambda k, d: stats.t(df[k], LOC[k, d], deviation[k, d]))


def one_hot_law(k, d):
    hot = int(d == 1 + k)
    return stats.norm(0, 0.7) if d == 0 else stats.randint(hot, hot + 1)


FIXED = {"learn_loc": False, "learn_scale": False, "assignment": "stratified"}
LEARNED = {"weights": POSITIVE, "learn_weights": True}
PRIORS = {
    "standard_normal": Row(lambda: priors.StandardNormal(D), lambda k, d: stats.norm()),
    "uniform": Row(lambda: priors.Uniform(D), lambda k, d: stats.uniform(-1, 2)),
    "one_hot": Row(lambda: priors.OneHotNormal(2, D, scale=0.7), one_hot_law),
    "isotropic": gaussian(SCALE[:, 0], deviation=COLUMN, covariance="isotropic"),
    "fixed": gaussian(SCALE[:, 0], deviation=COLUMN, covariance="isotropic", **FIXED),
    "diag": gaussian(),
    "full": gaussian(FACTOR, deviation=DEVIATION, covariance="full"),
    "marginal": gaussian(gradient="marginal", **LEARNED),
    "implicit": gaussian(gradient="implicit", **LEARNED),
    "t": student_t(),
    "t_by_dimension": student_t(multivariate=False),
    "t_full": student_t(FACTOR, deviation=DEVIATION, covariance="full"),
    "t_learned": student_t(df=DF + 0.5, learn_df=True),
}

# Mixtures of three components in the plane, for what each kind of scale and tail does.
KINDS = {
    "isotropic": (priors.GaussianMixture, {"covariance": "isotropic"}),
    "diag": (priors.GaussianMixture, {"covariance": "diag"}),
    "full": (priors.GaussianMixture, {"covariance": "full"}),
    "t_isotropic": (priors.StudentTMixture, {"covariance": "isotropic"}),
    "t": (priors.StudentTMixture, {"covariance": "diag"}),
    "t_full": (priors.StudentTMixture, {"covariance": "full"}),
    "t_by_dimension": (priors.StudentTMixture, {"multivariate": False}),
    "t_rotated": (priors.StudentTMixture, {"covariance": "full", "multivariate": False}),
}
PLANE = {
    "weights": np.array([0.5, 0.2, 0.3]),
    "loc": np.array([[0.0, 1.0], [-1.0, 0.5], [2.0, -2.0]]),
    "df": np.array([1.5, 4.0, 30.0]),
}
PLANE_SCALES = {
    "isotropic": np.array([0.3, 0.5, 2.0]),
    "diag": np.array([[0.3, 1.2], [0.5, 0.1], [2.0, 0.7]]),
    "full": np.array(
        [[[0.3, 0.5], [-1.2, 0.4]], [[0.5, 0.0], [0.2, 0.1]], [[0.0, 2.0], [0.7, 0.7]]]
    ),
}


def mixture(kind, num_components=3, width=2, **arguments):
    """A mixture of KINDS, by default with the parameters of PLANE; None takes the prior's own."""
    make, given = KINDS[kind]
    scale = PLANE_SCALES[given.get("covariance", "diag")]
    arguments = {**PLANE, "scale": scale, **given, **arguments}
    if make is priors.GaussianMixture:
        del arguments["df"]
    return make(num_components, width, **arguments)


def factors(prior):
    """A_k as matrices [K, D, D], float64."""
    scale = np.float64(prior.scale)
    return scale if scale.ndim == 3 else scale[..., None] * np.eye(prior.latent_dim)


def variable(prior, name):
    """The one of a prior's variables that has the name."""
    (found,) = (each for each in prior.variables if each.name == name)
    return found


def trained(prior):
    """Names of the variables that are trained, in the order of the alphabet."""
    return sorted(each.name for each in prior.trainable_variables)
