"""Trains a model from a config, or resumes the run in its workdir.

tfmix train --config=deligan_mnist --workdir=runs/deligan_mnist

--config takes the name of a config that comes with the package, which --list shows, or a file,
PATH.py or PATH.py:VARIANT. Any key of the config can be set beside it: --config.train_size=500
--config.seed=1
--init_from=MODEL starts from a trained model: a shipped one, which brings its prior and generator,
or a workdir, which brings its discriminator too. What does not fit is re-initialised, and reported.
"""

import pathlib

from ml_collections import config_flags

from tfmix import loading
from tfmix.programs import catalogue, command_line, presets
from tfmix.programs.flags import Flags

FLAGS = Flags()
_CONFIG = FLAGS.config_file(
    "config", None, "Name of a config that comes with the package, or PATH.py, or PATH.py:VARIANT."
)
FLAGS["config"].parser = presets.Parser()
_WORKDIR = FLAGS.string("workdir", None, "Folder of the run; default: runs/<config's name>.")
_INIT_FROM = FLAGS.string("init_from", None, f"A model to start from. {loading.HELP}")
_LIST = FLAGS.boolean(
    "list", False, "Shows the configs that come with the package, and trains nothing."
)


def main() -> None:
    """Trains, or lists what can be trained."""
    if _LIST.value:
        print(catalogue.table())
        return
    config = _CONFIG.value
    if config is None:
        raise ValueError(
            "--config names what to train, and --list shows all names. Received: no --config."
        )
    name = presets.run_name(config_flags.get_config_filename(FLAGS["config"]))
    workdir = pathlib.Path(pathlib.Path("runs", name) if _WORKDIR.value is None else _WORKDIR.value)
    if _INIT_FROM.value is not None:
        # A run that has a checkpoint does not read the other model again.
        begun = any((workdir / "checkpoints").glob("*.keras"))
        with config.unlocked():
            config.init_from = _INIT_FROM.value if begun else _source(_INIT_FROM.value)
    tfmix = command_line.import_tfmix()
    try:
        tfmix.training.train(config, workdir)
    except tfmix.training.TrainingDiverged as error:
        command_line.fail(error, command_line.DIVERGED)
    except tfmix.training.Interrupted as error:
        command_line.stopped(error, error.signum)
    print(f"Model: {workdir / 'model.keras'}\nSamples: {workdir / 'samples'}")
    if config.get("evaluate_every"):
        print(f"Best: {workdir / 'best.keras'}")


def _source(name: str) -> str:
    """The absolute path of the .keras file that a name stands for."""
    found = loading.find(name)
    if found.is_dir():
        raise ValueError(f"--init_from takes a .keras file; {found} is a SavedModel.")
    return str(found.resolve())
