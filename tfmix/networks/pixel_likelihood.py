"""Likelihoods of a pixel's channels given its features; a channel has one of L levels of grey."""

import dataclasses
from collections.abc import Iterator

import keras
import tensorflow as tf

LIKELIHOODS = ("softmax", "discretized_logistic")
_LOG_SCALE = 7.0  # below e^-7 or above e^7 a logistic on [-1, 1] is a point or flat


@dataclasses.dataclass(frozen=True)
class Softmax:
    """A probability for each level (PixelRNN, ICML 2016, section 2.2)."""

    num_levels: int  # L

    @property
    def width(self) -> int:
        """Parameters of a channel: L logits."""
        return self.num_levels

    def log_prob(self, parameters: tf.Tensor, levels: tf.Tensor) -> tf.Tensor:
        """Log probability of levels int32 [...] under parameters [..., width], in nats."""
        return -tf.nn.sparse_softmax_cross_entropy_with_logits(levels, parameters)

    def log_probs(self, parameters: tf.Tensor) -> tf.Tensor:
        """Log probability of every level, [..., L]."""
        return tf.nn.log_softmax(parameters)


@dataclasses.dataclass(frozen=True)
class DiscretizedLogistic:
    """A mixture of logistics, divided halfway between levels (PixelCNN++, ICLR 2017, equation 2).

    The lowest level gets all probability below it and the highest all above it, so that the
    probabilities of the levels sum to 1.
    """

    num_levels: int  # L
    num_mixtures: int  # M

    @property
    def width(self) -> int:
        """Parameters of a channel: M logits, M means and M log scales."""
        return 3 * self.num_mixtures

    def log_prob(self, parameters: tf.Tensor, levels: tf.Tensor) -> tf.Tensor:
        """Log probability of levels int32 [...] under parameters [..., width], in nats."""
        logits, mean, log_scale = tf.split(parameters, 3, axis=-1)
        steepness = tf.exp(-tf.clip_by_value(log_scale, -_LOG_SCALE, _LOG_SCALE))
        levels = levels[..., None]
        half = 1.0 / (self.num_levels - 1)
        distance = to_values(levels, self.num_levels) - mean
        high, low = (distance + half) * steepness, (distance - half) * steepness
        below, above = tf.math.log_sigmoid(high), tf.math.log_sigmoid(-low)
        # sigmoid(a) - sigmoid(b) = sigmoid(a) sigmoid(-b) (1 - exp(b - a)), without cancellation.
        between = below + above + tf.math.log(-tf.math.expm1(-2.0 * half * steepness))
        each = tf.where(levels == 0, below, between)
        each = tf.where(levels == self.num_levels - 1, above, each)
        return tf.reduce_logsumexp(tf.nn.log_softmax(logits) + each, axis=-1)

    def log_probs(self, parameters: tf.Tensor) -> tf.Tensor:
        """Log probability of every level, [..., L]."""
        return self.log_prob(parameters[..., None, :], tf.range(self.num_levels))


Likelihood = Softmax | DiscretizedLogistic


