import pytest
import tensorflow as tf

import tfmix


@pytest.fixture(scope="session")
def sampler():
    prior = tfmix.priors.StudentTMixture(4, 6, seed=1)
    return tfmix.Sampler(prior, tfmix.networks.DCGANGenerator(6, (8, 8, 1), width=8, depth=1))


@pytest.fixture(scope="session")
def exported(sampler, tmp_path_factory):
    folder = tmp_path_factory.mktemp("models") / "tiny"
    tfmix.serving.export(sampler, folder)
    return folder


@pytest.fixture(scope="session")
def clusterer():
    return tfmix.networks.image_classifier((8, 8, 1), 4, width=8)


@pytest.fixture(scope="session")
def clustering(sampler, clusterer, tmp_path_factory):
    folder = tmp_path_factory.mktemp("models") / "clustering"
    return tfmix.serving.SavedSampler(tfmix.serving.export(sampler, folder, clusterer))


@pytest.fixture(scope="session")
def signatures(exported):
    return tf.saved_model.load(str(exported / "1")).signatures
