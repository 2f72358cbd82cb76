import importlib
import re

import pytest

from tfmix.programs import catalogue
from tfmix.training import config as configs
from zoo.configs import base

MODELS = ("gan", "dcgan", "deligan", "gmgan", "supervised_gmgan", "tgan", "acgan", "pixelcnn")
DATA = (
    *("mnist", "fashion_mnist", "cifar10", "stl10", "stl10_96", "digits"),
    *("grid", "ring", "blobs", "unimodal", "bimodal"),
)
# What a width costs to build is of no interest here.
SMALL = {"generator.width": 2, "discriminator.width": 2}


def read(name):
    return importlib.import_module(f"zoo.configs.{name}").get_config()


@pytest.mark.parametrize("name", catalogue.names())
def test_a_name_says_model_data_and_variant(name):
    models, data = ("|".join(sorted(each, key=len, reverse=True)) for each in (MODELS, DATA))
    said = re.fullmatch(rf"({models})_({data})(_[a-z_]+)?", name)
    if re.fullmatch(r"small_\d+", name):  # of a user's own pictures, so many
        assert read(name).dataset == "folder:"
        return
    assert said
    assert read(name).dataset == said[2].removesuffix("_96")


@pytest.mark.parametrize("name", catalogue.names())
def test_each_config_builds_for_its_data(name):
    config = read(name)
    for key, value in SMALL.items():
        block, part = key.split(".")
        if part in config[block]:
            config[block][part] = value
    config = configs.checked(config)
    side = config["image_size"]
    shape = {
        **{"mnist": (28, 28, 1), "fashion_mnist": (28, 28, 1)},
        **{"cifar10": (32, 32, 3), "digits": (8, 8, 1), "stl10": (side, side, 3)},
        "folder:": (side, side, 3),
    }.get(config["dataset"], (2,))
    if config["model"] == "PixelCNN":
        config["generator"] |= {"filters": 2, "num_blocks": 1, "num_mixtures": 1}
    model = configs.build(config, shape, [0.1] * 10)
    assert type(model).__name__ == config["model"]


@pytest.mark.parametrize("name", [n for n in catalogue.names() if read(n).model != "PixelCNN"])
def test_each_gan_s_config_has_the_switches_of_all(name):
    """Else a flag such as --config.loss.r1_penalty=1 would be refused."""
    for block in ("loss", "optimizer"):
        assert set(base.get_config()[block]) <= set(read(name)[block])


def test_the_table_has_a_line_for_each_config():
    head, *lines = catalogue.table().splitlines()
    assert head.split()[:3] == ["config", "model", "data"]
    assert [line.split()[0] for line in lines] == catalogue.names()
    assert {line.index(read(line.split()[0]).model) for line in lines} == {head.index("model")}


def test_every_model_stands_on_the_data_of_its_paper():
    names = set(catalogue.names())
    for model in set(MODELS) - {"gan"}:
        assert {f"{model}_digits", f"{model}_mnist", f"{model}_cifar10"} <= names
    for model in ("dcgan", "gmgan", "supervised_gmgan", "acgan"):
        assert {f"{model}_stl10", f"{model}_stl10_96"} <= names
    assert read("deligan_cifar10").train_size == 2_000
    assert read("tgan_mnist").train_size == read("gan_mnist").train_size == 500
