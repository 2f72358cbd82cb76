import numpy as np
import pytest
import tensorflow as tf

from tfmix import TGAN, networks, priors, seeds

POINTS = np.random.default_rng(0).normal(size=[8, 2]).astype(np.float32)
LABELS = np.array([0, 1, 2, 2, 1, 0, 0, 1])


def t_gan(codeword_dim=4, prior=None, **arguments):
    return TGAN(
        prior or priors.StudentTMixture(3, 2, df=5.0),
        networks.MLPGenerator(2 + codeword_dim, 2, widths=(6,), seed=1),
        networks.MLPDiscriminator(2, widths=(6,), num_classes=3, seed=2),
        num_classes=3,
        codeword_dim=codeword_dim,
        **arguments,
    )


def softplus(x):
    return np.logaddexp(0, np.asarray(x, np.float64))


def test_a_step_s_losses_are_those_by_hand(sgd):
    gan = sgd(t_gan(alpha=0.5), rate=0.0)
    seed = seeds.fold_in(seeds.step_seed(gan.seed, 0), 0)
    draw = gan.prior.draw(8, seed)
    label, code = gan.labels.draw(draw.component, seeds.fold_in(seed, 2))
    fake = gan.discriminator(gan(tf.concat([draw.z, code], axis=1)))
    real = gan.discriminator(POINTS)
    told = gan.train_step((POINTS, LABELS))

    def class_loss(judged, label):
        logits = judged["class_logits"].numpy().astype(np.float64)
        return np.mean(np.log(np.exp(logits).sum(axis=1)) - logits[np.arange(8), label])

    of_fake, of_real = class_loss(fake, label.numpy()), class_loss(real, LABELS)
    expected = softplus(-fake["logit"]).mean() + 0.5 * of_fake
    np.testing.assert_allclose(told["generator_loss"], expected, rtol=1e-5)
    adversarial = softplus(-real["logit"]).mean() + softplus(fake["logit"]).mean()
    np.testing.assert_allclose(
        told["discriminator_loss"], adversarial + 0.5 * (of_real + of_fake), rtol=1e-5
    )


def test_the_codeword_takes_the_last_columns_of_the_latent():
    gan = t_gan(codeword_std=0.05)
    drawn = gan.sampler().draw(200, seed=3)
    assert drawn["latent"].shape == (200, 6)
    np.testing.assert_array_equal(drawn["latent"][:, :2], gan.prior.sample(200, seed=3).z)
    off = drawn["latent"][:, 2:] - drawn["label"][:, None]
    assert 0 < np.abs(off).max() < 6 * 0.05


def test_codewords_default_to_the_paper_s():
    labels = t_gan().labels
    assert (labels.codeword, labels.std, labels.scale) == ("ordinal", 0.2, 1.0)


def test_codeword_options_reach_the_code():
    gan = t_gan(3, codeword="one_hot", codeword_scale=2.0, codeword_std=0.0)
    drawn = gan.sampler().draw(50, seed=3)
    np.testing.assert_array_equal(drawn["latent"][:, 2:], 2 * np.eye(3)[drawn["label"]])
    gan = t_gan(codeword_scale=3.0, codeword_std=0.0)
    drawn = gan.sampler().draw(50, seed=3)
    np.testing.assert_array_equal(drawn["latent"][:, 2:], np.tile(3 * drawn["label"][:, None], 4))


def test_class_weights_drive_the_draws():
    weights = [0.7, 0.3, 0.0]
    label = t_gan(class_weights=weights).sampler().draw(2000, seed=3)["label"]
    shares = np.bincount(label, minlength=3) / 2000
    np.testing.assert_allclose(shares, weights, atol=5 * np.sqrt(0.21 / 2000))


def test_classes_are_independent_of_components():
    drawn = t_gan().sampler().draw(3000, seed=3)
    for component in range(3):
        label = drawn["label"][drawn["component"] == component]
        shares = np.bincount(label, minlength=3) / len(label)
        np.testing.assert_allclose(shares, [1 / 3] * 3, atol=5 * np.sqrt(0.22 / len(label)))


def test_scale_draws_in_the_noise_and_leaves_the_codeword():
    gan = t_gan()
    centre, whole = (gan.sampler().draw(20, seed=3, scale=scale) for scale in (0.0, 1.0))
    np.testing.assert_array_equal(centre["latent"][:, 2:], whole["latent"][:, 2:])
    np.testing.assert_allclose(
        centre["latent"][:, :2], gan.prior.loc.numpy()[centre["component"]], atol=1e-6
    )


@pytest.mark.parametrize("learn_df", [False, True])
def test_a_step_teaches_the_prior(learn_df, sgd):
    gan = sgd(t_gan(prior=priors.StudentTMixture(3, 2, df=5.0, learn_df=learn_df)), rate=1.0)
    before = [v.numpy() for v in gan.prior.trainable_variables]
    assert len(before) == 2 + learn_df
    gan.train_step((POINTS, LABELS))
    for variable, was in zip(gan.prior.trainable_variables, before, strict=True):
        assert (variable.numpy() != was).any()


def test_a_gaussian_prior_serves_for_an_ablation(sgd):
    gan = sgd(t_gan(prior=priors.GaussianMixture(3, 2)))
    assert np.isfinite([float(v) for v in gan.train_step((POINTS, LABELS)).values()]).all()


def test_data_without_labels_are_refused(sgd):
    with pytest.raises(ValueError, match=r"TGAN learns classes: .*\(images, labels\)"):
        sgd(t_gan()).train_step(POINTS)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"codeword": "one_hot"}, r"as wide as there are classes, 3\. Received: codeword_dim=4"),
        ({"codeword": "random"}, "codeword is one of ordinal, one_hot"),
        ({"codeword_std": -1}, "codeword_std is at least 0"),
        ({"codeword_scale": 0}, "codeword_scale is above 0"),
        ({"alpha": -1}, "alpha is at least 0"),
    ],
)
def test_refuses(arguments, said):
    with pytest.raises(ValueError, match=said):
        t_gan(**arguments)


def test_refuses_a_generator_without_room_for_the_codeword():
    with pytest.raises(ValueError, match=r"width 6 \(its class's code among them\).*takes 5"):
        TGAN(
            priors.StudentTMixture(3, 2),
            networks.MLPGenerator(5, 2, widths=()),
            networks.MLPDiscriminator(2, widths=(), num_classes=3),
            num_classes=3,
            codeword_dim=4,
        )


def test_refuses_a_discriminator_of_other_classes():
    with pytest.raises(ValueError, match=r"class_logits \[B, 3\]\. Received.*\(None, 4\)"):
        TGAN(
            priors.StudentTMixture(3, 2),
            networks.MLPGenerator(6, 2, widths=()),
            networks.MLPDiscriminator(2, widths=(), num_classes=4),
            num_classes=3,
            codeword_dim=4,
        )