class PixelHead(keras.layers.Layer):
    """Turns a pixel's features into parameters of its channels, one after another.

    A channel sees the pixel's earlier channels as well as the features, so that p(x) is the product
    over pixels and channels (PixelRNN, 2016, equation 2). It computes in float32 under any policy.

    Args:
        filters: F.
        num_channels: C.
        likelihood: The distribution that the parameters belong to.
        initializers: An initializer for each weight in turn.
        **kwargs: See `keras.layers.Layer`.
    """

    def __init__(
        self,
        filters: int,
        num_channels: int,
        likelihood: Likelihood,
        *,
        initializers: Iterator[keras.initializers.Initializer],
        **kwargs,
    ):
        super().__init__(dtype="float32", **kwargs)
        self.num_channels = num_channels
        self.likelihood = likelihood

        def kernel(name: str, *shape: int) -> keras.Variable:
            return self.add_weight(shape, next(initializers), name=name)

        def bias(name: str, width: int) -> keras.Variable:
            return self.add_weight([width], "zeros", name=name)

        # For each channel in turn; the first has no channel before it.
        channels = range(num_channels)
        self.hidden = [kernel(f"hidden_{c}", filters, filters) for c in channels]
        self.hidden_bias = [bias(f"hidden_bias_{c}", filters) for c in channels]
        self.earlier = [kernel(f"earlier_{c}", c, filters) for c in channels[1:]]
        self.out = [kernel(f"out_{c}", filters, likelihood.width) for c in channels]
        self.out_bias = [bias(f"out_bias_{c}", likelihood.width) for c in channels]
        self.built = True

    def call(self, features: tf.Tensor, values: tf.Tensor) -> tf.Tensor:
        """Parameters of every channel, float32 [..., C, width].

        Args:
            features: [..., F].
            values: [..., C] in [-1, 1], of which each channel sees those before it.
        """
        channels = range(self.num_channels)
        return tf.stack([self.channel(features, values[..., :c]) for c in channels], axis=-2)

    def channel(self, features: tf.Tensor, earlier: tf.Tensor) -> tf.Tensor:
        """Parameters of one channel, [..., width], from features [..., F] and its c predecessors.

        Args:
            features: [..., F].
            earlier: Values of the pixel's earlier channels, [..., c] in [-1, 1].
        """
        c = earlier.shape[-1]
        hidden = tf.tensordot(tf.nn.relu(features), self.hidden[c], 1) + self.hidden_bias[c]
        if c:
            hidden += tf.tensordot(earlier, self.earlier[c - 1], 1)
        return tf.tensordot(tf.nn.relu(hidden), self.out[c], 1) + self.out_bias[c]

    def draw(self, features: tf.Tensor, uniform: tf.Tensor, temperature: tf.Tensor) -> tf.Tensor:
        """Draws the channels of one pixel in turn, float32 [B, C] in [-1, 1].

        Args:
            features: [B, F].
            uniform: [C, B], in (0, 1).
            temperature: [B], positive: each channel is drawn from p^(1 / temperature).
        """
        values = tf.zeros_like(features[:, :0])
        for of_channel in tf.unstack(uniform):
            log_probs = self.likelihood.log_probs(self.channel(features, values))
            levels = pick_levels(log_probs, of_channel, temperature)
            drawn = to_values(levels, self.likelihood.num_levels)
            values = tf.concat([values, drawn[:, None]], axis=1)
        return values


def to_levels(images: tf.Tensor, num_levels: int) -> tf.Tensor:
    """The level nearest to each value in [-1, 1], int32 in [0, L); values outside are clipped."""
    scaled = tf.round((tf.cast(images, tf.float32) + 1.0) * (0.5 * (num_levels - 1)))
    return tf.cast(tf.clip_by_value(scaled, 0.0, num_levels - 1.0), tf.int32)


def to_values(levels: tf.Tensor, num_levels: int) -> tf.Tensor:
    """The value 2 l / (L - 1) - 1 of each level l, float32 in [-1, 1]."""
    return tf.cast(2 * levels, tf.float32) / (num_levels - 1.0) - 1.0


def pick_levels(log_probs: tf.Tensor, uniform: tf.Tensor, temperature: tf.Tensor) -> tf.Tensor:
    """Draws levels by inverting their distribution function.

    Args:
        log_probs: [B, L], up to a constant per row.
        uniform: [B], in (0, 1).
        temperature: [B], positive: p^(1 / temperature) is drawn from.

    Returns:
        int32 [B]; a level of probability 0 is never drawn.
    """
    away = log_probs - tf.reduce_max(log_probs, axis=-1, keepdims=True)
    cumulative = tf.cumsum(tf.exp(away / temperature[:, None]), axis=-1)
    # Below the total for every uniform < 1, also as float32 rounds: the last level is not passed.
    threshold = uniform[:, None] * cumulative[:, -1:]
    return tf.reduce_sum(tf.cast(cumulative <= threshold, tf.int32), axis=-1)
