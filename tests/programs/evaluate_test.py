"""zoo.evaluate: of a model, of images that other generators made, of a user's own; comparisons."""

import json
import pathlib
import re

import numpy as np
import pytest
from PIL import Image

import tfmix
from tfmix import loading
from tfmix.evaluation import evaluate

pytestmark = pytest.mark.filterwarnings("ignore:FID of .* images is biased:UserWarning")


def write(folder, images):
    folder.mkdir()
    for i, image in enumerate(images):
        Image.fromarray(image).save(folder / f"{i:03d}.png")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """200 training images of digits as files."""
    folder = tmp_path_factory.mktemp("made") / "pictures"
    write(folder, tfmix.data.load("digits").subset(200, seed=1).images[..., 0])
    return folder


@pytest.fixture(scope="module")
def npz(folder):
    """The same images in one file."""
    path = folder.parent / "made.npz"
    np.savez(path, images=[np.asarray(Image.open(each)) for each in sorted(folder.iterdir())])
    return path


@pytest.fixture
def scored(programs, tmp_path):
    """Scores what the flags say and gives the report; the folder holds its page and figures."""

    def scored(*flags):
        out = tmp_path / "report.json"
        result = programs.run("zoo.evaluate", *flags, "--cache=", f"--out={out}")
        assert result.code == 0, result.err
        report = json.loads(out.read_text())
        assert all(name in result.out for name in report["scores"])
        return report

    return scored


def measured(report):
    """A report without when, by what and of which file it was made."""
    about = {"command", "seconds", "model"}
    return {k: v for k, v in json.loads(json.dumps(report)).items() if k not in about}


def test_the_report_of_a_model_is_what_python_gives(scored, exported, tmp_path):
    report = scored(f"--model={exported}", "--seeds=3,4")
    sampler = tfmix.load(exported)
    clusterer = loading.clusterer(loading.find(exported))
    # Of the data it was trained on.
    again = evaluate(sampler, sampling_seeds=(3, 4), clusterer=clusterer)
    assert measured(report) == measured(again)
    assert report["model"] == again["model"]
    assert report["model"]["provenance"]["config"]["num_steps"] == 4
    assert report["protocol"]["sampling_seeds"] == [3, 4]
    assert report["command"].startswith(f"python -m zoo.evaluate --model={exported}")
    assert {"tensorflow", "keras"} <= set(report["versions"])
    assert sum(map(sum, report["components"])) == 1000
    page = (tmp_path / "report.md").read_text()
    assert "| fid500_digits |" in page
    assert "| clusters: nmi |" in page
    assert f"perplexity | {again['cluster_agreement']['perplexity']:.4f} |" in page
    of_most = np.argmax(again["components"][3])
    assert re.search(rf"class: components\. .*\b{of_most}: [\d, ]*\b3\b", page)
    assert "Left out: quality, diversity: it takes 256 real images of each class" in page
    assert "![Figures](report.png)" in page
    with Image.open(tmp_path / "report.png") as picture:
        assert min(picture.size) > 1000


def test_a_gan_and_a_saved_model_score_as_the_sampler_that_they_hold(exported):
    sampler = tfmix.load(exported)
    discriminator = tfmix.networks.DCGANDiscriminator((8, 8, 1), width=2, depth=1)
    gan = tfmix.GAN(sampler.prior, sampler.generator, discriminator)
    models = sampler, gan, tfmix.serving.SavedSampler(exported / "1")
    alone, of_gan, of_saved = (
        evaluate(each, "digits", num_samples=20, sampling_seeds=(3,))["scores"] for each in models
    )
    # Only the sampler's own file says which images it was trained on.
    for name, setting in (("fld_gap20_digits", "num_fitted"), ("copies20_digits", "num_train")):
        found = [scores.pop(name)["settings"][setting] for scores in (alone, of_gan, of_saved)]
        assert found == [60, 1297, 1297]
    assert alone == of_gan
    assert {"kid20_digits"} < alone.keys() == of_saved.keys()
    for name, score in alone.items():
        assert of_saved[name]["value"] == pytest.approx(score["value"], rel=1e-3, abs=1e-3)


