"""A Keras model of two networks that play against each other, each with an optimizer of its own."""

from collections.abc import Sequence

import keras
import tensorflow as tf

from tfmix.models.sampler import deserialized

_NAMES = ("generator_optimizer", "discriminator_optimizer", "prior_optimizer")


class Optimizers(keras.Model):
    """Compiles two or three optimizers in place of one, and saves them.

    A derived class has `generator_variables`, of which `prior_variables` are a part, and
    `discriminator_variables`: what each trains.
    """

    def compile(
        self,
        generator_optimizer: str | keras.optimizers.Optimizer = "adam",
        discriminator_optimizer: str | keras.optimizers.Optimizer = "adam",
        prior_optimizer: str | keras.optimizers.Optimizer | None = None,
        **kwargs,
    ) -> None:
        """Sets the optimizers.

        Args:
            generator_optimizer: A Keras optimizer or its name.
            discriminator_optimizer: A Keras optimizer or its name, not the same object.
            prior_optimizer: Of the prior's parameters, which change on another scale than a
                network's weights do; None: the generator's optimizer trains them as well.
            **kwargs: `jit_compile`, `steps_per_execution`, `run_eagerly` of `keras.Model.compile`.

        Raises:
            ValueError: A network without an optimizer, one optimizer object that is given twice, or
                one for a prior that has nothing to train.
        """
        given = [generator_optimizer, discriminator_optimizer]
        if None in given:
            raise ValueError(
                "Both networks need an optimizer. Received: "
                f"generator_optimizer={generator_optimizer}, "
                f"discriminator_optimizer={discriminator_optimizer}."
            )
        given += [] if prior_optimizer is None else [prior_optimizer]
        optimizers = [keras.optimizers.get(each) for each in given]
        if len(set(map(id, optimizers))) < len(optimizers):
            raise ValueError(
                "Each network has an optimizer of its own; one was given for both. "
                f"Received: {', '.join(type(each).__name__ for each in optimizers)}."
            )
        if prior_optimizer is not None and not self.prior_variables:
            raise ValueError(
                "A prior_optimizer is for a prior that learns. Received: a "
                f"{type(self.prior).__name__} with nothing to train; leave prior_optimizer out."
            )
        super().compile(optimizer=None, loss=None, **kwargs)
        self.generator_optimizer, self.discriminator_optimizer, *own = optimizers
        self.prior_optimizer = own[0] if own else None
        of_prior = set(map(id, self.prior_variables)) if own else set()
        # Built at once: weights that are loaded, and replicas, need the slots to be there.
        self.generator_optimizer.build(
            [each for each in self.generator_variables if id(each) not in of_prior]
        )
        self.discriminator_optimizer.build(self.discriminator_variables)
        if own:
            self.prior_optimizer.build(self.prior_variables)
        self._compile_arguments = kwargs

    def apply_generator_gradients(self, gradients: Sequence[tf.Tensor]) -> None:
        """Updates generator and prior, each with its optimizer.

        Args:
            gradients: Of `generator_variables`, in their order.
        """
        pairs = list(zip(gradients, self.generator_variables, strict=True))
        of_prior = set(map(id, self.prior_variables)) if self.prior_optimizer else set()
        for optimizer, is_prior in (
            (self.generator_optimizer, False),
            (self.prior_optimizer, True),
        ):
            own = [pair for pair in pairs if (id(pair[1]) in of_prior) == is_prior]
            if own:
                optimizer.apply(*zip(*own, strict=True))

    def get_compile_config(self) -> dict | None:
        """The arguments of `compile`, so that a loaded model goes on training; None before it."""
        if not self.compiled:
            return None
        optimizers = {name: getattr(self, name) for name in _NAMES}
        return {
            **{n: keras.saving.serialize_keras_object(each) for n, each in optimizers.items()},
            **self._compile_arguments,
        }

    def compile_from_config(self, config: dict) -> None:
        """Compiles from `get_compile_config`, of earlier versions too."""
        self.compile(**deserialized({"prior_optimizer": None, **config}, _NAMES))
