"""The class codewords of t-GANs."""

import keras
import tensorflow as tf

from tfmix.checks import number, one_of, positive_int
from tfmix.priors.labels import Labels

CODEWORDS = ("ordinal", "one_hot")


@keras.saving.register_keras_serializable(package="tfmix")
class ClassCodewords(Labels):
    """Random vectors around a centre that stands for the class (t-GANs, 2020, section 3).

    The paper's codeword is "ordinal": each of its q entries is N(scale * label, std^2), so that
    class 9 lies nine times as far out as class 1. "one_hot" is our ablation: q = C entries,
    N(scale, std^2) at the class and N(0, std^2) elsewhere, so that all classes are equally far
    apart.

    Args:
        num_classes: C.
        codeword_dim: q, the width of a codeword; C for "one_hot".
        std: Standard deviation of each entry (the paper: 0.2); 0 gives codewords without noise.
        scale: Distance between the centres of neighbouring classes (the paper: 1).
        codeword: "ordinal" or "one_hot".
        **kwargs: See `Labels`.

    Raises:
        ValueError: An argument outside its range, or a one-hot codeword whose width is not C.
    """

    def __init__(
        self,
        num_classes: int,
        codeword_dim: int,
        *,
        std: float = 0.2,
        scale: float = 1.0,
        codeword: str = "ordinal",
        **kwargs,
    ):
        super().__init__(num_classes, **kwargs)
        self.codeword_dim = positive_int("codeword_dim", codeword_dim)
        wanted = "codeword_std is at least 0 and finite"
        self.std = number("codeword_std", wanted, std, lambda x: x >= 0)
        wanted = "codeword_scale is above 0 and finite"
        self.scale = number("codeword_scale", wanted, scale, lambda x: x > 0)
        self.codeword = one_of("codeword", codeword, CODEWORDS)
        if codeword == "one_hot" and codeword_dim != num_classes:
            raise ValueError(
                f"A one-hot codeword is as wide as there are classes, {num_classes}. "
                f"Received: codeword_dim={codeword_dim}."
            )

    @property
    def width(self) -> int:
        """q."""
        return self.codeword_dim

    @property
    def num_uniforms(self) -> int:
        """One per entry."""
        return self.codeword_dim

    def code(self, label: tf.Tensor, uniform: tf.Tensor) -> tf.Tensor:
        """A codeword for each class; see `Labels.code`."""
        centre = tf.cast(label, tf.float32)[:, None]
        if self.codeword == "one_hot":
            centre = tf.one_hot(label, self.num_classes)
        return self.scale * centre + self.std * tf.math.ndtri(uniform)

    def get_config(self) -> dict:
        """The constructor's arguments by name."""
        own = {name: getattr(self, name) for name in ("codeword_dim", "std", "scale", "codeword")}
        return {**super().get_config(), **own}
