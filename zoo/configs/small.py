"""A GAN with one normal prior for pictures of your own, by how many there are; settings are ours.

A mixture is shown to help on 500 small grey digits (zoo/benchmarks/results/small_data.md), and not
on larger pictures in colour.

100: About 100 pictures of your own: --config.dataset=folder:PATH.
500: About 500 pictures of your own: --config.dataset=folder:PATH.
5000: About 5,000 pictures of your own: --config.dataset=folder:PATH.
"""

from tfmix.programs.presets import based_on, chooser, defaults

VARIANTS = {
    "100": lambda: based_on("small_500", batch_size=25, num_steps=5_000, validation_size=20),
    "500": lambda: defaults(
        model={"augment": "default"},
        dataset="folder:",
        image_size=64,
        batch_size=50,
        num_steps=10_000,
        ema_momentum=0.999,
        evaluate_every=1_000,
        validation_size=50,
        prior={"latent_dim": 64},
        generator={"width": 32, "depth": 4},
        discriminator={"width": 32, "depth": 4},
    ),
    "5000": lambda: based_on(
        "small_500",
        model={"ada_target": 0.6},  # no augmentation before the discriminator overfits
        num_steps=40_000,
        validation_size=500,
        generator={"width": 64},
        discriminator={"width": 64},
    ),
}
get_config = chooser(VARIANTS)
