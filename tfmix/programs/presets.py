"""The configs that come with the package, each found by its name.

A file of the folder of configs holds the experiments of one model: a table VARIANTS of functions
that make configs, and `get_config(variant)`, as ml_collections calls it for PATH.py:variant. The
name <file>_<variant> stands for the same. The file's docstring says in a line what each variant is.
"""

import contextlib
import difflib
import functools
import importlib.util
import pathlib
import types
from collections.abc import Callable, Mapping
from typing import Any

from absl import flags
from ml_collections import ConfigDict, FieldReference, config_flags

from tfmix import shipped

# Keys that are a number or a pair, a first value and a last one; ml_collections keeps the type of
# the value that a key has, unless it is given one.
_PAIRS = {"model": ("r1_penalty", "r2_penalty"), "optimizer": ("beta_2",)}
_PAIRS["prior_optimizer"] = _PAIRS["optimizer"]
_NUMBER_OR_PAIR = (int, float, tuple, list)
_SHIPPED = shipped.folder("configs")
FOLDER = _SHIPPED if _SHIPPED.is_dir() else shipped.folder("zoo") / "configs"


def defaults(**changes: Any) -> ConfigDict:
    """The keys that every config has: a GAN by the recommended recipe, without data.

    docs/recipe.md says where each value comes from. A mixture, and what ties its components to
    images, are added by the configs of the models that have them.

    Args:
        **changes: New values, as `based_on` takes them.
    """
    config = ConfigDict(
        {
            # The model, by the name of its class, and the arguments that it takes. Those below are
            # known to every GAN; DeLiGAN, for example, has `sigma_penalty` beside them.
            "model": {
                "name": "GAN",
                "loss": "non_saturating",  # or relativistic, hinge, least_squares, wasserstein
                "label_smoothing": 0.0,
                # gamma, with norm none, layer or spectral: a number, or a first and a last value
                "r1_penalty": 0.1,  # at real images
                "r2_penalty": 0.0,  # at generated ones; R3GAN has both, with loss relativistic
                "r1_every": 8,  # steps from one to the next, which weighs as many times as much
                "discriminator_steps": 1,  # updates in a training step
                "generator_steps": 1,
                "balance": "none",  # or loss_threshold: each update goes to the network that lags
                "gradient_penalty": 0.0,  # lambda of WGAN-GP
                "lecam_penalty": 0.0,  # 0.3 in LeCam's paper
                "augment": "",  # default, or some of color,translation,cutout,flip; empty: none
                "ada_target": 0.0,  # r_t that augmentation keeps by its probability; 0: always on
                "ada_images": 500_000,  # over which that probability may rise to 1
                "frozen_layers": 0,  # the lowest layers of the discriminator, held as they are
                "packing": 1,  # images that the discriminator judges together
            },
            # Data: the name of a TFDS data set, `digits`, `stacked_mnist`, `folder:PATH`,
            # `npz:PATH`, or a toy set: `ring`, `grid`, `grid_unequal`, `blobs`, `unimodal`,
            # `bimodal`.
            "dataset": "",
            # The folder of TFDS, where decoded folders of pictures are kept too; empty: the usual.
            "data_dir": "",
            "train_size": 0,  # a class-balanced subset of this many images; 0: all
            "train_choice": "random",  # by the seed, or last: the last images of each class
            "image_size": 0,  # side in pixels; 0: the data set's own
            "channels": 0,  # 1 or 3; 0: the data set's own
            # Length of the run, and steps between what is written.
            **{"batch_size": 64, "num_steps": 10_000, "seed": 0},
            **{"checkpoint_every": 1_000, "sample_every": 1_000, "log_every": 100},
            # Validation on images of the training split that are held out of training. A resumed
            # run may be validated more or less often, but holds out the same images.
            "evaluate_every": 0,  # steps; 0: never, and nothing is held out
            "validation_size": 1_000,  # images held out, balanced over classes as train_size is
            "extractor": "",  # as of tfmix.evaluation.load_extractor; empty: that of the data set
            # The .keras file of a model to start from; the flag --init_from sets it, and takes
            # names of models too. Empty: random weights.
            "init_from": "",
            # float32, mixed_bfloat16, or auto: the latter for the networks of DCGAN on processors
            # that compute in bfloat16, float32 otherwise.
            "precision": "auto",
            "strategy": "none",  # or mirrored: all GPUs of the machine
            "ema_momentum": 0.0,  # of the averaged weights that are sampled; 0: no average
            # Each further block names a class and gives arguments to it.
            "prior": {"name": "StandardNormal", "latent_dim": 100},
            "generator": {"name": "DCGANGenerator", "width": 64, "depth": 2},
            # Its units before the logit have to see the whole image: by a dense layer, or by enough
            # convolutions.
            "discriminator": {
                **{"name": "DCGANDiscriminator", "width": 64, "depth": 3, "kernel_size": 4},
                "dense_widths": (256,),
                "norm": "none",  # or batch, layer, spectral
                "minibatch_kernels": 0,  # of minibatch discrimination, 64 in DeLiGAN's code
            },
            "optimizer": {
                # beta_2 is a number, or a first and a last value
                **{"name": "Adam", "learning_rate": 1e-3, "beta_1": 0.0, "beta_2": 0.99},
                "discriminator_learning_rate": 0.0,  # 0: the same
                "schedule": "linear",  # or constant, cosine: down to 0 at the end of the run
                "hold": 0.4,  # share of the run before the rate begins to fall
            },
            # As `optimizer`, for the prior alone; none: the generator's trains it too.
            "prior_optimizer": {
                **{"name": "none", "learning_rate": 1e-3, "beta_1": 0.0, "beta_2": 0.99},
                **{"schedule": "linear", "hold": 0.4},
            },
        }
    )
    return _changed(config, changes)


