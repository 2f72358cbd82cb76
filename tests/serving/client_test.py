"""The client against a server in this process that runs SavedModels as TF Serving does."""

import collections
import io
import itertools
import pathlib
import random
import select
import socket
import socketserver
import struct
import threading
import time
from concurrent import futures

import grpc
import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

import tfmix
from zoo.benchmarks import prediction_service
from zoo.benchmarks.prediction_service import Fault, Server

SHIPPED = pathlib.Path(__file__).parents[2] / "saved_models"
DOWN = Fault(code=grpc.StatusCode.UNAVAILABLE)
LOST = Fault(code=grpc.StatusCode.UNAVAILABLE, computed=True)


def load(name):
    return keras.models.load_model(SHIPPED / name / f"{name}.keras")


def unit(images):
    return np.clip((images + 1) / 2, 0, 1)


@pytest.fixture(scope="module")
def sampler():
    return load("deligan_digits")


@pytest.fixture(scope="module")
def pixel_cnn():
    return tfmix.PixelCNN((4, 3, 1), filters=4, num_blocks=1, num_levels=5, num_classes=3)


@pytest.fixture(scope="module")
def points():
    prior = tfmix.priors.GaussianMixture(3, 2, seed=0)
    return tfmix.Sampler(prior, tfmix.networks.MLPGenerator(2, 2, widths=(4,)))


@pytest.fixture(scope="module")
def exported_pixel_cnn(pixel_cnn, tmp_path_factory):
    folder = tmp_path_factory.mktemp("pixel_cnn") / "1"
    tfmix.serving.export_saved_model(pixel_cnn, folder)
    return folder


@pytest.fixture(scope="module")
def running(exported_pixel_cnn, points, tmp_path_factory):
    folder = tmp_path_factory.mktemp("points") / "1"
    tfmix.serving.export_saved_model(points, folder)
    models = {name: SHIPPED / name / "1" for name in ("deligan_digits", "tgan_mnist_one_hot")}
    with Server({**models, "pixel_cnn": exported_pixel_cnn, "points": folder}) as server:
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

    def make(model="deligan_digits", address=server.address, **arguments):
        made.append(tfmix.serving.Client(address, model, **{"deadline": 10.0, **arguments}))
        return made[-1]

    yield make
    for client in made:
        client.close()


@pytest.fixture
def client(make):
    return make()


def in_turn(server, *faults):
    """The faults of the next requests; those after them have none."""
    left = itertools.chain(faults, itertools.repeat(Fault()))
    server.faults = lambda: next(left)


# === What is drawn ===


def test_images_have_the_bits_of_the_sampler(sampler, client):
    served = client.sample(tfmix.seeds.row_seeds(7, 40))
    np.testing.assert_array_equal(served, unit(sampler.sample(40, seed=7)))


def test_an_image_has_the_same_bits_alone_and_in_any_batch(client):
    seeds = np.random.default_rng(0).integers(-(2**31), 2**31, size=20)
    together, order = client.sample(seeds), np.random.default_rng(1).permutation(20)
    np.testing.assert_array_equal(client.sample(seeds[order]), together[order])
    alone = np.concatenate([client.sample(int(seed)) for seed in seeds])
    np.testing.assert_array_equal(alone, together)


@pytest.mark.parametrize("seeds", [5, [5], range(5, 6), np.array([5], np.int64)], ids=repr)
def test_seeds_may_be_an_int_or_any_vector(sampler, client, seeds):
    np.testing.assert_array_equal(client.sample(seeds), unit(sampler.sample(1, seed=5)))


def test_draw_gives_all_that_the_sampler_draws(sampler, client):
    knobs = {"component": [2, -1, 0], "scale": [0.5, 1.0, 0.0]}
    served, drawn = client.draw([7, -3, 7], **knobs), sampler.draw(3, seed=[7, -3, 7], **knobs)
    assert served.keys() == {"images", "component", "latent"}
    np.testing.assert_array_equal(served["images"], unit(drawn["images"]))
    np.testing.assert_array_equal(served["component"], drawn["component"])
    np.testing.assert_array_equal(served["latent"], drawn["latent"])


