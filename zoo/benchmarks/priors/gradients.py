"""Gradients of a mixture's parameters: the ways to take them, and how far each is from the truth.

The loss of a latent is a sum of random cosines,
    l(z) = sqrt(2 / M) sum_m cos(f_m . z + b_m),    M = 64,
with f_m ~ N(0, (2 / sd(z))^2 / D), sd(z) the standard deviation of a dimension of a Normal mixture,
and b_m ~ U(0, 2 pi): smooth, bounded, non-linear and of all dimensions at once. Its expectation
follows from the characteristic function of the components, and with it the true gradient.
"""

import functools
from collections.abc import Callable, Collection
from typing import Any

import numpy as np
import tensorflow as tf

from tfmix import priors
from tfmix.priors import Draw, Prior, StudentTMixture
from zoo.benchmarks.priors import timing
from zoo.benchmarks.priors.settings import SEED, WAYS, Plan, Setting

_NUM_COSINES = 64

Gradient = dict[str, np.ndarray]  # name of a variable -> gradient by it
Step = Callable[[int], Gradient]  # number of the batch -> gradient on it


class Loss:
    """The random cosines of the module's docstring, for the width and spread of a setting."""

    def __init__(self, setting: Setting):
        rng = np.random.default_rng(SEED)
        spread = np.sqrt(setting.loc_range**2 / 3 + setting.scale**2)
        deviation = 2 / (spread * np.sqrt(setting.latent_dim))
        self.frequencies = rng.normal(0, deviation, [setting.latent_dim, _NUM_COSINES])
        self.phases = rng.uniform(0, 2 * np.pi, [_NUM_COSINES])
        self.factor = np.sqrt(2 / _NUM_COSINES)

    def __call__(self, z: tf.Tensor) -> tf.Tensor:
        """Loss of each latent: float32 [N, D] -> [N]."""
        angles = z @ self.frequencies.astype(np.float32) + self.phases.astype(np.float32)
        return np.float32(self.factor) * tf.reduce_sum(tf.cos(angles), axis=1)

    def expected(self, prior: Prior) -> tf.Tensor:
        """Its expectation over a prior, float64, differentiable in the prior's parameters.

        E cos(f . z + b) = cos(f . loc + b) prod_d phi(f_d scale_d), phi being the characteristic
        function of the noise, which is even.

        Args:
            prior: A Normal mixture, or one of t of 5 degrees of freedom, independent by dimension.
        """
        parameters = prior.logits, prior.loc, prior.scale
        logits, loc, scale = (tf.cast(each, tf.float64) for each in parameters)
        t = tf.abs(scale[:, :, None] * self.frequencies)
        if isinstance(prior, StudentTMixture):
            t *= np.sqrt(5.0)
            log_phi = tf.math.log(1 + t + t**2 / 3) - t
        else:
            log_phi = -(t**2) / 2
        cosines = tf.cos(loc @ self.frequencies + self.phases)
        cosines *= tf.exp(tf.reduce_sum(log_phi, axis=1))
        by_component = self.factor * tf.reduce_sum(cosines, axis=1)
        return tf.reduce_sum(tf.nn.softmax(logits) * by_component)


def compare(setting: Setting, plan: Plan) -> dict[str, dict[str, object]]:
    """Times the four gradients and measures their errors.

    Returns:
        For each of `WAYS` its `seconds`, median over `rounds`, and its errors; see `errors`.
    """
    measured = steps(setting, WAYS)
    taken = timing.alternate(measured, plan.rounds, plan.seconds)
    expected = truth(setting)
    found = {}
    for way, step in measured.items():
        times = {"seconds": float(np.median(taken[way])), "rounds": len(taken[way])}
        found[way] = {**times, **errors(step, expected, plan)}
    return found


def compare_implicit(setting: Setting, plan: Plan) -> dict[str, object]:
    """Compares the implicit gradient with TFP's, in time and, on the same samples, in value.

    Returns:
        `seconds` of the implicit gradient on given samples and in a draw, and of TFP's without and
        with XLA, medians over `rounds`. `error` of either in float32: how far it is from ours in
        float64, relative to the norm, for the parameter where that is farthest.
    """
    prior, loss = make_prior(setting, "implicit"), Loss(setting)
    draw = _tfp_draw(prior, setting.batch_size)
    z = tf.function(draw)(_seed(0)).z

    def given(_: tf.Tensor) -> Draw:
        return Draw(priors.implicit_reparameterization(prior.distribution, z), component=None)

    def reference(_: tf.Tensor) -> Draw:
        wide = _in_float64(prior.distribution), tf.cast(z, tf.float64)
        exact = tf.cast(priors.implicit_reparameterization(*wide), tf.float32)
        return Draw(exact, component=None)

    calls = {
        "given": gradient_step(prior, given, loss),
        **steps(setting, ["implicit"]),
        "tfp": gradient_step(prior, draw, loss),
        "tfp_xla": gradient_step(prior, draw, loss, jit_compile=True),
    }
    taken = timing.alternate(calls, plan.rounds, plan.seconds)
    exact = gradient_step(prior, reference, loss)(0)

    def farthest(gradient: Gradient) -> float:
        return float(max(_distance(gradient[name], exact[name]) for name in exact))

    return {
        "seconds": {name: float(np.median(each)) for name, each in taken.items()},
        "rounds": len(taken["tfp"]),
        "error": {name: farthest(calls[name](0)) for name in ("given", "tfp")},
    }


