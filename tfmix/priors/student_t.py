"""The mixture of Student-t noise of t-GANs."""

import keras
import numpy as np
import tensorflow as tf
import tensorflow_probability as tfp

from tfmix.checks import all_good, numbers
from tfmix.priors.mixture import LocationScaleMixture
from tfmix.priors.scale import standardize

tfb, tfd = tfp.bijectors, tfp.distributions

VARIANCE_DF = 2.0  # Student-t noise of more degrees of freedom than that has a variance
DF_FLOOR = 1.0  # learned degrees of freedom stay above it, where the noise has a mean


@keras.saving.register_keras_serializable(package="tfmix")
class StudentTMixture(LocationScaleMixture):
    """A mixture of Student-t distributions, sum_k w_k t_df(loc_k, A_k A_k^T).

    z = loc_k + A_k eps / sqrt(chi2 / df), eps ~ N(0, I), chi2 ~ chi-square of df degrees of
    freedom (t-GANs, Neural Networks 122, 2020, section 3). The covariance of a component is
    df / (df - 2) times A_k A_k^T for df > 2; the smaller df is, the heavier are the tails.

    Args:
        num_components: K.
        latent_dim: D.
        df: Fixed or initial degrees of freedom, above 0, and above DF_FLOOR where they are trained:
            one number or [K]. With `within` above VARIANCE_DF.
        learn_df: Whether degrees of freedom are trained, one per component, above DF_FLOOR. Their
            gradient is pathwise, also under "marginal".
        multivariate: True draws one chi-square per vector, which is the paper's density; False
            draws one per dimension, so that the dimensions of the noise are independent.
        **kwargs: See `LocationScaleMixture`.

    Raises:
        ValueError: An argument outside its range, of the wrong shape, or in conflict with another.
    """

    def __init__(
        self,
        num_components: int,
        latent_dim: int,
        *,
        df: float | np.ndarray = 5.0,
        learn_df: bool = False,
        multivariate: bool = True,
        **kwargs,
    ):
        super().__init__(num_components, latent_dim, **kwargs)
        floor = DF_FLOOR if learn_df else 0.0
        wanted = f"df is finite and above {floor:g}" + " where it is learned" * bool(learn_df)
        array = numbers("df", wanted, df).astype(np.float32)
        if array.shape not in ((), (self.num_components,)):
            raise ValueError(
                f"df is a number or of shape ({self.num_components},). "
                f"Received: shape {array.shape}."
            )
        all_good("df", wanted, array, np.isfinite(array) & (array > floor))
        if multivariate and self.gradient == "implicit":
            raise ValueError(
                "gradient='implicit' needs independent dimensions, multivariate=False; for the "
                "multivariate t take 'marginal'. Received: multivariate=True."
            )
        self._given_df = array.tolist()
        self.learn_df = bool(learn_df)
        self.multivariate = bool(multivariate)
        self._fixed_df = np.broadcast_to(array, (self.num_components,))
        if self.within is not None:  # so far it is that of noise of variance 1
            wanted = f"within needs noise with a variance, of df above {VARIANCE_DF:g}"
            all_good("df", wanted, array, array > VARIANCE_DF)
            scale = np.sqrt(self.within / _variance(self._fixed_df.astype(np.float64)))
            self._raw_scale.assign(self._raw_scale_of(scale))
        if learn_df:
            above = self._fixed_df.astype(np.float64) - DF_FLOOR
            self._raw_df = self._variable("raw_df", tfp.math.softplus_inverse(above).numpy(), True)

    @property
    def df(self) -> tf.Tensor:
        """Degrees of freedom, float32 [K]."""
        if not self.learn_df:
            return tf.constant(self._fixed_df)
        return DF_FLOOR + tf.math.softplus(tf.convert_to_tensor(self._raw_df))

    @property
    def distribution(self) -> tfd.MixtureSameFamily:
        """The distribution of z, event shape [D]."""
        weights, df = tfd.Categorical(logits=self.logits), self.df
        loc, scale = self.loc, self.scale
        if self.covariance == "full":
            operator = tf.linalg.LinearOperatorLowerTriangular(scale, is_non_singular=True)
        else:
            scale = tf.broadcast_to(scale, loc.shape)
            operator = tf.linalg.LinearOperatorDiag(scale, is_non_singular=True)
        if self.multivariate:
            components = tfd.MultivariateStudentTLinearOperator(df, loc, operator)
        elif self.covariance == "full":
            noise = tfd.Independent(tfd.StudentT(df[:, None], tf.zeros_like(loc), 1.0), 1)
            components = tfb.Shift(loc)(tfb.ScaleMatvecLinearOperator(operator)(noise))
        else:
            components = tfd.Independent(tfd.StudentT(df[:, None], loc, scale), 1)
        return tfd.MixtureSameFamily(weights, components)

    def component_log_prob(self, z: tf.Tensor) -> tf.Tensor:
        """Log density under each component; see `Prior.component_log_prob`."""
        df = tf.cast(self.df, tf.float64)
        if self.multivariate:
            tails, width = tf.math.log1p(self._standardized_square(z) / df), self.latent_dim
            factors = 1
        else:
            loc, scale = tf.cast(self.loc, tf.float64), tf.cast(self.scale, tf.float64)
            full = self.covariance == "full"
            noise = standardize(z, loc, scale) if full else (z[:, None] - loc) / scale
            tails, width = tf.reduce_sum(tf.math.log1p(noise**2 / df[:, None]), axis=-1), 1
            factors = self.latent_dim
        log_norm = tf.math.lgamma((df + width) / 2.0) - tf.math.lgamma(df / 2.0)
        log_norm -= 0.5 * width * tf.math.log(np.pi * df)
        return factors * log_norm - self._log_volume() - 0.5 * (df + width) * tails

    @property
    def noise_variance(self) -> tf.Tensor:
        """df / (df - 2); see `LocationScaleMixture.noise_variance`."""
        return tf.where(self.df > VARIANCE_DF, _variance(self.df), np.inf)

    @property
    def num_uniforms(self) -> int:
        """One per dimension for the normal noise, and one for each chi-square."""
        return self.latent_dim + (1 if self.multivariate else self.latent_dim)

    def noise(self, uniform: tf.Tensor, component: tf.Tensor) -> tf.Tensor:
        """Student-t noise of scale 1; see `LocationScaleMixture.noise`."""
        df = tf.gather(self.df, component)[:, None]
        chi2 = 2.0 * tfp.math.igammainv(df / 2.0, uniform[:, self.latent_dim :])
        # For df far below 1 a chi-square can underflow to 0, which would make the noise infinite.
        chi2 = tf.maximum(chi2, np.finfo(np.float32).tiny)
        return tf.math.ndtri(uniform[:, : self.latent_dim]) * tf.sqrt(df / chi2)

    def get_config(self) -> dict:
        """The constructor's arguments by name, arrays as lists."""
        own = {"df": self._given_df, "learn_df": self.learn_df, "multivariate": self.multivariate}
        return {**super().get_config(), **own}


def _variance(df: tf.Tensor | np.ndarray) -> tf.Tensor | np.ndarray:
    return df / (df - VARIANCE_DF)