def test_one_knob_is_enough(sampler, client):
    served = client.sample([1, 2], scale=0.5)
    np.testing.assert_array_equal(served, unit(sampler.sample(2, seed=[1, 2], scale=0.5)))
    served = client.sample([1, 2], component=1)
    np.testing.assert_array_equal(served, unit(sampler.sample(2, seed=[1, 2], component=1)))


def test_images_and_pngs_are_those_of_the_sampler(sampler, client):
    wanted = sampler.images(5, seed=range(5), scale=1.5)
    np.testing.assert_array_equal(client.images(range(5), scale=1.5), wanted)
    files = client.png(range(5), scale=1.5)
    decoded = np.stack([np.asarray(Image.open(io.BytesIO(file))) for file in files])
    np.testing.assert_array_equal(decoded[..., None], wanted)


def test_a_model_with_classes_draws_a_label(make):
    client, sampler = make("tgan_mnist_one_hot"), load("tgan_mnist_one_hot")
    served, drawn = client.draw([4, 5], label=[3, -1]), sampler.draw(2, seed=[4, 5], label=[3, -1])
    np.testing.assert_array_equal(served["label"], drawn["label"])
    np.testing.assert_array_equal(served["images"], unit(drawn["images"]))
    np.testing.assert_array_equal(client.sample([4, 5], label=[3, -1]), served["images"])


def test_pixel_cnn_has_temperature_in_place_of_component_and_scale(pixel_cnn, make):
    client = make("pixel_cnn")
    np.testing.assert_array_equal(client.sample([1, 2]), unit(pixel_cnn.sample(2, seed=[1, 2])))
    served = client.draw([1, 2], temperature=0.5, label=1)
    drawn = pixel_cnn.draw(2, seed=[1, 2], temperature=0.5, label=1)
    np.testing.assert_array_equal(served["images"], unit(drawn["images"]))
    with pytest.raises(ValueError, match="no scale, only label and temperature; leave it out"):
        client.sample(1, scale=0.5)


def test_a_model_of_points_gives_points_and_no_images(points, make):
    client = make("points")
    np.testing.assert_array_equal(client.sample([1, 2]), points.sample(2, seed=[1, 2]))
    assert client.draw([1, 2])["points"].shape == (2, 2)
    with pytest.raises(ValueError, match="points, which are no images"):
        client.images([1, 2])


def test_no_seeds_give_empty_outputs(client):
    assert client.sample([]).shape == (0, 8, 8, 1)
    assert {name: value.shape[0] for name, value in client.draw([]).items()} == dict.fromkeys(
        ("images", "component", "latent"), 0
    )
    assert client.images([]).dtype == np.uint8
    assert client.png([]) == []


def test_many_rows_go_out_in_requests_of_256_and_come_back_in_order(sampler, client, server):
    scale = np.linspace(0, 2, 600)
    served = client.sample(tfmix.seeds.row_seeds(1, 600), scale=scale)
    assert server.predictions == 3
    np.testing.assert_array_equal(served, unit(sampler.sample(600, seed=1, scale=scale)))


def test_a_version_is_that_of_the_folder(sampler, make):
    served = make(version=1).sample(3)
    np.testing.assert_array_equal(served, unit(sampler.sample(1, seed=3)))


class PredictAlone(Server):
    """A server that does not describe its models."""

    def GetModelMetadata(self, request, context):  # noqa: N802
        context.abort(grpc.StatusCode.UNIMPLEMENTED, "Predict alone.")


def test_a_server_that_does_not_describe_its_models_will_do(sampler, make):
    with PredictAlone({"digits": SHIPPED / "deligan_digits" / "1"}) as server:
        client = make("digits", server.address)
        np.testing.assert_array_equal(client.sample(3), unit(sampler.sample(1, seed=3)))
        served = client.sample(3, component=1)
        np.testing.assert_array_equal(served, unit(sampler.sample(1, seed=3, component=1)))