def make_prior(setting: Setting, gradient: str) -> Prior:
    """A mixture of unequal weights that learns all that `gradient` can teach it."""
    weights = np.random.default_rng(SEED).dirichlet(np.full(setting.num_components, 2.0))
    arguments = {
        **{"num_components": setting.num_components, "latent_dim": setting.latent_dim},
        **{"loc_range": setting.loc_range, "init_scale": setting.scale, "weights": weights},
        **{"learn_weights": gradient != "pathwise", "gradient": gradient, "seed": SEED},
    }
    if setting.df is None:
        return priors.GaussianMixture(**arguments)
    law = {"df": setting.df, "learn_df": setting.learn_df, "multivariate": False}
    return StudentTMixture(**law, **arguments)


def steps(setting: Setting, ways: Collection[str]) -> dict[str, Step]:
    """The gradient of the expected loss in some of `WAYS`, each on draws of its own prior."""
    loss, found = Loss(setting), {}
    for way in ways:
        prior = make_prior(setting, "implicit" if way == "tfp" else way)
        draw = functools.partial(prior.draw, setting.batch_size)
        draw = _tfp_draw(prior, setting.batch_size) if way == "tfp" else draw
        found[way] = gradient_step(prior, draw, loss)
    return found


def gradient_step(
    prior: Prior, draw: Callable[[tf.Tensor], Draw], loss: Loss, *, jit_compile: bool = False
) -> Step:
    """Makes the function that draws a batch and takes the gradient by all that the prior learns.

    The loss gets the prior's `score_surrogate`, as in `GAN.train_step`. `draw` gives latents for a
    seed, int32 [2], differentiable in the prior's parameters.
    """
    variables = prior.trainable_variables

    @tf.function(jit_compile=jit_compile)
    def gradients(seed: tf.Tensor) -> list[tf.Tensor]:
        with tf.GradientTape() as tape:
            latent = draw(seed)
            losses = loss(latent.z)
            total = tf.reduce_mean(losses) + prior.score_surrogate(latent, losses)
        return [tf.convert_to_tensor(each) for each in tape.gradient(total, variables)]

    return lambda number: _named(variables, gradients(_seed(number)))


def truth(setting: Setting) -> Gradient:
    """The gradient of the expected loss, exact but for rounding."""
    prior, loss = make_prior(setting, "implicit"), Loss(setting)
    with tf.GradientTape() as tape:
        expected = loss.expected(prior)
    variables = prior.trainable_variables
    return _named(variables, tape.gradient(expected, variables))


def errors(step: Step, expected: Gradient, plan: Plan) -> dict[str, float | None]:
    """How far the gradients of batches are from the truth.

    Returns:
        `batches`, how many were drawn; `loc_error` and `scale_error`, root mean square of the
        distance over the norm of the truth (scales start equal, so that it is the same by the
        variable beneath them), and their medians, `loc_error_median` and `scale_error_median`;
        `weights_cosine`, median cosine with the truth by the logits, None where weights get no
        gradient.
    """
    drawn = [step(number) for number in timing.within(plan.batches, plan.seconds)]
    found = {}
    for name, variable in (("loc", "loc"), ("scale", "raw_scale")):
        distances = [_distance(gradient[variable], expected[variable]) for gradient in drawn]
        found[f"{name}_error"] = float(np.sqrt(np.mean(np.square(distances))))
        found[f"{name}_error_median"] = float(np.median(distances))
    true = expected.get("logits", 0.0)
    cosines = [
        np.vdot(each["logits"], true) / (np.linalg.norm(each["logits"]) * np.linalg.norm(true))
        for each in drawn
        if "logits" in each
    ]
    found["weights_cosine"] = float(np.median(cosines)) if cosines else None
    return {"batches": len(drawn), **found}


def _tfp_draw(prior: Prior, num_samples: int) -> Callable[[tf.Tensor], Draw]:
    def draw(seed: tf.Tensor) -> Draw:
        distribution = prior.distribution.copy(reparameterize=True)
        return Draw(distribution.sample(num_samples, seed=seed), component=None)

    return draw


def _in_float64(distribution: Any) -> Any:
    """The same MixtureSameFamily of independent dimensions, computed in float64."""
    mixture, components = distribution.mixture_distribution, distribution.components_distribution
    base = components.distribution
    names = {"df", "loc", "scale"} & base.parameters.keys()
    base = base.copy(**{name: tf.cast(getattr(base, name), tf.float64) for name in names})
    return distribution.copy(
        mixture_distribution=mixture.copy(logits=tf.cast(mixture.logits, tf.float64)),
        components_distribution=components.copy(distribution=base),
    )


def _seed(number: int) -> tf.Tensor:
    return tf.constant([SEED, number], tf.int32)


def _named(variables: list, gradients: list[tf.Tensor]) -> Gradient:
    pairs = zip(variables, gradients, strict=True)
    return {variable.name: gradient.numpy().astype(np.float64) for variable, gradient in pairs}


def _distance(gradient: np.ndarray, expected: np.ndarray) -> float:
    return np.linalg.norm(gradient - expected) / np.linalg.norm(expected)
