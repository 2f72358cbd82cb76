"""Run as a program, this file takes a step on two replicas, which one process of pytest cannot."""

import os
import pathlib
import subprocess
import sys
import tempfile

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfmix import GAN, networks, priors, seeds

POINTS = np.random.default_rng(0).normal(size=[8, 2]).astype(np.float32)


def tiny_gan(prior=None, **arguments):
    """Points from a learned mixture, all in dense layers."""
    return GAN(
        prior or priors.GaussianMixture(3, 2),
        networks.MLPGenerator(2, 2, widths=(6,), seed=1),
        networks.MLPDiscriminator(2, widths=(6,), seed=2),
        **arguments,
    )


def image_gan(dtype=None, **arguments):
    """Images from a learned mixture, with batch statistics on both sides."""
    return GAN(
        priors.GaussianMixture(3, 2, assignment="stratified"),
        networks.DCGANGenerator(2, (8, 8, 1), width=2, seed=1, dtype=dtype),
        networks.DCGANDiscriminator((8, 8, 1), width=2, seed=2, dtype=dtype),
        **arguments,
    )


def images(number=8):
    return np.random.default_rng(0).uniform(-1, 1, [number, 8, 8, 1]).astype(np.float32)


def batches(data, batch_size=4):
    return tf.data.Dataset.from_tensor_slices(data).batch(batch_size)


def adam(gan, rate=1e-2, **arguments):
    optimizers = {
        "generator_optimizer": keras.optimizers.Adam(rate),
        "discriminator_optimizer": keras.optimizers.Adam(2 * rate),
    }
    gan.compile(**optimizers, **arguments)
    return gan


def sgd(gan, rate=0.1, **arguments):
    optimizers = {
        "generator_optimizer": keras.optimizers.SGD(rate),
        "discriminator_optimizer": keras.optimizers.SGD(rate),
    }
    gan.compile(**optimizers, **arguments)
    return gan


def fit(gan, data, **arguments):
    return gan.fit(data, verbose=0, shuffle=False, **arguments)


def weights(gan):
    """Every weight that an update concerns, the optimizers' and the averages included."""
    optimizers = gan.generator_optimizer.variables + gan.discriminator_optimizer.variables
    return [keras.ops.convert_to_numpy(v) for v in gan.weights + optimizers]


def assert_equal(gan, other):
    for weight, expected in zip(weights(gan), weights(other), strict=True):
        np.testing.assert_array_equal(weight, expected)


def reload(gan, tmp_path):
    gan.save(tmp_path / "x.keras")
    return keras.models.load_model(tmp_path / "x.keras")


def dense(x, layers, slope):
    for kernel, bias in layers[:-1]:
        x = tf.nn.leaky_relu(x @ kernel + bias, slope)
    kernel, bias = layers[-1]
    return x @ kernel + bias


def cross_entropy(label, logits):
    labels = tf.fill(tf.shape(logits), float(label))
    return tf.nn.sigmoid_cross_entropy_with_logits(labels, logits)


def pairs(values):
    return list(zip(values[::2], values[1::2], strict=True))


def steps_by_hand(gan, parts, num_steps=1, make_optimizer=None):
    """Weights of `tiny_gan` after training steps of which every replica computes a part.

    Returns the generator's weights, the prior's locations and raw scales, the discriminator's
    weights.
    """
    loc, raw_scale = gan.prior.trainable_variables
    generator = [tf.Variable(v) for v in (*gan.generator.trainable_variables, loc, raw_scale)]
    discriminator = [tf.Variable(v) for v in gan.discriminator.trainable_variables]
    optimizers = make_optimizer(), make_optimizer()

    def update(optimizer, losses, tape, variables):
        gradients = tape.gradient(losses, variables)  # of their sum
        optimizer.apply([tf.convert_to_tensor(g) / len(parts) for g in gradients], variables)

    def latents(step, replica, rows):
        seed = seeds.fold_in(seeds.step_seed(gan.seed, step, replica), 0)
        component = gan.prior.draw(rows, seed).component  # from the weights alone, which are fixed
        uniform = seeds.uniform([rows, 2], seeds.fold_in(seed, 1))
        scale = 1e-4 + tf.math.softplus(generator[-1])
        return tf.gather(generator[-2], component) + tf.gather(scale, component) * (
            tf.math.ndtri(uniform)
        )

    for step in range(num_steps):
        with tf.GradientTape() as tape:
            losses = []
            for replica, real in enumerate(parts):
                z = latents(step, replica, len(real))
                fake = tf.stop_gradient(dense(z, pairs(generator[:-2]), 0.0))
                logits = [dense(x, pairs(discriminator), 0.2) for x in (real, fake)]
                losses.append(
                    tf.reduce_mean(cross_entropy(1, logits[0]) + cross_entropy(0, logits[1]))
                )
        update(optimizers[1], losses, tape, discriminator)
        with tf.GradientTape() as tape:
            losses = []
            for replica, real in enumerate(parts):
                fake = dense(latents(step, replica, len(real)), pairs(generator[:-2]), 0.0)
                logits = dense(fake, pairs(discriminator), 0.2)
                losses.append(tf.reduce_mean(cross_entropy(1, logits)))
        update(optimizers[0], losses, tape, generator)
    return [variable.numpy() for variable in generator + discriminator]


