import io

import numpy as np
from PIL import Image

import tfmix


def test_a_notebook_shows_a_grid_of_the_images_of_seed_0():
    prior = tfmix.priors.StandardNormal(3)
    sampler = tfmix.Sampler(prior, tfmix.networks.DCGANGenerator(3, (56, 48, 3), width=2, depth=1))
    shown = np.asarray(Image.open(io.BytesIO(sampler._repr_png_())))
    np.testing.assert_array_equal(shown, tfmix.grid(sampler.images(64, seed=0)))


def test_a_pixel_cnn_shows_a_block_of_its_images():
    model = tfmix.PixelCNN((50, 2, 1), filters=2, num_blocks=1)
    shown = np.asarray(Image.open(io.BytesIO(model._repr_png_())))
    np.testing.assert_array_equal(shown, tfmix.grid(model.images(16, seed=0))[..., 0])


def test_a_model_of_points_is_shown_by_its_name():
    generator = tfmix.networks.MLPGenerator(2, 2, widths=(4,))
    sampler = tfmix.Sampler(tfmix.priors.StandardNormal(2), generator)
    assert sampler._repr_png_() is None
