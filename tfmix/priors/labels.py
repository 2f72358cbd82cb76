"""Classes of latents: the class that each belongs to, and the code that is appended to it."""

import keras
import numpy as np
import tensorflow as tf

from tfmix import seeds
from tfmix.checks import all_good, integers, positive_int
from tfmix.priors.prior import ROW_BLOCK, pick, probabilities


class Labels(keras.layers.Layer):
    """Gives each latent a class, and the columns that show it to the generator.

    A subclass defines how wide a code is (`width`), how many uniform numbers it is made from
    (`num_uniforms`) and how it is made (`code`).

    Args:
        num_classes: C.
        class_weights: Probabilities [C] to draw classes with; None: all equal.
        **kwargs: See `keras.layers.Layer`.

    Raises:
        ValueError: C below 1, or weights that are not a distribution over C classes.
    """

    def __init__(self, num_classes: int, *, class_weights: np.ndarray | None = None, **kwargs):
        super().__init__(**{"dtype": "float32", **kwargs})
        self.num_classes = positive_int("num_classes", num_classes)
        if class_weights is None:
            class_weights = np.full(num_classes, 1.0 / num_classes)
        self.class_weights = probabilities("class_weights", class_weights, num_classes).tolist()
        self.built = True

    @property
    def width(self) -> int:
        """Columns of the code."""
        raise NotImplementedError

    @property
    def num_uniforms(self) -> int:
        """How many uniform numbers `code` turns into one code."""
        return 0

    @property
    def component_to_class(self) -> list[int] | None:
        """Class of each component [K]; None where components and classes are independent."""
        return None

    def code(self, label: tf.Tensor, uniform: tf.Tensor) -> tf.Tensor:
        """Turns classes int32 [N], in [0, C), into codes float32 [N, width].

        Args:
            label: The classes.
            uniform: float32 [N, num_uniforms], in (0, 1).
        """
        raise NotImplementedError

    def component_weights(self, label: tf.Tensor, weights: tf.Tensor) -> tf.Tensor | None:
        """Weights [N, K] of components given classes, up to a factor; None if independent of them.

        Args:
            label: int32 [N], in [-1, C); -1: any.
            weights: Of the prior, [K].
        """
        return None

    def draw(self, component: tf.Tensor, seed: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Draws labels int32 [N] and codes float32 [N, width] for training.

        Args:
            component: Of the latents, int32 [N].
            seed: int32 [2].
        """
        uniform = seeds.uniform([tf.shape(component)[0], 1 + self.num_uniforms], seed)
        label = self._pick(component, uniform[:, 0])
        return label, self.code(label, uniform[:, 1:])

    def sample_rows(
        self, row_seeds: tf.Tensor, skipped: int, component: tf.Tensor, label: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Draws labels and codes as `draw` does; each row depends on its own inputs alone.

        Args:
            row_seeds: int32 [N].
            skipped: How many uniform numbers of each row the prior has used.
            component: int32 [N].
            label: int32 [N], in [-1, C); -1: draw it.
        """
        num_samples = tf.shape(row_seeds)[0]
        # In whole blocks, as in the prior, so that a row has the same bits in any batch.
        padding = [[0, -num_samples % ROW_BLOCK]]
        padded = tf.pad(row_seeds, padding)
        uniform = seeds.uniform_rows(padded, skipped + 1 + self.num_uniforms)[:, skipped:]
        drawn = self._pick(tf.pad(component, padding), uniform[:, 0])
        label = tf.pad(label, padding)
        label = tf.where(label < 0, drawn, label)
        return label[:num_samples], self.code(label, uniform[:, 1:])[:num_samples]

    def agree(self, component: tf.Tensor, label: tf.Tensor) -> tf.Tensor:
        """Whether a component and a class are compatible, bool [N]; -1 is compatible with all."""
        return tf.ones_like(label, tf.bool)

    def get_config(self) -> dict:
        """The constructor's arguments by name."""
        own = {"num_classes": self.num_classes, "class_weights": self.class_weights}
        return {**super().get_config(), **own}

    def _pick(self, component: tf.Tensor, uniform: tf.Tensor) -> tf.Tensor:
        return pick(uniform, tf.constant(self.class_weights))


@keras.saving.register_keras_serializable(package="tfmix")
class OneHotLabels(Labels):
    """The one-hot vector of a class, appended to the latent (AC-GAN, ICML 2017).

    Args:
        num_classes: C, the width of the code.
        **kwargs: See `Labels`.
    """

    @property
    def width(self) -> int:
        """C."""
        return self.num_classes

    def code(self, label: tf.Tensor, uniform: tf.Tensor) -> tf.Tensor:
        """The one-hot vector; see `Labels.code`."""
        return tf.one_hot(label, self.num_classes)


@keras.saving.register_keras_serializable(package="tfmix")
class ComponentLabels(Labels):
    """Classes that components stand for: a latent has its component's class, and no code.

    This is the map f: [K] -> [N] of the supervised GM-GAN (2018).

    Args:
        num_classes: N.
        component_to_class: f, [K] ints in [0, N), each class at least once.
        **kwargs: See `keras.layers.Layer`.

    Raises:
        ValueError: A value that is not such a map, or a map that leaves a class out.
    """

    def __init__(self, num_classes: int, component_to_class: np.ndarray, **kwargs):
        super().__init__(num_classes, **kwargs)
        wanted = f"component_to_class is a class in [0, {num_classes}) for each component"
        classes = integers("component_to_class", wanted, component_to_class)
        if classes.ndim != 1 or not classes.size:
            raise ValueError(f"{wanted}. Received: shape {classes.shape}.")
        all_good("component_to_class", wanted, classes, (classes >= 0) & (classes < num_classes))
        if missing := sorted(set(range(num_classes)) - set(classes.tolist())):
            raise ValueError(
                "Each class has at least one component. Received: component_to_class="
                f"{classes.tolist()}, without {', '.join(map(str, missing))}."
            )
        self._classes = classes.tolist()

    @property
    def width(self) -> int:
        """0: the generator sees the class by where the latent lies."""
        return 0

    @property
    def component_to_class(self) -> list[int]:
        """f, [K]."""
        return self._classes

    def code(self, label: tf.Tensor, uniform: tf.Tensor) -> tf.Tensor:
        """Nothing, [N, 0]."""
        return tf.zeros([tf.shape(label)[0], 0])

    def component_weights(self, label: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
        """The prior's weights within the class of each row; see `Labels.component_weights`."""
        of_class = tf.constant(self._classes)[None] == label[:, None]
        return tf.where(of_class | (label[:, None] < 0), weights, tf.zeros_like(weights))

    def agree(self, component: tf.Tensor, label: tf.Tensor) -> tf.Tensor:
        """Whether each component has the class, bool [N]; -1 is compatible with all."""
        # A component out of range is reported by its own check; here it must only not fail.
        known = tf.clip_by_value(component, 0, len(self._classes) - 1)
        same = tf.gather(tf.constant(self._classes), known) == label
        return same | (component < 0) | (label < 0)

    def get_config(self) -> dict:
        """The constructor's arguments by name."""
        config = super().get_config()
        del config["class_weights"]
        return {**config, "component_to_class": self._classes}

    def _pick(self, component: tf.Tensor, uniform: tf.Tensor) -> tf.Tensor:
        return tf.gather(tf.constant(self._classes), component)