def trained(gan):
    parts = (gan.generator, gan.prior, gan.discriminator)
    return [v.numpy() for part in parts for v in part.trainable_variables]


@pytest.mark.parametrize(
    "make_optimizer",
    [
        lambda: keras.optimizers.SGD(0.5),
        lambda: keras.optimizers.Adam(0.01, epsilon=1e-3),
        lambda: keras.optimizers.RMSprop(0.01, epsilon=1e-3),
    ],
    ids=["SGD", "Adam", "RMSprop"],
)
def test_steps_are_those_by_hand(make_optimizer):
    gan = tiny_gan(seed=-3)
    start = trained(gan)
    expected = steps_by_hand(gan, [POINTS], 3, make_optimizer)
    gan.compile(make_optimizer(), make_optimizer())
    fit(gan, tf.data.Dataset.from_tensors(POINTS), epochs=3)
    for weight, by_hand, before in zip(trained(gan), expected, start, strict=True):
        np.testing.assert_allclose(weight, by_hand, atol=2e-5)
        assert (weight != before).any()


def two_replicas():
    """A step on two replicas is that by hand, the gradients averaged, each with its own noise."""
    (cpu,) = tf.config.list_physical_devices("CPU")
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    with strategy.scope():
        gan = sgd(tiny_gan(ema_momentum=0.9), rate=0.5)
    expected = steps_by_hand(gan, [POINTS[:4], POINTS[4:]], 1, lambda: keras.optimizers.SGD(0.5))
    fit(gan, batches(POINTS, 8))
    for weight, by_hand in zip(trained(gan), expected, strict=True):
        np.testing.assert_allclose(weight, by_hand, atol=2e-6)
    assert gan.step.numpy() == 1
    averaged = gan.sampled.generator.weights[0].numpy()
    start = tiny_gan().generator.weights[0].numpy()
    np.testing.assert_allclose(averaged, (2 * start + 9 * expected[0]) / 11, atol=2e-6)
    assert np.isfinite(gan.evaluate(batches(POINTS, 8), verbose=0)).all()
    with tempfile.TemporaryDirectory() as folder:
        loaded = reload(gan, pathlib.Path(folder))
    np.testing.assert_array_equal(loaded.sample(4), gan.sample(4))
    for weight, expected in zip(trained(loaded), trained(gan), strict=True):
        np.testing.assert_array_equal(weight, expected)


