"""The gated PixelCNN (van den Oord et al., NeurIPS 2016), a model without latents.

mnist: The gated PixelCNN on all of MNIST, 256 levels (NeurIPS 2016); size and budget are ours.
fashion_mnist: The gated PixelCNN on all of Fashion-MNIST, with the settings of pixelcnn_mnist.
digits: The gated PixelCNN on all of scikit-learn's digits, with their 17 levels.
cifar10: The PixelCNN on CIFAR-10 with mixtures of logistics (PixelCNN++, ICLR 2017); size is ours.

Rates and the vertical stack's residual connections are ours, too; the kernels are 5 wide as in the
paper, except on the digits. A pixel sees 22 pixels up and 21 to each side; of the digits 9 and 8.
"""

from ml_collections import ConfigDict, config_dict

from tfmix.programs.presets import based_on, chooser, defaults


def model() -> ConfigDict:
    """The block `model`, new for each config: a value given to a shared placeholder is in all."""
    return ConfigDict(
        {
            "name": "PixelCNN",
            "filters": 48,
            "num_blocks": 9,
            "kernel_size": 5,
            "vertical_residual": True,
            "num_levels": 256,
            "likelihood": "softmax",
            "num_classes": config_dict.placeholder(int),  # of the data, for a conditional model
        }
    )


VARIANTS = {
    "mnist": lambda: defaults(
        model=model(),
        dataset="mnist",
        # For 45 minutes on 2 cores that have bfloat16, where a step takes about .29 s.
        batch_size=16,
        num_steps=8_500,
        sample_every=2_500,
        precision="mixed_bfloat16",
        prior={"name": "none"},
        generator={"name": "none"},
        discriminator={"name": "none"},
        optimizer={
            **{"learning_rate": 3e-3, "beta_1": 0.9, "schedule": "cosine"},
            "global_clipnorm": 1.0,
        },
    ),
    "fashion_mnist": lambda: based_on("pixelcnn_mnist", dataset="fashion_mnist"),
    "digits": lambda: based_on(
        "pixelcnn_mnist",
        model={"num_levels": 17, "filters": 32, "num_blocks": 5, "kernel_size": 3},
        dataset="digits",
        batch_size=32,
        num_steps=2_000,
        log_every=50,
        precision="float32",
    ),
    "cifar10": lambda: based_on(
        "pixelcnn_mnist",
        model={"filters": 64, "likelihood": "discretized_logistic"},
        dataset="cifar10",
        batch_size=32,
        num_steps=50_000,
    ),
}
get_config = chooser(VARIANTS)
