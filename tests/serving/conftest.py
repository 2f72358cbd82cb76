"""A tiny model of each kind, its files, and a server of them in this process."""

import numpy as np
import pytest
import tensorflow as tf

import tfmix
from tests import samplers
from zoo.serving.prediction_service import Fault, Server


def unit(images):
    """Images in [0, 1], as a server gives them."""
    return np.clip((images + 1) / 2, 0, 1)


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


@pytest.fixture(scope="session")
def pixel_cnn():
    return samplers.pixel_cnn((4, 3, 1), 0, num_classes=3)


@pytest.fixture(scope="session")
def points():
    return samplers.of_points()


class Recorder(Server):
    """A server that keeps the last request."""

    def Predict(self, request, context):  # noqa: N802
        self.last = request
        return super().Predict(request, context)


@pytest.fixture(scope="session")
def running(exported, pixel_cnn, points, tmp_path_factory):
    models = {"tiny": exported / "1"}
    for name, model in {"pixel_cnn": pixel_cnn, "points": points}.items():
        models[name] = tmp_path_factory.mktemp(name) / "1"
        tfmix.serving.export_saved_model(model, models[name])
    with Recorder(models) as server:
        yield server


@pytest.fixture
def server(running):
    """The server of all models, without faults."""
    running.faults, running.predictions = Fault, 0
    return running


@pytest.fixture
def make(server):
    """Makes clients, and closes them."""
    made = []

    def make(model="tiny", address=server.address, **arguments):
        made.append(tfmix.serving.Client(address, model, **{"deadline": 10.0, **arguments}))
        return made[-1]

    yield make
    for client in made:
        client.close()


@pytest.fixture
def client(make):
    return make()