def based_on(name: str, **changes: Any) -> ConfigDict:
    """A preset with some keys changed.

    Args:
        name: Name of the preset.
        **changes: New values of keys. A dict changes the given entries of a block. Where it names
            another class it replaces the block, except that `prior_optimizer` keeps its keys and
            `model` the arguments that every GAN takes. A ConfigDict replaces the block in any case.
    """
    return _changed(get(name), changes)


def chooser(variants: Mapping[str, Callable[[], ConfigDict]]) -> Callable[[str], ConfigDict]:
    """A config file's `get_config(variant)`, which raises a ValueError where there is none."""

    def get_config(variant: str) -> ConfigDict:
        if variant not in variants:
            raise ValueError(f"The variants are {', '.join(variants)}. Received: {variant!r}.")
        return variants[variant]()

    return get_config


def get(name: str) -> ConfigDict:
    """The config of a preset; raises a ValueError where there is none of that name."""
    file, variant = find(name)
    return _module(file).get_config(variant)


def find(name: str) -> tuple[pathlib.Path, str]:
    """The config file and the variant of a preset; a ValueError where there is none of the name."""
    for file in _files():
        variant = name.removeprefix(f"{file.stem}_")
        if variant != name and variant in _module(file).VARIANTS:
            return file, variant
    close = difflib.get_close_matches(name, names(), n=3)
    nearest = f"Near it: {', '.join(close)}. " if close else ""
    raise ValueError(
        f"There is no config of this name. {nearest}--list shows all names; a file of your own is "
        f"given with its ending, PATH.py. Received: {name!r}."
    )


def names() -> list[str]:
    """Names of all presets, sorted."""
    variants = ((file.stem, each) for file in _files() for each in _module(file).VARIANTS)
    return sorted(map("_".join, variants))


def about(name: str) -> str:
    """What a preset is, in one line."""
    file, variant = find(name)
    lines = dict(line.split(": ", 1) for line in _module(file).__doc__.splitlines() if ": " in line)
    return lines[variant]


class Parser(flags.ArgumentParser):
    """Parses the flag --config: a preset's name, PATH.py:variant, or PATH.py."""

    def parse(self, text: str) -> ConfigDict:
        """Reads the config and locks its keys; a ValueError or OSError where there is none."""
        if is_file(text):
            path, *variant = text.split(":", 1)
            config = _module(pathlib.Path(path)).get_config(*variant)
        else:
            config = get(text)
        with config.unlocked():
            for block, names in _PAIRS.items():
                for name in {*config.get(block, {})} & {*names}:
                    value = FieldReference(config[block][name], field_type=_NUMBER_OR_PAIR)
                    del config[block][name]
                    config[block][name] = value
        return config.lock()

    def flag_type(self) -> str:
        """What the flag's help calls its value."""
        return "config"


class _NumberOrPair(flags.ArgumentParser):
    def parse(self, text: Any) -> Any:
        if not isinstance(text, str):  # the value that the config has
            return text
        try:
            numbers = [float(each) for each in text.strip("()[] ").split(",")]
        except ValueError:
            numbers = []
        if len(numbers) not in (1, 2):
            raise ValueError(
                f"It is a number, or a first and a last one, as in 1.0,0.1. Received: {text!r}."
            )
        return numbers[0] if len(numbers) == 1 else tuple(numbers)


config_flags.register_flag_parser_for_type(_NUMBER_OR_PAIR, _NumberOrPair())


def is_file(text: str) -> bool:
    """Whether a text is PATH.py or PATH.py:variant, not the name of a preset."""
    return text.partition(":")[0].endswith(".py")


def run_name(text: str) -> str:
    """What a run is called by default, given the value of --config."""
    if not is_file(text):
        return text
    path, _, variant = text.partition(":")
    return "_".join(filter(None, (pathlib.Path(path).stem, variant)))


def _files() -> list[pathlib.Path]:
    return sorted(FOLDER.glob("*.py"))


@functools.cache
def _module(file: pathlib.Path) -> types.ModuleType:
    spec = importlib.util.spec_from_file_location(f"tfmix_configs_{file.stem}", file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _changed(config: ConfigDict, changes: Mapping[str, Any]) -> ConfigDict:
    for key, value in changes.items():
        if not isinstance(value, dict):
            config[key] = value
        elif key == "prior_optimizer" or value.get("name", config[key].name) == config[key].name:
            for name, each in value.items():
                pair = isinstance(each, tuple)  # where a number stood, which has another type
                with config[key].ignore_type() if pair else contextlib.nullcontext():
                    config[key][name] = each
        elif key == "model":
            shared = {name: config.model[name] for name in defaults().model if name != "name"}
            config.model = {**shared, **value}
        else:
            config[key] = value
    return config
