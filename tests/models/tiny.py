"""Tiny models of points, one of each class of GAN, for all tests of models."""

import numpy as np

import tfmix
from tfmix import networks, priors

POINTS = np.random.default_rng(0).normal(size=[8, 2]).astype(np.float32)
LABELS = np.array([0, 1, 2, 2, 1, 0, 0, 1])
CLASSES = {"ACGAN", "SupervisedGMGAN", "TGAN"}
_PRIORS = {
    "ACGAN": lambda: priors.StandardNormal(2),
    "TGAN": lambda: priors.StudentTMixture(3, 2, df=5.0),
}


def points_gan(model="GAN", prior=None, generator=None, discriminator=None, **arguments):
    """A model of this class, of dense layers, with three classes where it learns any, no R1."""
    make = getattr(tfmix, model)
    if model in CLASSES:
        arguments = {"num_classes": 3, **arguments}
    if model == "TGAN":
        arguments = {"codeword_dim": 4, **arguments}
    prior = prior or _PRIORS.get(model, lambda: priors.GaussianMixture(3, 2))()
    num_classes, packing = arguments.get("num_classes"), arguments.get("packing", 1)
    if generator is None:
        width = 2 + make.code_width(**{"num_classes": None, **arguments})
        generator = networks.MLPGenerator(width, 2, widths=(6,), seed=1)
    if discriminator is None:
        given = {"packing": 1, "prior": prior, **arguments, "num_classes": num_classes}
        widths = make.discriminator_outputs(**given)
        logit, classes = widths.pop("logit"), widths.pop("class_logits", None)
        discriminator = networks.MLPDiscriminator(
            2 * packing,
            widths=(6,),
            num_outputs=logit,
            num_classes=classes,
            heads=widths,
            seed=2,
        )
    return make(prior, generator, discriminator, **{"r1_penalty": 0.0, **arguments})
