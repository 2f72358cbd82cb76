"""Scores of images that other generators made, of a user's own pictures, and comparisons."""

import json

import numpy as np
import pytest
from PIL import Image

import tfmix


def refused(result, said):
    assert result.code == 2, result
    assert result.err.splitlines() == [result.err.strip()]
    assert said in result.err


@pytest.fixture(scope="module")
def digits():
    return tfmix.data.load("digits").subset(200, seed=1)


@pytest.fixture(scope="module")
def folder(digits, tmp_path_factory):
    folder = tmp_path_factory.mktemp("made") / "pictures"
    folder.mkdir()
    for i, image in enumerate(digits.images):
        Image.fromarray(image[..., 0]).save(folder / f"{i:03d}.png")
    return folder


@pytest.fixture(scope="module")
def npz(digits, folder):
    path = folder.parent / "made.npz"
    np.savez(path, images=digits.images)
    return path


def evaluate(programs, out, *flags):
    result = programs.run("zoo.evaluate", *flags, "--cache=", f"--out={out}")
    assert result.code == 0, result.err
    return json.loads(out.read_text())


def test_a_folder_and_an_npz_of_the_same_images_score_alike(programs, folder, npz, tmp_path):
    reports = [
        evaluate(programs, tmp_path / f"{i}.json", f"--model={made}", "--dataset=digits")
        for i, made in enumerate((folder, npz))
    ]
    assert reports[0]["scores"] == reports[1]["scores"]
    assert reports[0]["scores"]["copies200_digits"]["value"] == 1  # they are training images
    assert reports[0]["model"] == {"images": f"folder:{folder}"}
    assert (tmp_path / "0.png").exists()


def test_a_users_own_pictures_without_labels_are_scored(programs, folder, tmp_path):
    """Against themselves: the other half stands in for training images."""
    made = evaluate(
        programs, tmp_path / "r.json", f"--model={folder}", f"--dataset=folder:{folder}",
        "--extractor=digits",
    )  # fmt: skip
    assert made["protocol"]["split"] == "half of train"
    assert (made["protocol"]["num_real"], made["protocol"]["num_train"]) == (100, 100)
    assert made["skipped"]["fid"].startswith("it takes 128 images on each side; there are 100 real")
    assert made["skipped"]["quality"] == "the data have no labels"
    taken = {name.split("200")[0] for name in made["scores"]}
    assert {"kid", "precision", "recall", "density", "coverage", "vendi", "copies"} <= taken


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ([], "name --dataset"),
        (["--dataset=digits", "--num=10"], "--num and --seeds are for models"),
        (["--dataset=ring"], "a set of points"),
        (["--dataset=nosuch"], "nosuch"),
    ],
)
def test_refusals_of_images(programs, npz, tmp_path, flags, said):
    out = tmp_path / "r.json"
    refused(programs.run("zoo.evaluate", f"--model={npz}", f"--out={out}", *flags), said)
    assert not list(tmp_path.iterdir())


def test_photos_of_several_sizes_are_brought_to_one(programs, tmp_path):
    photos = tmp_path / "photos"
    photos.mkdir()
    for i in range(24):
        noise = np.random.default_rng(i).integers(0, 256, [20, 16 + i, 3], np.uint8)
        Image.fromarray(noise).save(photos / f"{i}.png")
    flags = [f"--model={photos}", f"--dataset=folder:{photos}", "--extractor=cifar10"]
    refused(programs.run("zoo.evaluate", *flags), "image_size is needed")
    made = evaluate(programs, tmp_path / "r.json", *flags, "--image_size=24")
    assert made["scores"]["kid24_cifar10"]["value"] is not None
    assert "resized with antialiasing" in made["protocol"]["preprocessing"]


def test_a_size_is_not_for_a_model(programs):
    refused(
        programs.run("zoo.evaluate", "--model=deligan_digits", "--image_size=9"), "size of its own"
    )


def test_images_that_are_not_square_are_scored_where_they_are_of_one_shape(programs, tmp_path):
    wide = np.random.default_rng(0).integers(0, 256, [24, 8, 12, 3], np.uint8)
    np.savez(tmp_path / "wide.npz", images=wide)
    np.savez(tmp_path / "square.npz", images=wide[:, :, :8])
    flags = [f"--model={tmp_path / 'wide.npz'}", "--extractor=cifar10"]
    evaluate(programs, tmp_path / "r.json", *flags, f"--dataset=npz:{tmp_path / 'wide.npz'}")
    square = f"--dataset=npz:{tmp_path / 'square.npz'}"
    assert "half of train" in (tmp_path / "r.md").read_text()
    result = programs.run("zoo.evaluate", *flags, square, f"--out={tmp_path / 'x.json'}")
    assert result.code == 0, result.err  # brought to the data's square


@pytest.mark.parametrize("name", ["nowhere.npz", "nowhere/pictures"])
def test_a_name_of_nothing_is_refused(programs, name):
    refused(programs.run("zoo.evaluate", f"--model={name}", "--dataset=digits"), "nowhere")


def test_models_are_compared_by_their_stored_reports(programs):
    result = programs.run(
        "zoo.evaluate", "--compare", "acgan_mnist", "gmgan_mnist", "supervised_gmgan_mnist"
    )
    assert result.code == 0, result.err
    table = result.out
    assert "fid10k_mnist" in table
    assert "acgan_mnist - gmgan_mnist" in table
    assert "gmgan_mnist - supervised_gmgan_mnist" in table
    assert "what another training would give is not measured" in table


def test_training_seeds_that_are_shared_are_what_a_difference_rests_on(programs):
    results = ["zoo/results/deligan_mnist", "zoo/results/gan_mnist"]
    result = programs.run("zoo.evaluate", "--compare", *results)
    assert result.code == 0, result.err
    assert "paired bootstrap over the training seeds that both models share" in result.out


def test_what_has_no_report_is_evaluated_for_the_comparison(programs, folder, npz):
    result = programs.run(
        "zoo.evaluate", "--compare", str(folder), str(npz), "--dataset=digits", "--cache="
    )
    assert result.code == 0, result.err
    assert "kid200_digits" in result.out
    assert "pictures - made" in result.out


def test_a_model_is_compared_with_as_many_pictures(programs, npz):
    flags = ["--dataset=digits", "--num=200", "--seeds=0", "--cache="]
    result = programs.run("zoo.evaluate", "--compare", "deligan_digits", str(npz), *flags)
    assert result.code == 0, result.err
    assert "deligan_digits - made" in result.out


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["deligan_mnist"], "two models or more"),
        (["deligan_mnist", "deligan_digits"], "protocols that differ in dataset"),
        (["deligan_mnist", "nosuch"], "There is no model at"),
        (["deligan_mnist", "nosuch.json"], "There is no report at nosuch.json"),
    ],
)
def test_comparisons_that_cannot_be_made_are_refused(programs, names, said):
    refused(programs.run("zoo.evaluate", "--compare", *names), said)
