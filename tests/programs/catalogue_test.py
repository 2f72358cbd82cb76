"""The configs that come with the package: names, lookup, values that go together."""

import re

import pytest
from absl import flags
from ml_collections import config_flags

from tfmix.programs import catalogue, presets
from tfmix.training import config as configs
from tfmix.training.build import build

MODELS = ("gan", "dcgan", "deligan", "gmgan", "supervised_gmgan", "tgan", "acgan", "pixelcnn")
POINTS = ("grid", "ring", "blobs", "unimodal", "bimodal")
DATA = (
    "mnist",
    "stacked_mnist",
    "fashion_mnist",
    "cifar10",
    "stl10",
    "stl10_96",
    "digits",
    *POINTS,
)
SHAPES = {"digits": (8, 8, 1), "cifar10": (32, 32, 3), "stacked_mnist": (28, 28, 3)}
SHAPES |= dict.fromkeys(("mnist", "fashion_mnist"), (28, 28, 1))
# One config of each make of networks and model. What they do not have differs from them in sizes.
MAKES = {
    *("acgan_cifar10", "dcgan_stl10_96", "deligan_blobs", "deligan_mnist", "gan_cifar10_resnet"),
    *("gan_grid_packed", "gan_mnist_dense", "gan_mnist_moe", "gan_mnist_uniform", "gmgan_grid"),
    *("gmgan_mnist_static", "pixelcnn_cifar10", "pixelcnn_digits", "small_5000"),
    *("supervised_gmgan_mnist_all", "tgan_mnist_one_hot"),
}


def small(name):
    """A config with networks that are quick to build, checked, and the shape of its data."""
    config = presets.get(name)
    for block, key in (("generator", "width"), ("discriminator", "width"), ("model", "filters")):
        if key in config[block]:
            config[block][key] = 2
    side = config.image_size
    shape = (side, side, 3) if side else SHAPES.get(config.dataset, (2,))
    return configs.checked(config), shape


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[] if name in MAKES else pytest.mark.slow)
        for name in presets.names()
    ],
)
def test_every_config_builds_for_its_data(name):
    config, shape = small(name)
    assert type(build(config, shape, [0.1] * 10)).__name__ == config["model"]["name"]


def test_a_value_set_in_one_config_is_not_in_the_next():
    presets.get("pixelcnn_digits").model.num_classes = 10
    assert presets.get("pixelcnn_digits").model.num_classes is None


def test_a_pixel_of_pixelcnn_mnist_sees_a_whole_digit():
    assert build(*small("pixelcnn_mnist")).receptive_field == (22, 21)  # digits are 20 high


def test_a_name_says_model_data_and_variant():
    models, data = ("|".join(sorted(each, key=len, reverse=True)) for each in (MODELS, DATA))
    for name in presets.names():
        dataset = small(name)[0]["dataset"]
        if re.fullmatch(r"small_\d+", name):  # for so many pictures of a user
            assert dataset == "folder:"
            continue
        said = re.fullmatch(rf"({models})_({data})(_[a-z_]+)?", name)
        assert said, name
        assert dataset == said[2].removesuffix("_96")


def test_a_config_of_a_gan_has_the_arguments_that_every_gan_takes():
    """Else a flag such as --config.model.r1_penalty=1 would be refused."""
    shared = presets.defaults()
    for name in presets.names():
        config = presets.get(name)
        assert set(shared.optimizer) <= set(config.optimizer), name
        assert set(shared.model) <= set(config.model) or config.model.name == "PixelCNN", name


def test_every_model_stands_on_the_data_of_its_paper():
    names = set(presets.names())
    for model in set(MODELS) - {"gan"}:
        assert {f"{model}_digits", f"{model}_mnist", f"{model}_cifar10"} <= names
    for model in ("dcgan", "gmgan", "supervised_gmgan", "acgan"):
        assert {f"{model}_stl10", f"{model}_stl10_96"} <= names
    assert presets.get("deligan_cifar10").train_size == 2_000
    assert presets.get("tgan_mnist").train_size == presets.get("gan_mnist").train_size == 500


