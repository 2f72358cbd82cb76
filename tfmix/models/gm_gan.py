"""GM-GAN: Gaussian mixture GANs, unsupervised and supervised (Ben-Yosef, Weinshall, 2018)."""

from collections.abc import Sequence

import keras
import numpy as np
import tensorflow as tf

from tfmix.checks import integers, one_of, positive_int
from tfmix.models.class_conditional import ClassConditionalGAN
from tfmix.models.mixture_gan import MixtureGAN
from tfmix.models.requirements import require_mixture
from tfmix.priors import ComponentLabels, Prior

TARGETS = ("own", "all")


@keras.saving.register_keras_serializable(package="tfmix")
class GMGAN(MixtureGAN):
    """The unsupervised GM-GAN: the classic game, on a mixture of Gaussians.

    Static, mu_k ~ U(-c, c) and Sigma_k = sigma^2 I are drawn once and held:
    `GaussianMixture(K, D, loc_range=c, init_scale=sigma, covariance="isotropic", learn_loc=False,
    learn_scale=False)`. Dynamic, mu_k and the factor A_k of Sigma_k = A_k A_k^T are trained with
    the generator's loss through z = A_k eps + mu_k: `GaussianMixture(K, D, covariance="full")`, or
    "diag". After training, `sample(scale=)` trades quality for diversity. Unlike DeLiGAN's, the
    scales of a dynamic mixture bear no penalty.

    Args:
        prior: A `GaussianMixture`, or another mixture of locations and scales.
        generator: As of `GAN`.
        discriminator: As of `GAN`.
        **kwargs: Of `MixtureGAN` and `GAN`.

    Raises:
        ValueError: A prior that is no such mixture, or what `GAN` refuses.
    """


@keras.saving.register_keras_serializable(package="tfmix")
class SupervisedGMGAN(ClassConditionalGAN):
    """The supervised GM-GAN: each component stands for a class, the discriminator has N logits.

    D(x)_j is the sigmoid of the j-th logit, independent of the others; f maps components to
    classes. Our sources describe a discriminator with an output for each class and f, but not the
    paper's exact loss. So there are two:

    - `targets="own"` takes the output for the image's own class y, or f(k), alone:
      L_D = -log D(x)_y - log(1 - D(G(z))_f(k)), L_G = -log D(G(z))_f(k). These are N games that
      share their networks; in equilibrium p_g(x|y) = p(x|y).
    - `targets="all"` has a target for each output, in L_D one-hot(y) for real images and zeros for
      generated ones, in L_G one-hot(f(k)); cross-entropies are summed over classes. Where classes
      overlap, the generator gains by leaving the overlap: images are more typical of their class
      than real ones, as AC-GAN's are.

    Other adversarial losses take the place of the cross-entropies, real and fake for targets 1
    and 0.

    Args:
        prior: A `GaussianMixture`, or another mixture of locations and scales, K components, whose
            gradient is "pathwise".
        generator: As of `GAN`.
        discriminator: A Keras model, images -> logits [B, N]. With packing m, m N for a pack.
        num_classes: N, at most K.
        component_to_class: f: a class for each component, [K], each class at least once; None or
            "modulo": component k stands for class k mod N.
        targets: "own" or "all".
        **kwargs: Of `GAN`.

    Raises:
        ValueError: Fewer components than classes, an invalid map, data without labels, a prior
            of another gradient, or what `GAN` refuses.
    """

    def __init__(
        self,
        prior: Prior,
        generator: keras.Model,
        discriminator: keras.Model,
        *,
        num_classes: int,
        component_to_class: str | Sequence[int] | None = None,
        targets: str = "own",
        **kwargs,
    ):
        if require_mixture("SupervisedGMGAN", prior).gradient != "pathwise":
            raise ValueError(
                "SupervisedGMGAN's loss depends on the component beside z, through its class: the "
                "prior's gradient is that of the drawn component, 'pathwise'. "
                f"Received: gradient={prior.gradient!r}."
            )
        classes = _class_of_each_component(prior.num_components, num_classes, component_to_class)
        labels = ComponentLabels(num_classes, classes)
        super().__init__(prior, generator, discriminator, labels, **kwargs)
        self.targets = one_of("targets", targets, TARGETS)

    @classmethod
    def discriminator_outputs(
        cls, num_classes: int | None, packing: int = 1, **more
    ) -> dict[str, int]:
        """N logits per image; see `GAN.discriminator_outputs`."""
        return {"logit": packing * num_classes}

    def sample_losses(self, outputs: dict[str, tf.Tensor], label: tf.Tensor) -> tf.Tensor:
        """L_G; see `GAN.sample_losses`."""
        losses = self.adversarial_loss.generator(_own(outputs["logit"], label))
        if self.targets == "all":
            losses += self._others(outputs["logit"], label)
        return tf.reduce_mean(tf.reshape(losses, [-1, self.critic.packing]), axis=1)

    def discriminator_loss(
        self,
        real: dict[str, tf.Tensor],
        real_label: tf.Tensor,
        fake: dict[str, tf.Tensor],
        fake_label: tf.Tensor,
    ) -> tf.Tensor:
        """L_D; see `GAN.discriminator_loss`."""
        of_real = self.adversarial_loss.real(_own(real["logit"], real_label))
        of_fake = self.adversarial_loss.fake(_own(fake["logit"], fake_label))
        if self.targets == "all":
            of_real += self._others(real["logit"], real_label)
            of_fake += self._others(fake["logit"], fake_label)
        return tf.reduce_mean(of_real) + tf.reduce_mean(of_fake)

    def discriminator_logit(self, outputs: dict[str, tf.Tensor], label: tf.Tensor) -> tf.Tensor:
        """The logit of the image's class, [B, 1]."""
        return _own(outputs["logit"], label)

    def get_config(self) -> dict:
        """The constructor's arguments by name, the map as a list."""
        return {
            **super().get_config(),
            "component_to_class": self.labels.component_to_class,
            "targets": self.targets,
        }

    def _others(self, logits: tf.Tensor, label: tf.Tensor) -> tf.Tensor:
        """Sum of the losses at target 0 of all outputs but that of an image's class, [B]."""
        each = self.adversarial_loss.fake(tf.reshape(logits, [-1, 1]))
        each = tf.reshape(each, tf.shape(logits))
        others = 1.0 - tf.one_hot(label, self.labels.num_classes)
        return tf.reduce_sum(others * each, axis=1)


def _class_of_each_component(
    num_components: int, num_classes: int, component_to_class: str | Sequence[int] | None
) -> list[int]:
    """Works out f: [K] -> [N]; see `SupervisedGMGAN` for the arguments."""
    num_classes = positive_int("num_classes", num_classes)
    if num_components < num_classes:
        raise ValueError(
            f"Each class needs a component of its own: at least num_classes={num_classes} of "
            f"them. Received: a prior of {num_components} components."
        )
    if component_to_class is None or str(component_to_class) == "modulo":
        return [k % num_classes for k in range(num_components)]
    wanted = f"component_to_class is 'modulo', or a class for each of {num_components} components"
    return np.atleast_1d(integers("component_to_class", wanted, component_to_class)).tolist()


def _own(logits: tf.Tensor, label: tf.Tensor) -> tf.Tensor:
    """Each row's logit of its class, [B, 1]."""
    return tf.gather(logits, label[:, None], batch_dims=1)
