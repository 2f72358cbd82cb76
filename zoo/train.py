"""Trains a model from a config, or goes on with the run in its workdir.

python -m zoo.train --config=zoo/configs/deligan_mnist.py --workdir=runs/deligan_mnist

Any key of the config can be set beside it: --config.train_size=500 --config.seed=1
With --list it shows the configs that there are, and trains nothing.
"""

import pathlib

from absl import flags
from ml_collections import config_flags

from zoo import catalogue, command_line

_CONFIG = config_flags.DEFINE_config_file("config", None, "A config file of zoo/configs.")
_WORKDIR = flags.DEFINE_string("workdir", None, "Folder of the run; default: runs/<config's name>.")
_LIST = flags.DEFINE_bool("list", False, "Shows the configs of zoo/configs as a table.")


def main() -> None:
    """Trains, or lists what can be trained."""
    if _LIST.value:
        print(catalogue.table())
        return
    config = _CONFIG.value
    if config is None:
        raise ValueError("--config names a config file, and --list shows those of zoo/configs.")
    name = pathlib.Path(config_flags.get_config_filename(flags.FLAGS["config"])).stem
    workdir = pathlib.Path(pathlib.Path("runs", name) if _WORKDIR.value is None else _WORKDIR.value)
    tfmix = command_line.import_tfmix()
    try:
        tfmix.training.train(config, workdir)
    except tfmix.training.TrainingDiverged as error:
        command_line.fail(error, command_line.DIVERGED)
    except tfmix.training.Interrupted as error:
        command_line.stopped(error, error.signum)
    print(f"Model: {workdir / 'model.keras'}\nSamples: {workdir / 'samples'}")
    if config.evaluate_every:
        print(f"Best: {workdir / 'best.keras'}")


if __name__ == "__main__":
    command_line.run(main)
