"""What models refuse, one row per mistake."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.models.tiny import LABELS, POINTS, points_gan
from tfmix import PixelCNN, networks, priors


def generator(width=2, points=2):
    return networks.MLPGenerator(width, points, widths=())


def discriminator(width=2, **arguments):
    return networks.MLPDiscriminator(width, widths=(), **arguments)


def unbuilt():
    return keras.Sequential([keras.layers.Dense(2)])


def mixture(**arguments):
    return priors.GaussianMixture(3, 2, **arguments)


@pytest.mark.parametrize(
    ("model", "arguments", "said"),
    [
        # Networks and priors that do not fit.
        ("GAN", {"generator": unbuilt()}, "The generator is a Keras model that knows its shapes"),
        ("GAN", {"discriminator": unbuilt()}, "The discriminator is a Keras model that knows its"),
        ("GAN", {"generator": generator(2, 3)}, r"images of shape \(3,\).*takes \(2,\)"),
        ("GAN", {"prior": priors.StandardNormal(5)}, "latents of width 5, the generator takes 2"),
        ("GAN", {"discriminator": discriminator(num_outputs=3)}, r"gives logit \[B, 1\].*None, 3"),
        ("GAN", {"discriminator": discriminator(num_classes=3)}, "gives logit.*class_logits"),
        ("ACGAN", {"discriminator": discriminator()}, r"class_logits \[B, 3\]\. Rec"),
        ("ACGAN", {"discriminator": discriminator(num_classes=4)}, r"class_logits \[B, 3\]\. Rec"),
        ("ACGAN", {"generator": generator()}, r"width 5 \(its class's code among them\).*takes 2"),
        ("SupervisedGMGAN", {"discriminator": discriminator()}, r"gives logit \[B, 3\]\. Received"),
        ("DeLiGAN", {"prior": priors.StandardNormal(2)}, r"with scales.*Received: StandardNormal"),
        ("GMGAN", {"prior": priors.StandardNormal(2)}, r"with scales.*Received: StandardNormal"),
        ("SupervisedGMGAN", {"prior": priors.StandardNormal(2)}, "with scales.*StandardNormal"),
        # Both take the loss for a function of z alone; here a latent's class is its component's.
        ("SupervisedGMGAN", {"prior": mixture(gradient="marginal")}, "component.*'marginal'"),
        ("SupervisedGMGAN", {"prior": mixture(gradient="implicit")}, "component.*'implicit'"),
        # Arguments outside their range.
        ("GAN", {"ema_momentum": 0}, "ema_momentum lies between 0 and 1, or is None.*0"),
        ("GAN", {"ema_momentum": 1}, "ema_momentum lies between"),
        ("GAN", {"ema_momentum": np.nan}, "ema_momentum lies between.*nan"),
        ("GAN", {"ema_momentum": "x"}, "ema_momentum lies between.*'x'"),
        ("GAN", {"seed": 2**31}, "A seed"),
        ("GAN", {"seed": 1.0}, "A seed"),
        ("GAN", {"seed": None}, "A seed"),
        ("GAN", {"loss": "no"}, "loss is one of .*'no'"),
        ("GAN", {"loss": "hinge", "label_smoothing": 0.1}, "label_smoothing is for losses with"),
        ("GAN", {"packing": 0, "discriminator": discriminator()}, "packing is an integer of at"),
        ("GAN", {"packing": 1.5, "discriminator": discriminator()}, "packing is an integer of at"),
        ("GAN", {"packing": True}, "packing is an integer of at"),
        ("GAN", {"packing": 3, "discriminator": discriminator()}, r"take \(6,\) in packs of 3"),
        (
            "GAN",
            {"packing": 2, "prior": mixture(gradient="marginal", learn_weights=True)},
            r"a pack shares one\. Received: packing=2; take 1",
        ),
        ("GAN", {"r1_penalty": -1}, "r1_penalty is at least 0 and finite"),
        ("GAN", {"r1_penalty": "1"}, "r1_penalty is at least 0 and finite"),
        ("GAN", {"gradient_penalty": float("inf")}, "gradient_penalty is at least 0 and finite"),
        ("GAN", {"gradient_penalty": None}, "gradient_penalty is at least 0 and finite"),
        ("GAN", {"r1_every": 0}, "r1_every is an integer of at least 1"),
        ("GAN", {"r1_every": 2.0}, "r1_every is an integer of at least 1"),
        ("GAN", {"lecam_penalty": -0.1}, "lecam_penalty is at least 0"),
        ("GAN", {"lecam_penalty": np.nan}, "lecam_penalty is at least 0"),
        ("GAN", {"frozen_layers": 2}, r"integer in 0 .. 1, of 2 layers.*frozen_layers=2"),
        ("GAN", {"frozen_layers": -1}, r"integer in 0 .. 1, of 2 layers.*frozen_layers=-1"),
        ("GAN", {"frozen_layers": 1.5}, r"integer in 0 .. 1, of 2 layers.*frozen_layers=1.5"),
        ("GAN", {"augment": "default"}, r"for images.*samples of shape \(2,\)"),
        ("ACGAN", {"alpha": -1}, "alpha is at least 0 and finite"),
        ("ACGAN", {"alpha": float("nan")}, "alpha is at least 0 and finite"),
        ("ACGAN", {"alpha": "1"}, "alpha is at least 0 and finite"),
        ("TGAN", {"alpha": -1}, "alpha is at least 0"),
        ("ACGAN", {"class_weights": [0.5, 0.5]}, r"shape \(3,\)"),
        ("ACGAN", {"class_weights": [0.5, 0.5, 0.5]}, "sum to 1"),
        ("DeLiGAN", {"sigma_penalty": -0.1}, "sigma_penalty is at least 0.*-0.1"),
        ("DeLiGAN", {"sigma_penalty": float("nan")}, "sigma_penalty is at least 0.*nan"),
        ("TGAN", {"codeword": "one_hot"}, r"as there are classes, 3\. Received: codeword_dim=4"),
        ("TGAN", {"codeword": "random"}, "codeword is one of ordinal, one_hot"),
        ("TGAN", {"codeword_std": -1}, "codeword_std is at least 0"),
        ("TGAN", {"codeword_scale": 0}, "codeword_scale is above 0"),
        ("SupervisedGMGAN", {"num_classes": 4}, "at least num_classes=4 of them.*3 comp"),
        ("SupervisedGMGAN", {"component_to_class": "random"}, "'modulo', or a class for each of 3"),
        ("SupervisedGMGAN", {"component_to_class": [0.5, 1, 2]}, "a class for each of 3.*0.5"),
        ("SupervisedGMGAN", {"component_to_class": [0, 1, 2, 2]}, "3 components. Rec.*4 classes"),
        ("SupervisedGMGAN", {"component_to_class": 3}, "a class in"),
        ("SupervisedGMGAN", {"component_to_class": [0, 1, 1]}, "without 2"),
        ("SupervisedGMGAN", {"component_to_class": [0, 1, 3]}, r"in \[0, 3\)"),
        ("SupervisedGMGAN", {"targets": "one"}, "targets is one of own, all"),
    ],
)
def test_a_model_cannot_be_made(model, arguments, said):
    with pytest.raises(ValueError, match=said):
        points_gan(model, **arguments)


@pytest.mark.parametrize(
    ("model", "data", "error", "said"),
    [
        ("GAN", (POINTS.astype(np.uint8),), ValueError, r"Images are floats in \[-1, 1\].*uint8"),
        ("GAN", (POINTS.astype(np.int64),), ValueError, r"Images are floats in \[-1, 1\].*int64"),
        ("GAN", (POINTS[:, :1],), ValueError, r"Images are \[B, 2\].*shape \(.*, 1\)"),
        ("ACGAN", (POINTS, np.eye(3)[LABELS]), ValueError, r"Labels are integers \[B\], a class"),
        ("ACGAN", (POINTS, LABELS / 1.0), ValueError, r"Labels are integers \[B\], a class"),
        ("ACGAN", (POINTS, LABELS - 1), tf.errors.InvalidArgumentError, r"in \[0, 3\) each"),
        ("ACGAN", (POINTS, LABELS + 1), tf.errors.InvalidArgumentError, r"in \[0, 3\) each"),
    ],
)
def test_a_model_cannot_learn_from(model, data, error, said, sgd):
    with pytest.raises(error, match=said):
        sgd(points_gan(model)).fit(*data, verbose=0)


def test_a_batch_is_no_smaller_than_a_pack(sgd):
    with pytest.raises(tf.errors.InvalidArgumentError, match="one pack at least, of 4 images"):
        sgd(points_gan(packing=4)).fit(POINTS, batch_size=3, verbose=0)


def test_floats_of_another_width_are_rounded(sgd, assert_equal):
    plain, other = (sgd(points_gan(r1_penalty=0.1)) for _ in range(2))
    plain.train_step(POINTS)
    other.train_step(POINTS.astype(np.float64))
    assert_equal(other, plain)


@pytest.mark.parametrize("labels", [LABELS[:, None], LABELS.astype(np.uint8)])
def test_labels_come_in_columns_and_small_integers_too(sgd, assert_equal, labels):
    plain, other = (sgd(points_gan("ACGAN")) for _ in range(2))
    plain.train_step((POINTS, LABELS))
    other.train_step((POINTS, labels))
    assert_equal(other, plain)


def test_pixel_cnn_takes_labels_as_gans_do():
    images = np.zeros([2, 4, 4, 1], np.float32)
    model = PixelCNN((4, 4, 1), filters=2, num_blocks=1, num_classes=3)
    model.compile()
    model.fit(images, np.array([[0], [2]]), verbose=0)
    with pytest.raises(ValueError, match=r"Labels are integers \[B\]"):
        model.fit(images, np.eye(3)[:2], verbose=0)


def test_each_network_has_an_optimizer_of_its_own():
    optimizer = keras.optimizers.Adam()
    with pytest.raises(ValueError, match=r"an optimizer of its own.*Received: Adam, Adam"):
        points_gan().compile(optimizer, optimizer)
    with pytest.raises(ValueError, match=r"Received: .*discriminator_optimizer=None"):
        points_gan().compile(optimizer, None)


@pytest.mark.parametrize(
    ("model", "arguments", "said"),
    [
        ("GAN", {"label": 1}, "no classes"),
        ("ACGAN", {"label": 3}, r"label in \[-1, 3\).*label=3"),
        ("ACGAN", {"label": [0, 1]}, r"shape \(3,\) here"),
        (
            "SupervisedGMGAN",
            {"component": [0, 1, -1], "label": [0, 2, 2]},
            r"Component 1 is of class 1\. Received: label=2",
        ),
    ],
)
def test_a_model_does_not_sample(model, arguments, said):
    with pytest.raises(ValueError, match=said):
        points_gan(model).sample(3, **arguments)
