import keras
import numpy as np
import pytest

from tests.models.tiny import POINTS, points_gan
from tfmix import GAN, priors, seeds

TRACKED = [
    "component_usage",
    "discriminator_accuracy",
    "discriminator_loss",
    "generated_logit",
    "generator_loss",
    "r_t",
    "real_logit",
    "sigma",
]


def reload(gan, tmp_path):
    gan.save(tmp_path / "x.keras")
    return keras.models.load_model(tmp_path / "x.keras")


def test_fits_and_evaluates_images_with_labels(image_gan, adam, images, batches, fit):
    gan, data = adam(image_gan()), (images, np.arange(8))
    history = fit(gan, batches(data), epochs=2).history
    assert sorted(history) == TRACKED
    assert np.isfinite(list(history.values())).all()
    assert gan.step == 4
    values = gan.evaluate(batches(data), verbose=0, return_dict=True)
    assert sorted(values) == TRACKED


def test_validation_data(sgd, batches, fit):
    history = fit(sgd(points_gan()), batches(POINTS), validation_data=batches(POINTS)).history
    assert {"val_generator_loss", "val_discriminator_loss"} < set(history)


def test_history_is_the_mean_over_batches(sgd, batches, fit):
    gan, twin = (sgd(points_gan(), 0.0) for _ in range(2))
    each = [twin.train_on_batch(part, return_dict=True) for part in (POINTS[:4], POINTS[4:])]
    history = fit(gan, batches(POINTS)).history
    for name in ("discriminator_accuracy", "discriminator_loss", "generator_loss", "sigma"):
        (mean,) = history[name]
        np.testing.assert_allclose(mean, (each[0][name] + each[1][name]) / 2, rtol=1e-5)
    assert each[0]["generator_loss"] != each[1]["generator_loss"]


def test_predict_and_call_turn_latents_into_images(image_gan):
    gan = image_gan()
    z = gan.prior.sample(5, seed=0).z
    expected = gan.generator(z, training=False)
    np.testing.assert_array_equal(gan(z), expected)
    np.testing.assert_allclose(gan.predict(z, verbose=0), expected, atol=1e-6)


def test_evaluate_draws_anew_for_each_batch(sgd, batches):
    gan = sgd(points_gan())
    once, thrice = (gan.evaluate(batches(POINTS, 8).repeat(n), verbose=0) for n in (1, 3))
    assert once[0] != thrice[0]


def test_loaded_model_keeps_its_arguments(tmp_path):
    gan = points_gan(ema_momentum=0.9, seed=-5, name="some")
    gan.compile("adam", keras.optimizers.SGD(0.25), jit_compile=False, steps_per_execution=2)
    loaded = reload(gan, tmp_path)
    assert type(loaded) is GAN
    assert (loaded.name, loaded.seed, loaded.ema_momentum) == ("some", -5, 0.9)
    assert isinstance(loaded.generator_optimizer, keras.optimizers.Adam)
    assert loaded.discriminator_optimizer.learning_rate == 0.25
    assert (loaded.jit_compile, loaded.steps_per_execution) == (False, 2)


def test_model_that_was_not_compiled_is_saved(tmp_path):
    gan = points_gan()
    loaded = reload(gan, tmp_path)
    np.testing.assert_array_equal(loaded.sample(4), gan.sample(4))
    assert not loaded.compiled


def test_averaged_weights_follow_the_formula(image_gan, adam, images):
    gan = adam(image_gan(ema_momentum=0.3))
    average = gan.prior.get_weights() + gan.generator.get_weights()
    for step in range(1, 6):
        gan.train_step(images)
        momentum = min(0.3, (1 + step) / (10 + step))
        current = gan.prior.get_weights() + gan.generator.get_weights()
        average = [momentum * a + (1 - momentum) * w for a, w in zip(average, current, strict=True)]
    kept = gan.sampled.prior.get_weights() + gan.sampled.generator.get_weights()
    names = [variable.path for variable in gan.sampled.generator.weights]
    assert any("moving_variance" in name for name in names)
    for weight, expected in zip(kept, average, strict=True):
        np.testing.assert_allclose(weight, expected, rtol=1e-5, atol=1e-6)


def test_averaged_weights_are_not_trained(sgd):
    gan, plain = (sgd(points_gan(ema_momentum=momentum)) for momentum in (0.9, None))
    assert len(gan.trainable_variables) == len(plain.trainable_variables)
    for each in (gan, plain):
        each.train_step(POINTS)
    for part in ("generator", "prior", "discriminator"):
        pair = (getattr(each, part).trainable_variables for each in (gan, plain))
        for weight, expected in zip(*pair, strict=True):
            np.testing.assert_array_equal(weight, expected)


