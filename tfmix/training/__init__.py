"""Training from a config, with checkpoints, exact resume and logs."""

from tfmix.training.callbacks import Interrupted, TrainingDiverged
from tfmix.training.train import train
from tfmix.training.workdir import Workdir

__all__ = ["Interrupted", "TrainingDiverged", "Workdir", "train"]
