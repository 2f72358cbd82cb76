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

ROOT = pathlib.Path(__file__).parent.parent
SHIPPED = sorted(path.parent for path in ROOT.glob("saved_models/*/*.keras"))
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


def test_models_are_shipped():
    assert {"deligan_digits", "deligan_mnist"} <= {folder.name for folder in SHIPPED}


def test_keras_and_saved_model_draw_the_same(folder):
    sampler = keras.models.load_model(folder / f"{folder.name}.keras")
    served = tf.saved_model.load(str(folder / "1")).signatures["serving_default"]
    images = sampler.sample(20, seed=0)
    np.testing.assert_array_equal(sampler.sample(1, seed=0), images[:1])
    drawn = served(seed=tfmix.seeds.rows(0, 20))["images"]
    np.testing.assert_array_equal(drawn, np.clip((images + 1) / 2, 0, 1))


def test_a_process_that_imports_keras_and_tfmix_draws_the_same(tmp_path):
    files = [folder / f"{folder.name}.keras" for folder in SHIPPED]
    subprocess.run([sys.executable, "-c", USER, tmp_path / "drawn.npz", *files], check=True)
    drawn = np.load(tmp_path / "drawn.npz")
    for file, there in zip(files, drawn.values(), strict=True):
        here = keras.models.load_model(file).sample(16, seed=0)
        np.testing.assert_array_equal(there, here[:4], err_msg=file.name)


def test_card_and_report_belong_to_the_model(folder):
    described = keras.models.load_model(folder / f"{folder.name}.keras").describe()
    described.pop("weights", None)  # of a mixture; a report does without them
    report = json.loads((folder / "report.json").read_text())
    assert report["model"] == described
    assert f"{described['provenance']['step']} of" in (folder / "README.md").read_text()
    extractor = tfmix.evaluation.load_extractor(report["protocol"]["extractor"])
    assert extractor.sha256 == report["protocol"]["extractor_sha256"]
