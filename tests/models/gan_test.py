import keras
import numpy as np
import pytest

from tfmix import GAN, DeLiGAN, networks, priors, seeds

POINTS = np.random.default_rng(0).normal(size=[8, 2]).astype(np.float32)
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


def tiny_gan(prior=None, make=GAN, **arguments):
    """Points from a learned mixture, all in dense layers."""
    return make(
        prior or priors.GaussianMixture(3, 2),
        networks.MLPGenerator(2, 2, widths=(6,), seed=1),
        networks.MLPDiscriminator(2, widths=(6,), seed=2),
        **arguments,
    )


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


def test_labels_change_nothing(sgd, assert_equal):
    plain, labelled = (sgd(tiny_gan()) for _ in range(2))
    plain.train_step(POINTS)
    labelled.train_step((POINTS, np.arange(8)))
    assert_equal(plain, labelled)


def test_validation_data(sgd, batches, fit):
    history = fit(sgd(tiny_gan()), batches(POINTS), validation_data=batches(POINTS)).history
    assert {"val_generator_loss", "val_discriminator_loss"} < set(history)


def test_history_is_the_mean_over_batches(sgd, batches, fit):
    gan, twin = (sgd(tiny_gan(), 0.0) for _ in range(2))
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


def test_evaluate_is_deterministic_and_updates_nothing(image_gan, adam, images, batches, weights):
    gan = adam(image_gan(ema_momentum=0.9))
    before = weights(gan)
    first, again = (gan.evaluate(batches(images), verbose=0) for _ in range(2))
    assert first == again
    for weight, expected in zip(weights(gan), before, strict=True):
        np.testing.assert_array_equal(weight, expected)


def test_evaluate_draws_anew_for_each_batch(sgd, batches):
    gan = sgd(tiny_gan())
    once, thrice = (gan.evaluate(batches(POINTS, 8).repeat(n), verbose=0) for n in (1, 3))
    assert once[0] != thrice[0]


def test_loaded_model_goes_on_bit_by_bit(tmp_path, image_gan, adam, images, assert_equal):
    stopped, whole = (adam(image_gan(ema_momentum=0.9, seed=7)) for _ in range(2))
    for gan in (stopped, stopped, whole, whole, whole):
        gan.train_step(images)
    loaded = reload(stopped, tmp_path)
    assert_equal(loaded, stopped)
    assert loaded.step == loaded.generator_optimizer.iterations == 2
    loaded.train_step(images)
    assert_equal(loaded, whole)


def test_loaded_model_keeps_its_arguments(tmp_path):
    gan = tiny_gan(ema_momentum=0.9, seed=-5, name="some")
    gan.compile("adam", keras.optimizers.SGD(0.25), jit_compile=False, steps_per_execution=2)
    loaded = reload(gan, tmp_path)
    assert type(loaded) is GAN
    assert (loaded.name, loaded.seed, loaded.ema_momentum) == ("some", -5, 0.9)
    assert isinstance(loaded.generator_optimizer, keras.optimizers.Adam)
    assert loaded.discriminator_optimizer.learning_rate == 0.25
    assert (loaded.jit_compile, loaded.steps_per_execution) == (False, 2)


def test_model_that_was_not_compiled_is_saved(tmp_path):
    gan = tiny_gan()
    loaded = reload(gan, tmp_path)
    np.testing.assert_array_equal(loaded.sample(4), gan.sample(4))
    assert not loaded.compiled


def test_what_is_not_learned_is_not_trained(sgd):
    prior = priors.GaussianMixture(3, 2, learn_loc=False, learn_scale=False)
    gan = sgd(tiny_gan(prior))
    before = prior.get_weights()
    gan.train_step(POINTS)
    for weight, expected in zip(prior.get_weights(), before, strict=True):
        np.testing.assert_array_equal(weight, expected)


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
    gan, plain = (sgd(tiny_gan(ema_momentum=momentum)) for momentum in (0.9, None))
    assert len(gan.trainable_variables) == len(plain.trainable_variables)
    for each in (gan, plain):
        each.train_step(POINTS)
    for part in ("generator", "prior", "discriminator"):
        pair = (getattr(each, part).trainable_variables for each in (gan, plain))
        for weight, expected in zip(*pair, strict=True):
            np.testing.assert_array_equal(weight, expected)


@pytest.mark.parametrize("ema_momentum", [0.9, None])
def test_samples_with_the_averaged_weights_where_they_are_kept(ema_momentum, adam):
    gan = adam(tiny_gan(ema_momentum=ema_momentum))
    gan.train_step(POINTS)
    np.testing.assert_array_equal(gan.sampler().sample(6, seed=1), gan.sample(6, seed=1))
    z = gan.prior.sample(6, seed=1).z
    same = np.allclose(gan.sample(6, seed=1), gan(z), atol=1e-6)
    assert same == (ema_momentum is None)


