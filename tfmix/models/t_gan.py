"""t-GANs: a mixture of Student-t noise with class codewords (Sun et al., Neural Networks, 2020)."""

from collections.abc import Sequence

import keras

from tfmix.models.acgan import AuxiliaryClassifierGAN
from tfmix.priors import ClassCodewords, Prior


@keras.saving.register_keras_serializable(package="tfmix")
class TGAN(AuxiliaryClassifierGAN):
    """A GAN on Student-t noise to which a codeword of the class is joined.

    z' is drawn from a mixture of t distributions, each of the q entries of the codeword c from
    N(label, 0.2^2), and the generator takes (z', c). A classifier on the discriminator's features
    adds alpha L_C to both losses (section 3). The paper's alpha, q, degrees of freedom and networks
    are not in our sources; the defaults here are ours.

    Args:
        prior: A `StudentTMixture`; any other prior serves for an ablation.
        generator: A Keras model, latents [B, D + q] -> images.
        discriminator: A Keras model, images -> {"logit": [B, 1], "class_logits": [B, C]}.
        num_classes: C.
        codeword_dim: q.
        codeword_std: Standard deviation of a codeword's entries; the paper's 0.2.
        codeword_scale: Distance between neighbouring classes' codewords; 1 is the paper's.
        codeword: "ordinal", the paper's, or "one_hot"; see `tfmix.priors.ClassCodewords`.
        class_weights: Probabilities [C] to draw classes with; None: all alike.
        alpha: Weight of L_C, at least 0.
        **kwargs: Of `GAN`.

    Raises:
        ValueError: What `GAN` refuses, data without labels, or an argument outside its range.
    """

    def __init__(
        self,
        prior: Prior,
        generator: keras.Model,
        discriminator: keras.Model,
        *,
        num_classes: int,
        codeword_dim: int,
        codeword_std: float = 0.2,
        codeword_scale: float = 1.0,
        codeword: str = "ordinal",
        class_weights: Sequence[float] | None = None,
        alpha: float = 1.0,
        **kwargs,
    ):
        labels = ClassCodewords(
            num_classes,
            codeword_dim,
            std=codeword_std,
            scale=codeword_scale,
            codeword=codeword,
            class_weights=class_weights,
        )
        super().__init__(prior, generator, discriminator, labels, alpha=alpha, **kwargs)

    @classmethod
    def code_width(cls, num_classes: int | None, **arguments) -> int:
        """q; see `GAN.code_width`."""
        return arguments["codeword_dim"]

    def get_config(self) -> dict:
        """The constructor's arguments by name."""
        return {
            **super().get_config(),
            "codeword_dim": self.labels.codeword_dim,
            "codeword_std": self.labels.std,
            "codeword_scale": self.labels.scale,
            "codeword": self.labels.codeword,
        }
