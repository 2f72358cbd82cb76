import io
import json

import numpy as np
import pytest
from PIL import Image

import tfmix
from tests.samplers import T_MIXTURE, of_images, of_points, pixel_cnn
from tfmix import Sampler, networks, priors


def prior():
    return priors.GaussianMixture(4, 3, weights=[0.1, 0.2, 0.3, 0.4])


def image_sampler():
    return of_images(prior=prior(), provenance={"data": "digits", "steps": [1, None]})


def point_sampler():
    return of_points(priors.StudentTMixture(4, 3, **T_MIXTURE), (16, 16))


@pytest.fixture(scope="module", params=[image_sampler, point_sampler])
def sampler(request):
    return request.param()


@pytest.fixture(scope="module")
def whole(sampler):
    return sampler.draw(300, seed=5)


def test_latents_are_the_prior_s(sampler):
    drawn, latent = (draw(100, seed=5, scale=0.5) for draw in (sampler.draw, sampler.prior.sample))
    np.testing.assert_array_equal(drawn["component"], latent.component)
    np.testing.assert_array_equal(drawn["latent"], latent.z)


def test_images_are_the_generator_s(sampler, whole):
    expected = sampler.generator(whole["latent"], training=False)
    np.testing.assert_allclose(whole["images"], expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(sampler(whole["latent"]), expected)


def test_scale_zero_is_the_component_s_one_image(sampler):
    images = sampler.sample(5, seed=3, component=1, scale=0)
    np.testing.assert_array_equal(images, np.repeat(images[:1], 5, axis=0))
    np.testing.assert_array_equal(images[:1], sampler.decode(sampler.prior.loc[1:2]))


def test_given_weights_choose_the_components_that_are_not_given(sampler):
    drawn = sampler.draw(200, seed=3, weights=[0.5, 0, 0.5, 0])
    counts = np.bincount(drawn["component"], minlength=4)
    np.testing.assert_array_equal(counts > 0, [True, False, True, False])
    same = sampler.sample(200, seed=3, component=drawn["component"])
    np.testing.assert_array_equal(drawn["images"], same)

    drawn = sampler.draw(3, component=[1, -1, 3], weights=[0, 0, 1, 0])
    np.testing.assert_array_equal(drawn["component"], [1, 2, 3])
    with pytest.raises(ValueError, match="weights are at least 0 and sum to 1"):
        sampler.sample(3, weights=[0.5, 0.1, 0.1, 0.1])


def test_sampling_follows_the_weights_as_they_change():
    sampler = point_sampler()
    before = sampler.sample(3)
    sampler.generator.set_weights([w + 1 for w in sampler.generator.get_weights()])
    changed = sampler.sample(3)
    assert (changed != before).all()
    np.testing.assert_allclose(changed, sampler(sampler.draw(3)["latent"]), rtol=1e-4)


def test_describe():
    described = json.loads(json.dumps(image_sampler().describe()))
    np.testing.assert_allclose(described.pop("weights"), [0.1, 0.2, 0.3, 0.4], rtol=1e-6)
    due = {"prior": "GaussianMixture", "components": 4, "latent_dim": 3, "classes": None}
    due |= {"image_shape": [8, 8, 1], "provenance": {"data": "digits", "steps": [1, None]}}
    assert described == due


def test_given_weights_leave_each_class_that_is_asked_for_a_component():
    labels = priors.ComponentLabels(2, [0, 1, 1, 0])
    sampler = Sampler(prior(), networks.MLPGenerator(3, 2, widths=()), labels)
    weights = [0, 0.5, 0.5, 0]
    assert set(sampler.draw(50, label=1, weights=weights)["component"]) == {1, 2}
    with pytest.raises(ValueError, match=r"leave something to each class.*nothing for class 0"):
        sampler.sample(2, label=[1, 0], weights=weights)


def test_refuses_a_generator_of_other_latents_and_classes_of_other_components():
    with pytest.raises(ValueError, match="latents of width 3, the generator takes 4"):
        Sampler(prior(), networks.MLPGenerator(4, 2, widths=()))
    labels = priors.ComponentLabels(2, [0, 1, 1])
    with pytest.raises(ValueError, match=r"prior's 4 components. Received: 3 classes"):
        Sampler(prior(), networks.MLPGenerator(3, 2, widths=()), labels)


def test_a_notebook_shows_a_grid_of_the_images_of_seed_0():
    generator = networks.DCGANGenerator(3, (56, 48, 3), width=2, depth=1)
    wide = Sampler(priors.StandardNormal(3), generator)
    narrow = pixel_cnn((50, 2, 1), 0, filters=2, num_levels=256)
    for sampler, number in ((wide, 64), (narrow, 16)):
        shown = np.asarray(Image.open(io.BytesIO(sampler._repr_png_())))
        grid = tfmix.grid(sampler.images(number, seed=0))
        np.testing.assert_array_equal(shown.reshape(grid.shape), grid)
    assert point_sampler()._repr_png_() is None  # shown by its name