@pytest.mark.parametrize("ema_momentum", [0.9, None])
def test_samples_with_the_averaged_weights_where_they_are_kept(ema_momentum, adam):
    gan = adam(points_gan(ema_momentum=ema_momentum))
    gan.train_step(POINTS)
    np.testing.assert_array_equal(gan.sampler().sample(6, seed=1), gan.sample(6, seed=1))
    z = gan.prior.sample(6, seed=1).z
    same = np.allclose(gan.sample(6, seed=1), gan(z), atol=1e-6)
    assert same == (ema_momentum is None)


def test_sample_passes_its_arguments_on():
    gan = points_gan()
    arguments = {"seed": [3, 4, 5], "component": [0, -1, 2], "scale": [0.0, 1.0, 2.0]}
    np.testing.assert_array_equal(gan.sample(3, **arguments), gan.sampler().sample(3, **arguments))
    with pytest.raises(ValueError, match="no classes"):
        gan.sample(3, label=1)


def test_sampler_keeps_provenance():
    assert points_gan().sampler({"data": "points"}).describe()["provenance"] == {"data": "points"}


def learned_weights(**arguments):
    return priors.GaussianMixture(3, 2, scale=0.8, weights=[0.2, 0.3, 0.5], **arguments)


def step_of_weights(gan):
    """The step that logits take at rate 1, by hand, and the generator's loss; of fresh networks."""
    seed = seeds.fold_in(seeds.step_seed(gan.seed, 0), 0)
    z = gan.prior.draw(len(POINTS), seed).z
    losses = np.logaddexp(0, -gan.discriminator(gan(z)).numpy()[:, 0])
    baseline = (losses.sum() - losses) / (len(losses) - 1)
    away = gan.prior.posterior(z).numpy() - gan.prior.mixture_weights.numpy()
    return -np.mean((losses - baseline)[:, None] * away, axis=0), losses.mean()


def test_step_moves_weights_along_the_surrogate():
    gan = points_gan("GAN", learned_weights(gradient="marginal", learn_weights=True))
    gan.compile(keras.optimizers.SGD(1.0), keras.optimizers.SGD(0.0))
    expected, loss = step_of_weights(gan)
    before = gan.prior.logits.numpy()
    logs = gan.train_step(POINTS)["generator_loss"]
    np.testing.assert_allclose(gan.prior.logits - before, expected, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(logs, loss, rtol=1e-6)


def test_surrogate_concerns_weights_alone(sgd):
    learned, held = (
        sgd(points_gan("GAN", learned_weights(gradient="marginal", learn_weights=each)))
        for each in (True, False)
    )
    logs = [gan.train_step(POINTS)["generator_loss"] for gan in (learned, held)]
    assert logs[0] == logs[1]
    assert (learned.prior.logits.numpy() != held.prior.logits.numpy()).all()
    for weight, expected in zip(
        [learned.prior.loc, learned.prior.scale, *learned.generator.weights],
        [held.prior.loc, held.prior.scale, *held.generator.weights],
        strict=True,
    ):
        np.testing.assert_array_equal(weight, expected)


@pytest.mark.parametrize("gradient", ["pathwise", "marginal"])
def test_weights_that_are_not_learned_stay(gradient, sgd):
    gan = sgd(points_gan("GAN", learned_weights(gradient=gradient)))
    before = gan.prior.logits.numpy()
    gan.train_step(POINTS)
    np.testing.assert_array_equal(gan.prior.logits, before)


def test_full_covariances_are_trained_and_penalised(sgd):
    prior = priors.GaussianMixture(
        3, 2, covariance="full", scale=np.tril(np.full([3, 2, 2], 0.5)), gradient="marginal"
    )
    gan = points_gan("DeLiGAN", prior)
    # The rows of [[.5, 0], [.5, .5]] are the deviations of dimensions.
    expected = np.mean((1 - np.array([0.5, np.sqrt(0.5)])) ** 2) / 3
    np.testing.assert_allclose(gan.generator_penalty(), expected, rtol=1e-5)
    before = prior.scale.numpy()
    logs = sgd(gan).train_step(POINTS)
    np.testing.assert_allclose(logs["sigma"], np.mean([0.5, np.sqrt(0.5)]), atol=0.05)
    moved = prior.scale.numpy() != before
    np.testing.assert_array_equal(moved, np.tril(np.ones([3, 2, 2], bool)))