def test_the_table_has_a_line_for_each_config():
    head, *lines = catalogue.table().splitlines()
    assert head.split()[:3] == ["config", "model", "data"]
    assert [line.split()[0] for line in lines] == presets.names()
    for line in lines:
        name = presets.get(line.split()[0]).model.name
        assert line[head.index("model") :].startswith(f"{name} ")


def test_changes_merge_into_a_block_or_replace_it():
    model = {"name": "DeLiGAN", "sigma_penalty": 1.0}
    prior = {"name": "Uniform", "latent_dim": 3}
    config = presets.defaults(model=model, prior=prior, generator={"depth": 5}, seed=7)
    before, config = presets.defaults().to_dict(), config.to_dict()
    assert config["model"] == {**before["model"], **model}
    assert config["prior"] == prior
    assert config["generator"] == {**before["generator"], "depth": 5}
    assert config["seed"] == 7


def test_a_pair_may_take_the_place_of_a_number():
    config = presets.based_on("gan_digits", optimizer={"beta_2": (0.9, 0.99), "beta_1": 0})
    assert config.optimizer.beta_2 == (0.9, 0.99)
    assert isinstance(config.optimizer.beta_1, float)


def parsed(*arguments):
    """The config of a command line, and its run's name."""
    values = flags.FlagValues()
    argv = ["train", *arguments]
    config_flags.DEFINE_config_file("config", flag_values=values, sys_argv=argv)
    values["config"].parser = presets.Parser()
    values(argv)
    return values.config, presets.run_name(config_flags.get_config_filename(values["config"]))


def test_a_number_may_become_a_pair_on_the_command_line_and_a_pair_a_number(tmp_path):
    pairs = ("--config.model.r1_penalty=(1.0, 0.1)", "--config.optimizer.beta_2=.9,.99")
    config, _ = parsed("--config=deligan_digits", *pairs)
    assert (config.model.r1_penalty, config.optimizer.beta_2) == ((1.0, 0.1), (0.9, 0.99))
    (tmp_path / "mine.py").write_text(
        "from tfmix.programs import presets\n"
        "def get_config():\n"
        "    return presets.based_on('gan_digits', model={'r1_penalty': (1.0, 0.1)})\n"
    )
    config, _ = parsed(f"--config={tmp_path / 'mine.py'}", "--config.model.r1_penalty=2")
    assert config.model.r1_penalty == 2.0
    for text in ("many", "1,2,3", "1,"):
        with pytest.raises(flags.Error, match=f"first and a last one.*Received: '{text}'"):
            parsed("--config=deligan_digits", f"--config.model.r1_penalty={text}")


def test_a_name_and_a_file_with_a_variant_are_the_same():
    by_name = parsed("--config=tgan_mnist_one_hot")
    assert by_name == parsed("--config=zoo/configs/tgan.py:mnist_one_hot")
    assert by_name[1] == "tgan_mnist_one_hot"
    changes = ("--config.seed=3", "--config.model.num_classes=10")
    config, name = parsed("--config=pixelcnn_digits", *changes)
    assert (config.seed, config.model.num_classes, name) == (3, 10, "pixelcnn_digits")


def test_a_file_of_the_user_may_build_on_a_preset(tmp_path):
    (tmp_path / "mine.py").write_text(
        "from tfmix.programs import presets\n"
        "def get_config():\n"
        "    return presets.based_on('gan_digits', batch_size=7)\n"
    )
    config, name = parsed(f"--config={tmp_path / 'mine.py'}")
    assert (config.batch_size, config.dataset, name) == (7, "digits", "mine")


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ("gan_mnst", "Near it: gan_mnist, .*--list shows all names.*'gan_mnst'"),
        ("mine.txt", "PATH.py. Received: 'mine.txt'"),
        ("zoo/configs/tgan.py:grid", "variants are mnist, .*Received: 'grid'"),
    ],
)
def test_an_unknown_config_is_refused_with_what_would_do(config, said):
    with pytest.raises(flags.Error, match=said):
        parsed(f"--config={config}")
