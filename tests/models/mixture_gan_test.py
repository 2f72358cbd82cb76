"""The losses that tie images to components, by hand."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.models.tiny import points_gan
from tfmix import GMGAN, augment, networks, priors
from tfmix.priors import Draw

WEIGHTS = {"component_weight": 0.5, "noise_weight": 2.0}
RNG = np.random.default_rng(0)


def image_gan(**arguments):
    weights = {"component_weight": 1.0, "noise_weight": 1.0, "invariance_weight": 1.0, **arguments}
    heads = {"component_logits": 3, "noise": 2} if weights["noise_weight"] else None
    heads = heads or {"component_logits": 3}
    return GMGAN(
        priors.GaussianMixture(3, 2, learn_weights=True, gradient="marginal"),
        networks.DCGANGenerator(2, (8, 8, 1), width=2, depth=1, seed=1),
        networks.DCGANDiscriminator((8, 8, 1), width=2, depth=1, heads=heads, seed=2),
        **weights,
    )


@pytest.mark.parametrize("packing", [1, 2])
def test_latent_losses_are_those_by_hand(packing):
    gan = points_gan("DeLiGAN", packing=packing, **WEIGHTS)
    component = np.int32([0, 2, 1, 1])
    eps = RNG.normal(size=[4, 2]).astype(np.float32)
    loc, scale = gan.prior.loc.numpy(), gan.prior.scale.numpy()
    draw = Draw(tf.constant(loc[component] + scale[component] * eps), tf.constant(component))
    logits, noise = RNG.normal(size=[4, 3]).astype(np.float32), 0.5 * eps
    outputs = {"logit": tf.zeros([4 // packing, 1]), "component_logits": logits, "noise": noise}
    of_component = np.logaddexp.reduce(logits, axis=1) - logits[range(4), component]
    each = 0.5 * of_component + 2.0 * np.mean((0.5 * eps) ** 2, axis=1)
    expected = each.reshape(-1, packing).mean(axis=1)
    for of_generator in (True, False):
        found = gan.latent_losses(outputs, draw, of_generator=of_generator)
        np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_with_the_loss_on_real_images_the_generator_alone_pays_for_components_after_a_delay():
    gan = image_gan(noise_weight=0.0, component_delay=2)
    draw = Draw(tf.zeros([4, 2]), tf.zeros([4], tf.int32))
    outputs = {"logit": tf.zeros([4, 1]), "component_logits": tf.zeros([4, 3])}
    for step, due in ((0, 0.0), (1, 0.0), (2, np.log(3))):
        gan.step.assign(step)
        found = [gan.latent_losses(outputs, draw, of_generator=each) for each in (True, False)]
        np.testing.assert_allclose(found, [[due] * 4, [0.0] * 4], rtol=1e-6)


def test_both_networks_pay_and_a_weight_of_zero_has_no_head(sgd):
    """A step with the heads moves both networks beyond what the game alone does."""
    plain = points_gan("GMGAN")
    assert plain.discriminator_outputs(None, prior=plain.prior) == {"logit": 1}
    assert plain.clusterer() is None
    points = tf.constant(RNG.normal(size=[8, 2]).astype(np.float32))
    after = []
    for weight in (1e-9, 1.0):
        gan = sgd(points_gan("GMGAN", component_weight=weight, noise_weight=weight))
        gan.train_step(points)
        after.append([each.get_weights()[0] for each in (gan.generator, gan.discriminator)])
    for free, tied in zip(*after, strict=True):
        assert abs(free - tied).max() > 1e-4


def test_real_images_pay_for_what_moves_and_for_a_marginal_other_than_the_weights(monkeypatch):
    gan = image_gan()
    gan.prior.set_weights([np.log([0.5, 0.25, 0.25]), *gan.prior.get_weights()[1:]])
    logits = tf.constant(RNG.normal(size=[4, 3]).astype(np.float32))
    moved = tf.constant(RNG.normal(size=[4, 3]).astype(np.float32))
    images = tf.constant(RNG.uniform(-1, 1, [4, 8, 8, 1]).astype(np.float32))
    seed = tf.constant([1, 2])
    shown = []
    monkeypatch.setattr(
        gan.critic,
        "outputs",
        lambda images, *rest, **more: shown.append(images) or {"component_logits": moved},
    )
    found = gan.real_penalty(images, {"component_logits": logits}, seed)
    np.testing.assert_array_equal(shown[0], augment.affine(images, seed))
    p, q = tf.nn.softmax(logits).numpy(), tf.nn.softmax(moved).numpy()
    average = np.concatenate([p, q]).mean(axis=0)
    marginal = 0.75 / 3 + 0.25 * average  # moved from equal shares
    np.testing.assert_allclose(gan.marginal, marginal, rtol=1e-5)
    divergence = np.sum(average * np.log(marginal / [0.5, 0.25, 0.25]))  # its slope at that
    entropy = -np.sum(p * np.log(p), axis=1).mean()
    expected = -np.sum(p * np.log(q), axis=1).mean() + 0.1 * entropy + 2.0 * divergence
    np.testing.assert_allclose(found, 2 * expected, rtol=1e-5)  # in every second step
    gan.step.assign(1)
    assert gan.real_penalty(images, {"component_logits": logits}, seed) == 0
    np.testing.assert_allclose(gan.marginal, marginal, rtol=1e-5)


def test_a_component_that_all_images_have_left_gives_a_finite_loss(monkeypatch):
    gan = image_gan()
    gan.marginal.assign([0.0, 0.5, 0.5])
    images = tf.zeros([4, 8, 8, 1])
    logits = tf.tile([[-1e4, 0.0, 0.0]], [4, 1])
    outputs = {"component_logits": logits}
    monkeypatch.setattr(gan.critic, "outputs", lambda *given, **more: outputs)
    found = gan.real_penalty(images, outputs, tf.constant([1, 2]))
    assert np.isfinite(found)


def test_augmented_images_are_compared_with_images_as_they_are(monkeypatch):
    gan, shown = image_gan(augment="translation"), []
    whole = gan.critic.outputs
    monkeypatch.setattr(
        gan.critic, "outputs", lambda x, *rest, **more: shown.append(x) or whole(x, *rest, **more)
    )
    images = tf.constant(RNG.uniform(-1, 1, [4, 8, 8, 1]).astype(np.float32))
    seed = tf.constant([1, 2])
    gan.real_penalty(images, {"component_logits": tf.zeros([4, 3])}, seed)
    np.testing.assert_array_equal(shown[0], images)
    assert (shown[1] != augment.affine(images, seed)).numpy().any()


def test_a_clusterer_gives_the_head_s_probabilities():
    gan = image_gan()
    images = RNG.uniform(-1, 1, [5, 8, 8, 1]).astype(np.float32)
    logits = gan.discriminator(images)["component_logits"]
    found = gan.clusterer()(images)
    np.testing.assert_allclose(found, tf.nn.softmax(logits), rtol=1e-6)


def test_no_clusterer_sorts_images_by_the_others_of_a_batch():
    head = {"heads": {"component_logits": 3}, "minibatch_kernels": 2, "seed": 2}
    discriminator = networks.DCGANDiscriminator((8, 8, 1), width=2, depth=1, **head)
    generator = networks.DCGANGenerator(2, (8, 8, 1), width=2, depth=1, seed=1)
    prior = priors.GaussianMixture(3, 2)
    assert GMGAN(prior, generator, discriminator, component_weight=1.0).clusterer() is None


def test_a_head_learns_which_component_draws_what():
    gan = points_gan("GMGAN", component_weight=1.0, loss="non_saturating", r1_penalty=None)
    gan.compile(*(keras.optimizers.Adam(5e-3, beta_1=0.0) for _ in range(2)))
    centers = 3.0 * np.array([[0, 1], [0.9, -0.5], [-0.9, -0.5]], np.float32)
    points = np.repeat(centers, 20, axis=0) + RNG.normal(0, 0.1, [60, 2]).astype(np.float32)
    data = tf.data.Dataset.from_tensors(points).repeat(300)
    logs = gan.fit(data, verbose=0, shuffle=False).history
    assert logs["component_accuracy"][-1] > 0.8
    clusters = gan.clusterer()(points).numpy().argmax(axis=1)
    assert (clusters.reshape(3, 20) == clusters[::20, None]).mean() > 0.9


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"component_weight": -1.0}, "component_weight is at least 0"),
        ({"noise_weight": float("nan")}, "noise_weight is at least 0"),
        ({"component_delay": -1}, "component_delay is a number of steps, at least 0.*-1"),
        ({"invariance_weight": 1.0}, "set component_weight as well"),
        ({"component_weight": 1.0, "invariance_weight": 1.0}, r"for images.*\(2,\)"),
    ],
)
def test_refuses(arguments, message):
    with pytest.raises(ValueError, match=message):
        points_gan("GMGAN", **arguments)


def test_affine_keeps_what_is_shown_and_its_place_on_average():
    images = np.full([64, 16, 16, 2], -1, np.float32)
    images[:, 4:12, 6:10, 0] = 1.0
    seed = tf.constant([3, 4])
    moved = augment.affine(tf.constant(images), seed).numpy()
    np.testing.assert_allclose(moved[..., 1], -1, rtol=1e-5)
    assert abs(moved[..., 0] - images[..., 0]).max() > 1
    np.testing.assert_allclose(moved[..., 0].sum(axis=(1, 2)), -16 * 16 + 2 * 8 * 4, atol=50)
    np.testing.assert_allclose(moved.mean(axis=0).sum(), images.mean(axis=0).sum(), atol=8)
    np.testing.assert_array_equal(augment.affine(tf.constant(images), seed), moved)
    assert (augment.affine(tf.constant(images), seed + 1) != moved).numpy().any()
    spec = [tf.TensorSpec([None, 16, 16, 2]), tf.TensorSpec([2], tf.int32)]  # a batch of any size
    np.testing.assert_allclose(tf.function(augment.affine, spec)(images, seed), moved, atol=1e-5)