@pytest.mark.slow
def test_a_collapsed_model_is_called_so_before_its_scores(programs, tmp_path):
    golden = pathlib.Path(__file__).parents[1] / "goldens" / "deligan_mnist_collapsed.keras"
    said = "Collapsed within its components: two draws of one component lie 0.1"
    for model, count, collapsed in ((golden, 100, True), ("gmgan_mnist", 40, False)):
        flags = ["--dataset=digits", f"--num={count}", "--seeds=0", "--cache="]
        flags += [f"--model={model}", f"--out={tmp_path / 'report.json'}"]
        done = programs.run("zoo.evaluate", *flags)
        assert f"within_spread{count}_digits" in done.out, done.err
        assert (f"\n\n{said}" in done.out) == ("Collapsed" in done.out) == collapsed
        page = (tmp_path / "report.md").read_text()
        assert page.startswith(f"# Report\n\n**{said}") == ("Collapsed" in page) == collapsed


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--dataset=nosuch"], "nosuch"),
        (["--dataset=folder:tests"], "folder"),
        (["--seeds=a"], "--seeds takes integers"),
        (["--compare=a,b"], "either --model=NAME or --compare A B C"),
        (["--out=report.txt"], ".json"),
        (["--image_size=9"], "size of its own"),
        (["--model={half}"], "half.keras cannot be read as a Keras model"),
        (["--model={npz}"], "name --dataset"),
        (["--model={npz}", "--dataset=digits", "--num=10"], "--num and --seeds are for models"),
        (["--model={npz}", "--dataset=ring"], "a set of points"),
        (["--model={npz}", "--dataset=nosuch"], "nosuch"),
        (["--model=nowhere.npz", "--dataset=digits"], "nowhere"),
        (["--model=nowhere/pictures", "--dataset=digits"], "nowhere"),
        (["--compare", "deligan_mnist"], "two models or more"),
        (["--compare", "deligan_mnist", "deligan_digits"], "differ in dataset"),
        (["--compare", "deligan_mnist", "nosuch"], "There is no model named nosuch"),
        (["--compare", "deligan_mnist", "nosuch.json"], "There is no report at nosuch.json"),
    ],
)
def test_refuses_in_one_line_and_writes_nothing(refused, exported, npz, tmp_path, flags, said):
    half, whole = npz.with_name("half.keras"), next(exported.glob("*.keras")).read_bytes()
    half.write_bytes(whole[: len(whole) // 2])
    flags = [flag.format(npz=npz, half=half) for flag in flags]
    if flags[0] != "--compare":
        flags = [f"--model={exported}", f"--out={tmp_path / 'report.json'}", *flags]
    refused("zoo.evaluate", *flags, said=said)
    assert not list(tmp_path.iterdir())


def test_a_folder_and_an_npz_of_the_same_images_score_alike(scored, folder, npz):
    report = scored(f"--model={folder}", "--dataset=digits")
    assert report["model"] == {"images": f"folder:{folder}"}
    assert report["scores"]["copies200_digits"]["value"] == 1  # they are training images
    of_npz = evaluate(tfmix.data.load(f"npz:{npz}"), "digits")
    assert measured(report) == measured(of_npz)


def test_a_users_own_pictures_are_scored_by_features_of_another_data_set(scored, folder, tmp_path):
    """Against themselves: the other half stands in for training images."""
    report = scored(f"--model={folder}", f"--dataset=folder:{folder}")
    protocol = report["protocol"]
    found = [protocol[key] for key in ("split", "extractor", "num_real", "num_train")]
    assert found == ["half of train", "mnist", 100, 100]
    assert "resized with antialiasing" in protocol["preprocessing"]
    assert report["skipped"]["is"] == "the extractor knows no classes"
    assert "kid200_mnist" in report["scores"]
    assert "no test split" in (tmp_path / "report.md").read_text()


def test_photos_of_several_sizes_are_brought_to_one(scored, refused, tmp_path):
    photos, draw = tmp_path / "photos", np.random.default_rng(0).integers
    write(photos, (draw(0, 256, [20, 16 + i, 3], np.uint8) for i in range(24)))
    flags = [f"--model={photos}", f"--dataset=folder:{photos}"]
    refused("zoo.evaluate", *flags, said="image_size is needed")
    assert scored(*flags, "--image_size=24")["scores"]["kid24_cifar10"]["value"] is not None


def test_images_that_are_not_square_are_brought_to_the_size_of_the_data(scored, tmp_path):
    wide = np.random.default_rng(0).integers(0, 256, [24, 8, 12, 3], np.uint8)
    for name, width in (("wide", 12), ("square", 8)):
        np.savez(path := tmp_path / f"{name}.npz", images=wide[:, :, :width])
        assert scored(f"--model={tmp_path / 'wide.npz'}", f"--dataset=npz:{path}")


def test_models_are_compared_by_stored_reports_and_what_has_none_is_evaluated(
    programs, folder, npz
):
    flags = "--dataset=digits", "--num=200", "--seeds=0", "--cache="
    for names, *said in (
        (("acgan_mnist", "gmgan_mnist", "supervised_gmgan_mnist"),
         "fid10k_mnist", "acgan_mnist - gmgan_mnist", "gmgan_mnist - supervised_gmgan_mnist"),
        (("zoo/results/deligan_mnist", "zoo/results/gan_mnist"),
         "paired bootstrap over the training seeds that both models share"),
        (("deligan_digits", npz, folder, *flags),
         "kid200_digits", "deligan_digits - made", "made - pictures"),
    ):  # fmt: skip
        result = programs.run("zoo.evaluate", "--compare", *names)
        assert result.code == 0, result.err
        assert all(each in result.out for each in said), result.out