def test_a_labelled_model_needs_no_description_either(make):
    name = "tgan_mnist_one_hot"
    labelled = keras.models.load_model(SHIPPED / name / f"{name}.keras")
    with PredictAlone({name: SHIPPED / name / "1"}) as server:
        client = make(name, server.address)
        for how in ({"scale": 0.5}, {"component": 3, "label": -1}, {"label": 7}):
            wanted = labelled.draw(2, seed=[3, 4], **how)
            drawn = client.draw([3, 4], **how)
            np.testing.assert_array_equal(drawn["latent"], wanted["latent"])
        with pytest.raises(ValueError, match=r"Wanted a label in \[-1, 10\)"):
            client.sample(3, label=10)


def test_pixel_cnn_needs_no_description_either(pixel_cnn, exported_pixel_cnn, make):
    with PredictAlone({"pixels": exported_pixel_cnn}) as server:
        client = make("pixels", server.address)
        served = client.sample(3, temperature=0.5, label=2)
        assert client.draw(3)["images"].shape == (1, *pixel_cnn.image_shape)
    wanted = pixel_cnn.sample(1, seed=3, temperature=0.5, label=2)
    np.testing.assert_array_equal(served, unit(wanted))


class Asked(Server):
    """A server that keeps what it was asked."""

    def Predict(self, request, context):  # noqa: N802
        self.asked = request
        return super().Predict(request, context)


def test_nothing_is_asked_for_beside_what_is_given(make):
    with Asked({"digits": SHIPPED / "deligan_digits" / "1"}) as server:
        client = make("digits", server.address)
        client.sample(1)
        assert server.asked.model_spec.signature_name == "serving_default"
        assert list(server.asked.output_filter) == ["images"]
        client.sample(1, scale=0.5)
        assert server.asked.model_spec.signature_name == "sample"
        assert list(server.asked.output_filter) == ["images"]
        client.draw(1)
        assert not server.asked.output_filter


# === Faults ===


def test_a_request_is_sent_again_while_the_server_is_unavailable(sampler, client, server):
    in_turn(server, DOWN, LOST, DOWN)
    np.testing.assert_array_equal(client.sample(5), unit(sampler.sample(1, seed=5)))
    assert server.predictions == 4


def test_other_errors_are_not_tried_again(client, server):
    in_turn(server, Fault(code=grpc.StatusCode.INTERNAL))
    with pytest.raises(RuntimeError, match="answered INTERNAL: An injected fault"):
        client.sample(5)
    assert server.predictions == 1


def test_a_server_that_stays_unavailable_is_given_up_at_the_deadline(make, server):
    client = make(deadline=0.6)
    server.faults = lambda: DOWN
    started = time.monotonic()
    with pytest.raises(ConnectionError) as raised:
        client.sample(5)
    assert time.monotonic() - started < 2
    assert server.address in str(raised.value)
    assert f"tries: {server.predictions})" in str(raised.value)
    assert isinstance(raised.value.__cause__, grpc.RpcError)


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def test_a_server_that_is_not_there_is_a_connection_error(make):
    with pytest.raises(ConnectionError, match="See that TF Serving runs"):
        make(address=f"127.0.0.1:{free_port()}", deadline=0.3).sample(5)


def test_a_server_that_comes_back_is_found_again(sampler, make):
    port = free_port()
    back = Server({"digits": SHIPPED / "deligan_digits" / "1"}, port=port)
    client = make("digits", f"127.0.0.1:{port}")
    with futures.ThreadPoolExecutor(1) as pool:
        asked = pool.submit(client.sample, 5)
        time.sleep(0.3)
        with back:
            np.testing.assert_array_equal(asked.result(), unit(sampler.sample(1, seed=5)))


