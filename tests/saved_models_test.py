"""Every model that is shipped loads, draws alike in both its files, and comes with its papers."""

import json
import pathlib
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

import tfmix
from tfmix.serving.client import Client
from zoo.serving.prediction_service import Server

ROOT = pathlib.Path(__file__).parent.parent
SHIPPED = sorted(path.parent for path in ROOT.glob("saved_models/*/*.keras"))
# What TF Serving does: TensorFlow's own loader, tensors by name, no tfmix and no Keras.
SERVER = """
import json, sys
sys.modules["keras"] = sys.modules["tfmix"] = None  # importing either fails
import numpy as np, tensorflow as tf
loader, NEUTRAL = tf.compat.v1, {"component": -1, "label": -1, "scale": 1, "temperature": 1}
out, *folders = sys.argv[1:]
described, drawn = {}, {}
for folder in folders:
    name = folder.split("/")[-2]
    with tf.Graph().as_default(), loader.Session() as session:
        signatures = loader.saved_model.loader.load(session, ["serve"], folder).signature_def
        signatures = {k: v for k, v in signatures.items() if v.method_name}
        def typed(tensor):
            return [tf.as_dtype(tensor.dtype).name, *(d.size for d in tensor.tensor_shape.dim)]

        described[name] = {
            signature: {
                way: {key: typed(tensor) for key, tensor in sorted(getattr(each, way).items())}
                for way in ("inputs", "outputs")
            }
            for signature, each in sorted(signatures.items())
        }

        def call(signature, seed):
            of = signatures[signature]
            given = {key: np.full(len(seed), value) for key, value in NEUTRAL.items()}
            given["seed"] = seed
            inputs = {tensor.name: given[key] for key, tensor in of.inputs.items()}
            return session.run({k: t.name for k, t in of.outputs.items()}, inputs)

        seed = np.arange(4 if name.startswith("pixelcnn") else 100)
        order = np.random.default_rng(0).permutation(len(seed))
        drawn[f"{name} batch"] = call("serving_default", seed)["images"]
        shuffled = call("sample", seed[order])["images"]
        drawn[f"{name} shuffled"] = shuffled[np.argsort(order)]
        alone = [call("serving_default", seed[[i]])["images"] for i in range(len(seed))]
        drawn[f"{name} alone"] = np.concatenate(alone)
        if "sample_png" in signatures:
            files = call("sample_png", seed[order])["png_bytes"][np.argsort(order)]
            drawn[f"{name} png"] = files.astype(bytes)
np.savez(out, **drawn)
print(json.dumps(described))
"""
USER = """
import sys
import keras, tfmix
import numpy as np
out, *files = sys.argv[1:]
np.savez(out, *(keras.models.load_model(file).sample(4, seed=0) for file in files))
"""


@pytest.fixture(params=SHIPPED, ids=lambda folder: folder.name)
def folder(request):
    return request.param


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """What a bare process finds in each SavedModel, and what it draws of the seeds 0, 1, ..."""
    out = tmp_path_factory.mktemp("served") / "drawn.npz"
    folders = [folder / "1" for folder in SHIPPED]
    command = [sys.executable, "-c", SERVER, out, *folders]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout), np.load(out)


@pytest.fixture(scope="module")
def server():
    with Server({folder.name: folder / "1" for folder in SHIPPED}) as server:
        yield server


@pytest.mark.slow
def test_python_a_bare_process_and_a_client_draw_the_same_bits(folder, served, server):
    """Each seed alone, in a batch, and shuffled; as numbers and as PNGs."""
    ways = ("batch", "shuffled", "alone", "png")
    keys = {way: f"{folder.name} {way}" for way in ways if f"{folder.name} {way}" in served[1]}
    drawn = {way: served[1][key] for way, key in keys.items()}
    sampler = keras.models.load_model(folder / f"{folder.name}.keras")
    seed = np.arange(len(drawn["batch"]))
    order = np.random.default_rng(1).permutation(len(seed))
    images = np.clip((sampler.sample(len(seed), seed=seed) + 1) / 2, 0, 1)
    with Client(server.address, folder.name, deadline=60.0) as client:
        drawn["client's batch"] = client.sample(seed)
        drawn["client's shuffled"] = client.draw(seed[order])["images"][np.argsort(order)]
        drawn["client's alone"] = np.concatenate([client.sample(each) for each in seed])
        if "png" in drawn:
            files = drawn.pop("png").tolist()
            whole = sampler.images(len(seed), seed=seed)
            assert files == [tf.io.encode_png(image).numpy() for image in whole]
            assert client.png(seed) == files
    for how, values in drawn.items():
        np.testing.assert_array_equal(values, images, err_msg=how)


@pytest.mark.slow
def test_signatures_are_those_that_users_rely_on(served):
    """tests/goldens/signatures.json: to be changed together with design and README alone."""
    assert {"deligan_digits", "deligan_mnist"} <= served[0].keys()
    golden = json.loads((ROOT / "tests/goldens/signatures.json").read_text())
    assert served[0] == golden


@pytest.mark.slow
def test_a_process_that_imports_keras_and_tfmix_draws_the_same(tmp_path):
    names = "pixelcnn_mnist", "tgan_mnist"
    files = [ROOT / "saved_models" / name / f"{name}.keras" for name in names]
    subprocess.run([sys.executable, "-c", USER, tmp_path / "drawn.npz", *files], check=True)
    drawn = np.load(tmp_path / "drawn.npz")
    for file, there in zip(files, drawn.values(), strict=True):
        here = keras.models.load_model(file).sample(4, seed=0)
        np.testing.assert_array_equal(there, here, err_msg=file.name)


def test_card_and_report_belong_to_the_model(folder):
    described = keras.models.load_model(folder / f"{folder.name}.keras").describe()
    described.pop("weights", None)  # of a mixture; a report does without them
    report = json.loads((folder / "report.json").read_text())
    assert report["model"] == described
    assert f"{described['provenance']['step']} of" in (folder / "README.md").read_text()
    extractor = tfmix.evaluation.load_extractor(report["protocol"]["extractor"])
    assert extractor.sha256 == report["protocol"]["extractor_sha256"]
