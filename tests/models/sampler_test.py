import json

import keras
import numpy as np
import pytest

from tfmix import Sampler, data, networks, priors, seeds


def prior():
    return priors.GaussianMixture(4, 3, weights=[0.1, 0.2, 0.3, 0.4])


def image_sampler():
    generator = networks.DCGANGenerator(3, (8, 8, 1), width=3)
    rng = np.random.default_rng(0)
    generator.set_weights([rng.uniform(0.1, 0.5, w.shape) for w in generator.get_weights()])
    return Sampler(prior(), generator, provenance={"data": "digits", "steps": [1, None]})


def point_sampler():
    return Sampler(
        priors.StudentTMixture(4, 3, df=[2.0, 2.5, 4.0, 40.0]),
        networks.MLPGenerator(3, 2, widths=(16, 16)),
    )


@pytest.fixture(scope="module", params=[image_sampler, point_sampler])
def sampler(request):
    return request.param()


@pytest.fixture(scope="module")
def whole(sampler):
    return sampler.draw(300, seed=5)


def assert_rows(drawn, expected, rows):
    assert sorted(drawn) == sorted(expected) == ["component", "images", "latent"]
    for name, value in drawn.items():
        np.testing.assert_array_equal(value, expected[name][rows])


def test_shapes_and_types(sampler, whole):
    shape = tuple(sampler.describe()["image_shape"])
    described = {name: (value.dtype, value.shape) for name, value in whole.items()}
    assert described == {
        "images": (np.float32, (300, *shape)),
        "component": (np.int32, (300,)),
        "latent": (np.float32, (300, 3)),
    }
    assert np.unique(whole["images"]).size > 300


@pytest.mark.parametrize("size", [0, 1, 2, 7, 16, 17, 64, 256, 257])
def test_row_does_not_depend_on_its_batch(sampler, whole, size):
    assert_rows(sampler.draw(size, seed=5), whole, slice(size))


def test_row_does_not_depend_on_its_place(sampler, whole):
    order = np.random.default_rng(0).permutation(300)
    assert_rows(sampler.draw(300, seed=seeds.row_seeds(5, 300).numpy()[order]), whole, order)


def test_row_alone_is_the_image_of_its_seed(sampler, whole):
    seed = int(seeds.row_seeds(5, 300)[299])
    assert_rows(sampler.draw(1, seed=seed), whole, slice(299, 300))


def test_latents_are_the_prior_s(sampler):
    drawn, latent = (draw(100, seed=5, scale=0.5) for draw in (sampler.draw, sampler.prior.sample))
    np.testing.assert_array_equal(drawn["component"], latent.component)
    np.testing.assert_array_equal(drawn["latent"], latent.z)