def test_a_server_that_does_not_answer_is_a_timeout(make, server):
    client = make(deadline=0.3)
    in_turn(server, Fault(delay=2.0))
    started = time.monotonic()
    with pytest.raises(TimeoutError, match=r"did not answer in 0\.3 s"):
        client.sample(5)
    assert time.monotonic() - started < 1.9


class Proxy(socketserver.ThreadingTCPServer):
    """Passes bytes on to a server; resets a connection in the middle of an answer when told to."""

    daemon_threads = True

    def __init__(self, address):
        self.target, self.bytes_left, self.resets = address.split(":"), None, 0
        super().__init__(("127.0.0.1", 0), None)

    def finish_request(self, client, _):
        with socket.create_connection(self.target) as server:
            while True:
                for ready in select.select([client, server], [], [])[0]:
                    data = ready.recv(256)
                    if not data:
                        return
                    if ready is server and self.bytes_left is not None:
                        self.bytes_left -= len(data)
                        if self.bytes_left < 0:
                            self.bytes_left, self.resets = None, self.resets + 1
                            linger = struct.pack("ii", 1, 0)  # close() sends a reset
                            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                            return
                    (server if ready is client else client).sendall(data)

    def shutdown_request(self, request):
        request.close()  # without an orderly end before


def test_a_connection_that_is_reset_mid_answer_is_tried_again(sampler, make, server):
    with Proxy(server.address) as proxy:
        threading.Thread(target=proxy.serve_forever, args=[0.01], daemon=True).start()
        client = make(address=f"127.0.0.1:{proxy.server_address[1]}")
        client.sample(0)
        proxy.bytes_left = 2000  # of 64 images, 16 KiB
        served = client.sample(tfmix.seeds.row_seeds(5, 64))
        proxy.shutdown()
    assert proxy.resets == 1
    assert server.predictions == 3
    np.testing.assert_array_equal(served, unit(sampler.sample(64, seed=5)))


def test_clients_at_once_get_each_their_own_answers_in_spite_of_faults(sampler, make, server):
    server.faults = prediction_service.draw_faults(
        0, unavailable=0.1, lost=0.1, delayed=0.1, delay=0.01
    )
    clients = [make() for _ in range(8)]
    requests = [range(10 * number, 10 * number + number % 7) for number in range(200)]

    def ask(number):
        return number, clients[number % 8].sample(requests[number])

    with futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, random.Random(0).sample(range(200), 200)))
    assert collections.Counter(number for number, _ in answers) == dict.fromkeys(range(200), 1)
    wanted = unit(sampler.sample(2000, seed=range(2000)))
    for number, served in answers:
        np.testing.assert_array_equal(served, wanted[list(requests[number])])
    assert server.predictions > 200


# === Mistakes ===


def refused_before_anything_is_sent():
    return [
        ({"seeds": 2**31}, r"A seed lies in \[-2147483648, 2147483647\].*2147483648"),
        ({"seeds": [0, -(2**31) - 1]}, r"seeds=-2147483649 at \[1\]"),
        ({"seeds": 1.5}, "seeds is an int32, or a vector"),
        ({"seeds": [[1]]}, r"Received: shape \(1, 1\)"),
        ({"seeds": 1, "component": 1.5}, "component is an int, or one a row"),
        ({"seeds": [1, 2], "scale": [1.0]}, r"shape \(2,\) here"),
        ({"seeds": 1, "scale": "large"}, "scale is a number, or one a row"),
        ({"seeds": 1, "label": 3}, "no label, only component and scale; leave it out"),
        ({"seeds": 1, "temperature": 0.5}, "no temperature, only component and scale"),
    ]


@pytest.mark.parametrize(("arguments", "said"), refused_before_anything_is_sent())
def test_what_cannot_be_drawn_is_refused_before_anything_is_sent(client, server, arguments, said):
    with pytest.raises(ValueError, match=said):
        client.sample(**arguments)
    assert server.predictions == 0


