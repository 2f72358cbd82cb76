"""A Keras model of two networks that play against each other, each with an optimizer of its own."""

import keras

from tfmix.models.sampler import deserialized


class TwoOptimizers(keras.Model):
    """Compiles two optimizers in place of one, and saves both.

    A derived class has `generator_variables` and `discriminator_variables`, what each trains.
    """

    def compile(
        self,
        generator_optimizer: str | keras.optimizers.Optimizer = "adam",
        discriminator_optimizer: str | keras.optimizers.Optimizer = "adam",
        **kwargs,
    ) -> None:
        """Sets the two optimizers, the generator's for the prior's parameters as well.

        Args:
            generator_optimizer: A Keras optimizer or its name.
            discriminator_optimizer: A Keras optimizer or its name, not the same object.
            **kwargs: `jit_compile`, `steps_per_execution`, `run_eagerly` of `keras.Model.compile`.

        Raises:
            ValueError: One optimizer object is given for both.
        """
        generator_optimizer = keras.optimizers.get(generator_optimizer)
        discriminator_optimizer = keras.optimizers.get(discriminator_optimizer)
        if generator_optimizer is discriminator_optimizer:
            raise ValueError("Each network has an optimizer of its own; one was given for both.")
        super().compile(optimizer=None, loss=None, **kwargs)
        self.generator_optimizer = generator_optimizer
        self.discriminator_optimizer = discriminator_optimizer
        # Built at once: weights that are loaded, and replicas, need the slots to be there.
        self.generator_optimizer.build(self.generator_variables)
        self.discriminator_optimizer.build(self.discriminator_variables)
        self._compile_arguments = kwargs

    def get_compile_config(self) -> dict | None:
        """The arguments of `compile`, so that a loaded model goes on training; None before it."""
        if not self.compiled:
            return None
        return {
            "generator_optimizer": keras.saving.serialize_keras_object(self.generator_optimizer),
            "discriminator_optimizer": keras.saving.serialize_keras_object(
                self.discriminator_optimizer
            ),
            **self._compile_arguments,
        }

    def compile_from_config(self, config: dict) -> None:
        """Compiles from `get_compile_config`."""
        self.compile(**deserialized(config, ("generator_optimizer", "discriminator_optimizer")))
