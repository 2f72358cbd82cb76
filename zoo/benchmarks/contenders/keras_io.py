"""A GAN as keras.io's example of DCGAN trains it: Keras with a `train_step` of one's own.

That example labels generated images 1 and real ones 0, adds noise to the labels, draws a second
batch for the generator, and has a constant rate. It has neither a penalty nor an average.
"""

import keras
import tensorflow as tf

import tfmix

_RATE, _NOISE = 1e-4, 0.05


class TwoTapes(keras.Model):
    """Generator and discriminator, each trained under a tape of its own.

    Args:
        generator: Latents [B, L] -> images.
        discriminator: Images -> logits [B, 1].
    """

    def __init__(self, generator: keras.Model, discriminator: keras.Model):
        super().__init__()
        self.generator, self.discriminator = generator, discriminator
        self.latent_dim = generator.input_shape[-1]
        self.means = [keras.metrics.Mean(name=name) for name in ("d_loss", "g_loss")]
        self.built = True

    def compile(self) -> None:
        """Sets Adam for each network, and the cross-entropy."""
        super().compile()
        self.optimizers = [keras.optimizers.Adam(_RATE) for _ in range(2)]
        self.cross_entropy = keras.losses.BinaryCrossentropy(from_logits=True)

    def train_step(self, data: tf.Tensor | tuple[tf.Tensor, ...]) -> dict[str, tf.Tensor]:
        """Trains the discriminator on one generated batch, then the generator on another."""
        real = data[0] if isinstance(data, tuple) else data
        count = tf.shape(real)[0]
        both = tf.concat([self.generator(self._noise(count), training=True), real], axis=0)
        labels = tf.concat([tf.ones([count, 1]), tf.zeros([count, 1])], axis=0)
        labels += _NOISE * tf.random.uniform(tf.shape(labels))
        with tf.GradientTape() as tape:
            loss = self.cross_entropy(labels, self.discriminator(both, training=True))
        weights = self.discriminator.trainable_weights
        self.optimizers[0].apply_gradients(zip(tape.gradient(loss, weights), weights, strict=True))

        noise, wanted = self._noise(count), tf.zeros([count, 1])
        with tf.GradientTape() as tape:
            images = self.generator(noise, training=True)
            of_generator = self.cross_entropy(wanted, self.discriminator(images, training=True))
        weights = self.generator.trainable_weights
        gradients = tape.gradient(of_generator, weights)
        self.optimizers[1].apply_gradients(zip(gradients, weights, strict=True))
        for mean, value in zip(self.means, (loss, of_generator), strict=True):
            mean.update_state(value)
        return {mean.name: mean.result() for mean in self.means}

    def sampler(self) -> tfmix.Sampler:
        """What draws images from the generator as it is."""
        return tfmix.Sampler(tfmix.priors.StandardNormal(self.latent_dim), self.generator)

    def _noise(self, count: tf.Tensor) -> tf.Tensor:
        return tf.random.normal([count, self.latent_dim])


def model(gan: tfmix.GAN) -> TwoTapes:
    """The networks of a GAN in the hands of such a model, compiled."""
    made = TwoTapes(gan.generator, gan.discriminator)
    made.compile()
    return made