def test_sample_passes_its_arguments_on():
    gan = tiny_gan()
    arguments = {"seed": [3, 4, 5], "component": [0, -1, 2], "scale": [0.0, 1.0, 2.0]}
    np.testing.assert_array_equal(gan.sample(3, **arguments), gan.sampler().sample(3, **arguments))
    with pytest.raises(ValueError, match="no classes"):
        gan.sample(3, label=1)


def test_sampler_keeps_provenance():
    assert tiny_gan().sampler({"data": "points"}).describe()["provenance"] == {"data": "points"}


def test_refuses_networks_of_different_images():
    with pytest.raises(ValueError, match=r"images of shape \(3,\).*takes \(2,\)"):
        GAN(
            priors.StandardNormal(2),
            networks.MLPGenerator(2, 3, widths=()),
            networks.MLPDiscriminator(2, widths=()),
        )


def test_refuses_a_prior_of_another_width():
    with pytest.raises(ValueError, match=r"latents of width 5, the generator takes 2"):
        tiny_gan(priors.StandardNormal(5))


@pytest.mark.parametrize("outputs", [{"num_outputs": 3}, {"num_classes": 3}])
def test_refuses_a_discriminator_of_other_outputs(outputs):
    with pytest.raises(ValueError, match="discriminator"):
        GAN(
            priors.StandardNormal(2),
            networks.MLPGenerator(2, 2, widths=()),
            networks.MLPDiscriminator(2, widths=(), **outputs),
        )


@pytest.mark.parametrize("ema_momentum", [0, 1, -0.5, 1.5, float("nan")])
def test_refuses_momentum(ema_momentum):
    with pytest.raises(ValueError, match=f"ema_momentum lies between.*{ema_momentum}"):
        tiny_gan(ema_momentum=ema_momentum)


@pytest.mark.parametrize("seed", [2**31, 1.0, None])
def test_refuses_seed(seed):
    with pytest.raises(ValueError, match="A seed"):
        tiny_gan(seed=seed)


def test_refuses_loss():
    with pytest.raises(ValueError, match=r"loss is one of .*'no'"):
        tiny_gan(loss="no")


def test_refuses_one_optimizer_for_both():
    optimizer = keras.optimizers.Adam()
    with pytest.raises(ValueError, match="an optimizer of its own"):
        tiny_gan().compile(optimizer, optimizer)


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
    gan = tiny_gan(learned_weights(gradient="marginal", learn_weights=True))
    gan.compile(keras.optimizers.SGD(1.0), keras.optimizers.SGD(0.0))
    expected, loss = step_of_weights(gan)
    before = gan.prior.logits.numpy()
    told = gan.train_step(POINTS)["generator_loss"]
    np.testing.assert_allclose(gan.prior.logits - before, expected, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(told, loss, rtol=1e-6)


def test_surrogate_concerns_weights_alone(sgd):
    learned, held = (
        sgd(tiny_gan(learned_weights(gradient="marginal", learn_weights=each)))
        for each in (True, False)
    )
    told = [gan.train_step(POINTS)["generator_loss"] for gan in (learned, held)]
    assert told[0] == told[1]
    assert (learned.prior.logits.numpy() != held.prior.logits.numpy()).all()
    for weight, expected in zip(
        [learned.prior.loc, learned.prior.scale, *learned.generator.weights],
        [held.prior.loc, held.prior.scale, *held.generator.weights],
        strict=True,
    ):
        np.testing.assert_array_equal(weight, expected)


@pytest.mark.parametrize("gradient", ["pathwise", "marginal"])
def test_weights_that_are_not_learned_stay(gradient, sgd):
    gan = sgd(tiny_gan(learned_weights(gradient=gradient)))
    before = gan.prior.logits.numpy()
    gan.train_step(POINTS)
    np.testing.assert_array_equal(gan.prior.logits, before)


def test_full_covariances_are_trained_and_penalised(sgd):
    prior = priors.GaussianMixture(
        3, 2, covariance="full", scale=np.tril(np.full([3, 2, 2], 0.5)), gradient="marginal"
    )
    gan = tiny_gan(prior, make=DeLiGAN)
    # The rows of [[.5, 0], [.5, .5]] are the deviations of dimensions.
    expected = np.mean((1 - np.array([0.5, np.sqrt(0.5)])) ** 2) / 3
    np.testing.assert_allclose(gan.generator_penalty(), expected, rtol=1e-5)
    before = prior.scale.numpy()
    told = sgd(gan).train_step(POINTS)
    np.testing.assert_allclose(told["sigma"], np.mean([0.5, np.sqrt(0.5)]), atol=0.05)
    moved = prior.scale.numpy() != before
    np.testing.assert_array_equal(moved, np.tril(np.ones([3, 2, 2], bool)))