def test_images_are_the_generator_s(sampler, whole):
    expected = sampler.generator(whole["latent"], training=False)
    np.testing.assert_allclose(whole["images"], expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(sampler(whole["latent"]), expected)


def test_decode_gives_exactly_the_images_of_sample(sampler, whole):
    np.testing.assert_array_equal(sampler.decode(whole["latent"]), whole["images"])
    np.testing.assert_array_equal(sampler.decode(whole["latent"][7:10]), whole["images"][7:10])
    assert len(sampler.decode(whole["latent"][:0])) == 0


def test_sample_and_images_are_of_the_draw():
    sampler = image_sampler()
    arguments = {"seed": 5, "component": [0, -1, 3], "scale": [0.0, 1.0, 2.0]}
    drawn = sampler.draw(3, **arguments)["images"]
    np.testing.assert_array_equal(sampler.sample(3, **arguments), drawn)
    pictures = sampler.images(3, **arguments)
    assert pictures.dtype == np.uint8
    np.testing.assert_allclose(data.from_uint8(pictures), drawn, atol=1.01 / 255)


def test_scale_zero_is_the_component_s_one_image(sampler):
    images = sampler.sample(5, seed=3, component=1, scale=0)
    np.testing.assert_array_equal(images, np.repeat(images[:1], 5, axis=0))
    np.testing.assert_array_equal(images[:1], sampler.decode(sampler.prior.loc[1:2]))


def test_given_weights_choose_the_components(sampler):
    drawn = sampler.draw(200, seed=3, weights=[0.5, 0, 0.5, 0])
    counts = np.bincount(drawn["component"], minlength=4)
    np.testing.assert_array_equal(counts > 0, [True, False, True, False])
    same = sampler.sample(200, seed=3, component=drawn["component"])
    np.testing.assert_array_equal(drawn["images"], same)


def test_given_weights_leave_given_components_alone(sampler):
    drawn = sampler.draw(3, component=[1, -1, 3], weights=[0, 0, 1, 0])
    np.testing.assert_array_equal(drawn["component"], [1, 2, 3])


def test_refuses_weights_that_are_no_distribution(sampler):
    with pytest.raises(ValueError, match="weights are at least 0 and sum to 1"):
        sampler.sample(3, weights=[0.5, 0.1, 0.1, 0.1])


def test_sampling_follows_the_weights_as_they_change():
    sampler = point_sampler()
    before = sampler.sample(3)
    sampler.generator.set_weights([w + 1 for w in sampler.generator.get_weights()])
    changed = sampler.sample(3)
    assert (changed != before).all()
    np.testing.assert_allclose(changed, sampler(sampler.draw(3)["latent"]), rtol=1e-4)


@pytest.mark.parametrize("size", [1, 64])
def test_loaded_sampler_draws_the_same_bits(sampler, whole, size, tmp_path):
    sampler.save(tmp_path / "x.keras")
    loaded = keras.models.load_model(tmp_path / "x.keras")
    assert type(loaded) is Sampler
    assert loaded.describe() == sampler.describe()
    assert_rows(loaded.draw(size, seed=5), whole, slice(size))


def test_describe():
    described = json.loads(json.dumps(image_sampler().describe()))
    np.testing.assert_allclose(described.pop("weights"), [0.1, 0.2, 0.3, 0.4], rtol=1e-6)
    assert described == {
        "prior": "GaussianMixture",
        "components": 4,
        "latent_dim": 3,
        "image_shape": [8, 8, 1],
        "classes": None,
        "provenance": {"data": "digits", "steps": [1, None]},
    }


def test_refuses_a_generator_of_other_latents():
    with pytest.raises(ValueError, match="latents of width 3, the generator takes 4"):
        Sampler(prior(), networks.MLPGenerator(4, 2, widths=()))


def test_a_label_of_minus_1_asks_for_none(sampler):
    np.testing.assert_array_equal(sampler.sample(2, label=-1), sampler.sample(2))


@pytest.mark.parametrize("label", [0, [1, -1]])
def test_refuses_labels(sampler, label):
    for method in (sampler.draw, sampler.sample, sampler.images):
        with pytest.raises(ValueError, match="knows no classes; leave label out"):
            method(2, label=label)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"component": 4}, r"component lies in \[0, 4\)"),
        ({"component": [0, 1, 2]}, r"shape \(2,\) here. Received: shape \(3,\)"),
        ({"scale": -1.0}, "scale is finite and at least 0"),
        ({"scale": [1.0]}, r"shape \(2,\) here. Received: shape \(1,\)"),
        ({"seed": 2**31}, "A seed lies in"),
        ({"seed": [1, 2, 3]}, r"shape \(2,\) here. Received: shape \(3,\)"),
        ({"num_samples": -1}, "num_samples is at least 0"),
    ],
)
def test_refuses(sampler, arguments, message):
    with pytest.raises(ValueError, match=message):
        sampler.draw(**({"num_samples": 2} | arguments))


@pytest.mark.parametrize("shape", [(3,), (2, 4), (2, 3, 1)])
def test_decode_refuses_latents_of_another_width(sampler, shape):
    with pytest.raises(ValueError, match=r"latent is \[N, 3\]\. Received: shape"):
        sampler.decode(np.zeros(shape))