def test_two_replicas_average_gradients_of_noise_of_their_own():
    done = subprocess.run(
        [sys.executable, __file__],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "TF_CPP_MIN_LOG_LEVEL": "3"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_fits_and_evaluates_images_with_labels():
    gan, data = adam(image_gan()), (images(), np.arange(8))
    history = fit(gan, batches(data), epochs=2).history
    assert sorted(history) == ["discriminator_loss", "generator_loss"]
    assert np.isfinite(list(history.values())).all()
    assert gan.step == 4
    values = gan.evaluate(batches(data), verbose=0, return_dict=True)
    assert sorted(values) == ["discriminator_loss", "generator_loss"]


def test_labels_change_nothing():
    plain, labelled = (sgd(tiny_gan()) for _ in range(2))
    plain.train_step(POINTS)
    labelled.train_step((POINTS, np.arange(8)))
    assert_equal(plain, labelled)


def test_validation_data():
    history = fit(sgd(tiny_gan()), batches(POINTS), validation_data=batches(POINTS)).history
    assert {"val_generator_loss", "val_discriminator_loss"} < set(history)


def test_history_is_the_mean_over_batches():
    gan, twin = (sgd(tiny_gan(), 0.0) for _ in range(2))
    each = [twin.train_on_batch(part, return_dict=True) for part in (POINTS[:4], POINTS[4:])]
    history = fit(gan, batches(POINTS)).history
    for name, (mean,) in history.items():
        np.testing.assert_allclose(mean, (each[0][name] + each[1][name]) / 2, rtol=1e-5)
        assert each[0][name] != each[1][name]


def test_predict_and_call_turn_latents_into_images():
    gan = image_gan()
    z = gan.prior.sample(5, seed=0).z
    expected = gan.generator(z, training=False)
    np.testing.assert_array_equal(gan(z), expected)
    np.testing.assert_allclose(gan.predict(z, verbose=0), expected, atol=1e-6)


def test_evaluate_is_deterministic_and_updates_nothing():
    gan = adam(image_gan(ema_momentum=0.9))
    before = weights(gan)
    first, again = (gan.evaluate(batches(images()), verbose=0) for _ in range(2))
    assert first == again
    for weight, expected in zip(weights(gan), before, strict=True):
        np.testing.assert_array_equal(weight, expected)


def test_evaluate_draws_anew_for_each_batch():
    gan = sgd(tiny_gan())
    once, thrice = (gan.evaluate(batches(POINTS, 8).repeat(n), verbose=0) for n in (1, 3))
    assert once[0] != thrice[0]


def test_seed_makes_the_noise():
    gans = [sgd(tiny_gan(seed=seed)) for seed in (4, 4, 5)]
    for gan in gans:
        gan.train_step(POINTS)
    assert_equal(gans[0], gans[1])
    assert (trained(gans[0])[0] != trained(gans[2])[0]).any()


def test_loaded_model_goes_on_bit_by_bit(tmp_path):
    stopped, whole = (adam(image_gan(ema_momentum=0.9, seed=7)) for _ in range(2))
    for gan in (stopped, stopped, whole, whole, whole):
        gan.train_step(images())
    loaded = reload(stopped, tmp_path)
    assert_equal(loaded, stopped)
    assert loaded.step == loaded.generator_optimizer.iterations == 2
    loaded.train_step(images())
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


def test_what_is_not_learned_is_not_trained():
    prior = priors.GaussianMixture(3, 2, learn_loc=False, learn_scale=False)
    gan = sgd(tiny_gan(prior))
    before = prior.get_weights()
    gan.train_step(POINTS)
    for weight, expected in zip(prior.get_weights(), before, strict=True):
        np.testing.assert_array_equal(weight, expected)


def test_averaged_weights_follow_the_formula():
    gan = adam(image_gan(ema_momentum=0.3))
    average = gan.prior.get_weights() + gan.generator.get_weights()
    for step in range(1, 6):
        gan.train_step(images())
        momentum = min(0.3, (1 + step) / (10 + step))
        current = gan.prior.get_weights() + gan.generator.get_weights()
        average = [momentum * a + (1 - momentum) * w for a, w in zip(average, current, strict=True)]
    kept = gan.sampled.prior.get_weights() + gan.sampled.generator.get_weights()
    names = [variable.path for variable in gan.sampled.generator.weights]
    assert any("moving_variance" in name for name in names)
    for weight, expected in zip(kept, average, strict=True):
        np.testing.assert_allclose(weight, expected, rtol=1e-5, atol=1e-6)


def test_averaged_weights_are_not_trained():
    gan, plain = (sgd(tiny_gan(ema_momentum=momentum)) for momentum in (0.9, None))
    assert len(gan.trainable_variables) == len(plain.trainable_variables)
    for each in (gan, plain):
        each.train_step(POINTS)
    for weight, expected in zip(trained(gan), trained(plain), strict=True):
        np.testing.assert_array_equal(weight, expected)


@pytest.mark.parametrize("ema_momentum", [0.9, None])
def test_samples_with_the_averaged_weights_where_they_are_kept(ema_momentum):
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


def test_compiled_by_xla_agrees():
    plain, compiled = (sgd(tiny_gan(), jit_compile=jit) for jit in (False, True))
    for gan in (plain, compiled):
        fit(gan, batches(POINTS, 8))
    for weight, expected in zip(weights(compiled), weights(plain), strict=True):
        np.testing.assert_allclose(weight, expected, rtol=1e-4, atol=1e-4)


def test_several_steps_an_execution_change_nothing():
    single, several = (sgd(tiny_gan(), steps_per_execution=n) for n in (1, 2))
    for gan in (single, several):
        fit(gan, batches(POINTS, 2))
    assert_equal(single, several)


def test_mixed_precision_trains_float32_variables():
    gan = adam(image_gan("mixed_bfloat16"))
    start = trained(gan)
    fit(gan, batches(images()), epochs=2)
    for weight, before in zip(trained(gan), start, strict=True):
        assert weight.dtype == np.float32
        assert np.isfinite(weight).all()
        assert (weight != before).any()
    assert gan.sample(2).dtype == np.float32


def test_latents_are_not_rounded_under_a_global_policy():
    generator = networks.MLPGenerator(2, 2, widths=(6,), dtype="float32")
    discriminator = networks.MLPDiscriminator(2, widths=(6,), dtype="float32")
    z = np.float32([[0.123456789, -0.3]])
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        gan = GAN(priors.StandardNormal(2), generator, discriminator)
        made = gan(z), gan.sampler()(z)
    finally:
        keras.config.set_dtype_policy("float32")
    np.testing.assert_array_equal(made[0], generator(z))
    np.testing.assert_array_equal(made[1], generator(z))


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


if __name__ == "__main__":
    two_replicas()