@pytest.mark.parametrize(
    ("model", "sampling_parameters", "said"),
    [
        ("deligan_digits", {"component": 999}, r"^Wanted a component in \[-1, \d+\).*\[999\]$"),
        ("deligan_digits", {"scale": np.nan}, r"^Wanted a finite scale of at least 0.*\[nan\]$"),
        ("tgan_mnist_one_hot", {"label": 10}, r"^Wanted a label in \[-1, 10\).*\[10\]$"),
    ],
)
def test_the_server_s_reason_is_told_in_one_line(make, server, model, knobs, said):
    client = make(model)
    with pytest.raises(ValueError, match=said) as raised:
        client.sample(1, **knobs)
    assert isinstance(raised.value.__cause__, grpc.RpcError)
    assert server.predictions == 1
    assert client.sample(1).shape[0] == 1


@pytest.mark.parametrize(
    ("model", "version", "said"),
    [
        ("unknown", None, r"does not serve this model unknown: .*Latest\(unknown\)"),
        ("deligan_digits", 7, r"does not serve this model .*Specific\(deligan_digits, 7\)"),
        ("deligan_digits", "canary", "Unrecognized servable version label: canary"),
    ],
)
def test_an_unknown_model_or_version_is_named(make, model, version, said):
    with pytest.raises(ValueError, match=said):
        make(model, version=version).sample(1)


def test_a_signature_that_the_model_lacks_asks_for_another_export(make):
    with pytest.raises(ValueError, match=r"no signature sample_png.*python -m zoo\.export"):
        make("pixel_cnn").png(1)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"address": "localhost"}, "host:port.*Received: 'localhost'"),
        ({"address": "localhost:99999"}, "host:port"),
        ({"address": "http://localhost:8500"}, "host:port"),
        ({"address": 8500}, "host:port"),
        ({"model": ""}, "model is the name"),
        ({"version": 0}, "version is an integer of at least 1"),
        ({"deadline": 0}, "deadline is a number of seconds above 0"),
        ({"deadline": np.inf}, "deadline is a number of seconds above 0"),
    ],
)
def test_bad_arguments_are_refused_at_once(arguments, said):
    with pytest.raises(ValueError, match=said):
        tfmix.serving.Client(**{"address": "localhost:8500", "model": "any", **arguments})


# === Requests that the client never sends ===


@pytest.fixture
def predict(server):
    """Sends a bare request for a prediction: signature and inputs."""
    options = [("grpc.max_send_message_length", -1)]
    with grpc.insecure_channel(server.address, options) as channel:
        stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)

        def predict(signature, **inputs):
            request = predict_pb2.PredictRequest()
            request.model_spec.name = "deligan_digits"
            request.model_spec.signature_name = signature
            for name, values in inputs.items():
                request.inputs[name].CopyFrom(tf.make_tensor_proto(values))
            return stub.Predict(request, timeout=10)

        yield predict


@pytest.mark.parametrize(
    ("signature", "inputs", "said"),
    [
        ("serving_default", {"seed": np.zeros(10**6, np.int32)}, r"at most 4096 rows.*\[1000000\]"),
        (
            "decode",
            {"latent": np.zeros([2, 3], np.float32)},
            r"Wanted latents of width \d+.*\[2 3\]",
        ),
        ("serving_default", {}, r"Missing but required: \{seed\}"),
        ("serving_default", {"seed": np.zeros(2, np.float32)}, "expects int32 but float32"),
    ],
    ids=["a million rows", "width", "nothing", "dtype"],
)
def test_an_odd_request_is_refused_and_the_server_answers_on(predict, signature, inputs, said):
    with pytest.raises(grpc.RpcError, match=said) as raised:
        predict(signature, **inputs)
    assert raised.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    answer = predict("serving_default", seed=np.arange(3, dtype=np.int32))
    assert tf.make_ndarray(answer.outputs["images"]).shape == (3, 8, 8, 1)
