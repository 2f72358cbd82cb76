import numpy as np
import pytest
import tensorflow as tf

import tfmix
from tests import samplers
from tfmix.serving.signatures import signatures_of


def test_signatures_are_named_and_typed(signatures):
    rows = {
        "serving_default": ({"seed": tf.int32}, {"images", "component"}),
        "sample": (
            {"seed": tf.int32, "component": tf.int32, "scale": tf.float32},
            {"images", "component", "latent"},
        ),
        "decode": ({"latent": tf.float32}, {"images"}),
        "posterior": ({"latent": tf.float32}, {"probabilities"}),
    }
    rows["sample_png"] = (rows["sample"][0], {"png_bytes"})
    assert set(signatures) == set(rows)
    for name, (inputs, outputs) in rows.items():
        specs = signatures[name].structured_input_signature[1]
        assert {key: spec.dtype for key, spec in specs.items()} == inputs
        assert set(signatures[name].structured_outputs) == outputs


def test_posterior_is_the_prior_s(sampler, signatures):
    drawn = sampler.draw(40, seed=2, scale=2.0)
    found = signatures["posterior"](latent=tf.constant(drawn["latent"]))["probabilities"]
    np.testing.assert_allclose(found, sampler.prior.posterior(drawn["latent"]), atol=1e-6)
    assert np.mean(np.argmax(found, axis=1) == drawn["component"]) > 0.5
    assert signatures["posterior"](latent=tf.zeros([0, 6]))["probabilities"].shape == (0, 4)


def test_posterior_looks_at_the_prior_s_part_of_a_latent():
    sampler = samplers.of_images(tfmix.priors.OneHotLabels(5))
    latent = sampler.draw(6, seed=0)["latent"]
    found = signatures_of(sampler)["posterior"](tf.constant(latent))["probabilities"]
    np.testing.assert_allclose(found, sampler.prior.posterior(latent[:, :3]), atol=1e-6)


def test_points_have_no_png(points):
    assert "sample_png" not in signatures_of(points)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        *(({"component": [value, 0]}, "component in") for value in (4, -2)),
        *(({"scale": [value, 1]}, "finite scale") for value in (np.nan, np.inf, -0.5)),
        ({"scale": [1.0]}, "of one length"),
        ({"seed": [1, 2, 3]}, "of one length"),
    ],
)
def test_bad_inputs_are_invalid_arguments_that_name_the_value(signatures, change, said):
    inputs = {"seed": [1, 2], "component": [0, 1], "scale": [1.0, 1.0], **change}
    dtypes = {"seed": tf.int32, "component": tf.int32, "scale": tf.float32}
    with pytest.raises(tf.errors.InvalidArgumentError, match=said):
        signatures["sample"](**{k: tf.constant(v, dtypes[k]) for k, v in inputs.items()})


def test_the_bad_value_of_a_late_row_is_named(signatures):
    good = {"seed": tf.range(10), "component": tf.zeros([10], tf.int32), "scale": tf.ones([10])}
    for name, value in (("component", 50), ("scale", np.nan)):
        late = tf.constant([*good[name].numpy()[:9], value], good[name].dtype)
        with pytest.raises(tf.errors.InvalidArgumentError, match=rf"Received:\] \[{value}\]"):
            signatures["sample_png"](**{**good, name: late})


def test_no_image_is_made_of_what_float32_cannot_compute():
    generator = tfmix.networks.DCGANGenerator(6, (8, 8, 1), width=8, depth=1)
    generator.set_weights([10 * weight for weight in generator.get_weights()])
    functions = signatures_of(tfmix.Sampler(tfmix.priors.StandardNormal(6), generator))
    inputs = {"seed": tf.range(2), "component": tf.zeros([2], tf.int32)}
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"finite. Received:\] \[3e\+38\]"):
        functions["sample"]({**inputs, "scale": tf.constant([1.0, 3e38])})
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"of each. Received:\] \[3e\+38\]"):
        functions["decode"](tf.fill([1, 6], 3e38))


def test_too_many_rows_and_wrong_latents_are_refused(signatures):
    with pytest.raises(tf.errors.InvalidArgumentError, match="at most 4096 rows"):
        signatures["serving_default"](seed=tf.zeros([4097], tf.int32))
    for name in ("decode", "posterior"):
        with pytest.raises(tf.errors.InvalidArgumentError, match="width 6"):
            signatures[name](latent=tf.zeros([2, 5]))
        with pytest.raises(tf.errors.InvalidArgumentError, match="finite latents"):
            signatures[name](latent=tf.fill([2, 6], np.nan))


# === Clusters ===


def test_cluster_gives_the_clusterer_s_probabilities(sampler, clusterer, clustering):
    images = sampler.sample(7, seed=3)
    found = clustering.cluster(images)
    np.testing.assert_allclose(found, clusterer.predict(images, verbose=0), atol=1e-5)
    np.testing.assert_array_equal(clustering.cluster(images[[4]]), found[[4]])
    np.testing.assert_array_equal(clustering.cluster(images[::-1]), found[::-1])
    assert clustering.cluster(images[:0]).shape == (0, 4)


def test_cluster_takes_images_in_0_to_1(clustering):
    signature = tf.saved_model.load(str(clustering.path)).signatures["cluster"]
    for value in (-0.1, 1.1, np.nan):
        images = np.full([2, 8, 8, 1], 0.5, np.float32)
        images[1, 2, 3] = value
        with pytest.raises(tf.errors.InvalidArgumentError, match=r"images in \[0, 1\]"):
            signature(images=tf.constant(images))
        with pytest.raises(ValueError, match=r"Wanted images in \[0, 1\]"):
            clustering.cluster(2 * images - 1)
