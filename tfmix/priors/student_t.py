"""The mixture of Student-t noise of t-GANs."""

import keras
import numpy as np
import tensorflow as tf
import tensorflow_probability as tfp

from tfmix.checks import all_good
from tfmix.priors.mixture import LocationScaleMixture

tfd = tfp.distributions


@keras.saving.register_keras_serializable(package="tfmix")
class StudentTMixture(LocationScaleMixture):
    """A mixture of Student-t distributions, sum_k w_k t_df(loc_k, diag(scale_k^2)).

    z = loc_k + scale_k * eps / sqrt(chi2 / df), eps ~ N(0, I), chi2 ~ chi-square of df degrees of
    freedom (t-GANs, Neural Networks 122, 2020, section 3). The covariance of a component is
    df / (df - 2) times scale_k^2 for df > 2; the tails are the longer, the smaller df is.

    Args:
        num_components: K.
        latent_dim: D.
        df: Degrees of freedom, above 0: one number or [K].
        multivariate: True draws one chi-square a vector, which is the paper's density; False draws
            one a dimension, so that the tails of dimensions are independent.
        **kwargs: Of `LocationScaleMixture`.

    Raises:
        ValueError: An argument outside its range or of another shape.
    """

    def __init__(
        self,
        num_components: int,
        latent_dim: int,
        *,
        df: float | np.ndarray = 5.0,
        multivariate: bool = True,
        **kwargs,
    ):
        super().__init__(num_components, latent_dim, **kwargs)
        array = np.asarray(df, np.float32)
        if array.shape not in ((), (self.num_components,)):
            raise ValueError(
                f"df is a number or of shape ({self.num_components},). "
                f"Received: shape {array.shape}."
            )
        all_good("df", "df is finite and above 0", array, np.isfinite(array) & (array > 0))
        self._given_df = array.tolist()
        self.df = tf.constant(np.broadcast_to(array, (self.num_components,)))
        self.multivariate = bool(multivariate)

    @property
    def distribution(self) -> tfd.MixtureSameFamily:
        """The law of z, event shape [D]."""
        loc, scale = self.loc, tf.broadcast_to(self.scale, self.loc.shape)
        if self.multivariate:
            components = tfd.MultivariateStudentTLinearOperator(
                self.df, loc, tf.linalg.LinearOperatorDiag(scale, is_non_singular=True)
            )
        else:
            components = tfd.Independent(tfd.StudentT(self.df[:, None], loc, scale), 1)
        return tfd.MixtureSameFamily(tfd.Categorical(logits=self.logits), components)

    @property
    def num_uniforms(self) -> int:
        """One a dimension for the normal noise, and one for each chi-square."""
        return self.latent_dim + (1 if self.multivariate else self.latent_dim)

    def noise(self, uniform: tf.Tensor, component: tf.Tensor) -> tf.Tensor:
        """Student-t noise of scale 1; see `LocationScaleMixture.noise`."""
        df = tf.gather(self.df, component)[:, None]
        chi2 = 2.0 * tfp.math.igammainv(df / 2.0, uniform[:, self.latent_dim :])
        # For df far below 1 a chi-square can underflow to 0, and its quotient would be infinite.
        chi2 = tf.maximum(chi2, np.finfo(np.float32).tiny)
        return tf.math.ndtri(uniform[:, : self.latent_dim]) * tf.sqrt(df / chi2)

    def get_config(self) -> dict:
        """The constructor's arguments by name, arrays as lists."""
        return {
            **super().get_config(),
            "df": self._given_df,
            "multivariate": self.multivariate,
        }
