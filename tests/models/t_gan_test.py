import numpy as np
import pytest

from tests.models.tiny import LABELS, POINTS, points_gan
from tfmix import priors


def t_gan(codeword_dim=4, **arguments):
    return points_gan("TGAN", codeword_dim=codeword_dim, **arguments)


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


@pytest.mark.parametrize(
    "prior",
    [
        priors.StudentTMixture(3, 2, df=5.0),
        priors.StudentTMixture(3, 2, df=5.0, learn_df=True),
        priors.GaussianMixture(3, 2),  # an ablation
    ],
)
def test_a_step_trains_the_prior(prior, sgd):
    gan = sgd(t_gan(prior=prior), rate=1.0)
    before = [v.numpy() for v in gan.prior.trainable_variables]
    logs = gan.train_step((POINTS, LABELS))
    assert np.isfinite([float(value) for value in logs.values()]).all()
    for variable, was in zip(gan.prior.trainable_variables, before, strict=True):
        assert (variable.numpy() != was).any()
