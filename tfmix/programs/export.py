"""Exports the model of a workdir, for `keras.models.load_model` and for TF Serving.

tfmix export --workdir=runs/deligan_mnist --out=saved_models/deligan_mnist

Writes OUT/<name of OUT>.keras, the SavedModel OUT/1/ (another time the next version number) and
the model card OUT/README.md. The SavedModel of a model that was trained with a component head also
sorts images into the components, by that head. So does that of another model with
--cluster_samples=N, by a classifier that is fitted to so many of the model's own samples. With
--best it exports the model that was best on held-out images, which a run with evaluate_every keeps,
instead of the newest.

tfmix export --model=./digits --out=digits

exports a .keras file again, such as one whose SavedModel an earlier version of tfmix wrote. An
exported .keras file holds no component head: only with --cluster_samples does the new SavedModel
sort images.
"""

import pathlib
from types import ModuleType
from typing import TYPE_CHECKING, Any

from tfmix import environment, loading
from tfmix.programs import command_line, model_card
from tfmix.programs.flags import Flags
from tfmix.progress import progress_bar

if TYPE_CHECKING:
    import keras

    import tfmix

FLAGS = Flags()
_WORKDIR = FLAGS.string("workdir", None, "Folder of a run of `tfmix train`.")
_MODEL = FLAGS.string("model", None, "In place of a workdir, an exported model or a .keras file.")
_OUT = FLAGS.string("out", None, "Folder to write to; its name names the model.")
_CLUSTER = FLAGS.integer(
    "cluster_samples",
    0,
    "Samples to fit a clusterer to, such as 20000, where the model has no component head; 0: none.",
    0,
)
_BEST = FLAGS.boolean("best", False, "Exports the best model in validation, not the newest.")
FLAGS.require("out")
FLAGS.require_one_of("workdir", "model")


def main() -> None:
    """Exports."""
    out = pathlib.Path(_OUT.value)
    if not _OUT.value or (out.exists() and not out.is_dir()):
        raise ValueError(f"--out names a folder. Received: {_OUT.value or 'nothing'}.")
    if _MODEL.value is not None:
        _check_model()

    tfmix = command_line.import_tfmix()
    sampler, clusterer = _trained(tfmix) if _MODEL.value is None else _saved(tfmix)
    if clusterer is not None and _CLUSTER.value:
        raise ValueError(
            "--cluster_samples is for a model without a component head; this one's head is its "
            f"clusterer. Leave it out. Received: --cluster_samples={_CLUSTER.value}."
        )
    name, described = out.resolve().name, sampler.describe()
    collapsed = tfmix.evaluation.collapse.sentence(_within_spread(tfmix, described, sampler))
    if collapsed:
        print(collapsed)
    # What was saved by hand tells nothing of its training, or not all.
    known = "step" in described["provenance"]
    card = model_card.render(name, described, collapsed) if known else None
    if _CLUSTER.value:
        progress = progress_bar("image")
        clusterer = tfmix.evaluation.fit_clusterer(sampler, _CLUSTER.value, progress=progress)
    elif clusterer is None and out.is_dir() and loading.with_clusterer(out / f"{name}.keras"):
        lost = f"The newest version in {out} has a clusterer, which this one would not have."
        raise ValueError(f"{lost} Give --cluster_samples=20000, or another folder.")
    elif clusterer is None and _MODEL.value and loading.with_clusterer(loading.find(_MODEL.value)):
        print(
            "Without the signature `cluster`: the .keras file does not hold the clusterer that the "
            "SavedModel beside it has. Export the --workdir of its run, or give "
            "--cluster_samples=20000."
        )
    version = tfmix.serving.export(sampler, out, clusterer)
    if card is not None:
        with tfmix.files.atomic_write(out / "README.md") as beside:
            beside.write_text(card)
    print(f"Keras: {out / name}.keras\nSavedModel: {version}")


def _check_model() -> None:
    path = loading.find(_MODEL.value)
    if _BEST.value:
        raise ValueError("--best chooses among the models of a --workdir. Leave it out.")
    if path.is_dir():
        raise ValueError(f"{path} is a SavedModel alone; a .keras file can be exported.")
    if (path.parent / "checkpoints").is_dir():
        raise ValueError(f"{path.parent} is the folder of a run: --workdir={path.parent}.")


def _saved(tfmix: ModuleType) -> "tuple[tfmix.Sampler | tfmix.PixelCNN, keras.Model | None]":
    """The sampler of the .keras file, and the clusterer, where it holds a whole GAN with one."""
    model = loading.read(loading.find(_MODEL.value))
    return (model.sampler(), model.clusterer()) if isinstance(model, tfmix.GAN) else (model, None)


def _trained(tfmix: ModuleType) -> "tuple[tfmix.Sampler | tfmix.PixelCNN, keras.Model | None]":
    """The sampler of the workdir, with what is known of its training, and its clusterer if any."""
    workdir = tfmix.training.Workdir(_WORKDIR.value)
    best = workdir.read_best() if _BEST.value else None
    step = workdir.newest() if best is None else best["step"]
    if step is None:
        raise ValueError(
            f"{workdir.path} has no checkpoint: it is no workdir of `tfmix train`, or its run has "
            "not come to its first yet."
        )
    if _BEST.value and best is None:
        raise ValueError(
            f"{workdir.path} has no best model: its run has not evaluated. Leave --best out for "
            "the newest, or train in another workdir with --config.evaluate_every=N."
        )
    config = workdir.read_config()
    del config["data_dir"]  # where the data lay concerns the machine, not the model
    log = workdir.read_log(step)
    seconds = round(_seconds(log, config["batch_size"]))
    provenance = {"config": config, "step": step, "training_seconds": seconds}
    last = log[-1] if log else {}
    provenance |= {key: last[key] for key in ("within_share", "within_spread") if key in last}
    provenance |= {} if best is None else {"validation": best}
    provenance |= environment.record()
    model = workdir.load(step) if best is None else workdir.load_best()
    clusterer = model.clusterer() if isinstance(model, tfmix.GAN) else None
    return model.sampler(provenance), clusterer


def _within_spread(
    tfmix: ModuleType, described: dict[str, Any], sampler: "tfmix.Sampler | tfmix.PixelCNN"
) -> float | None:
    """As the log has it; where it has none, measured without data; None without components.

    Samples of all components then stand in for real images.
    """
    noted = described["provenance"].get("within_spread")
    if noted is not None or not isinstance(sampler, tfmix.Sampler):
        return noted
    if len(described["image_shape"]) == 1:
        return None
    return tfmix.training.diagnostics.within_spread(sampler)


def _seconds(log: list[dict], batch_size: int) -> float:
    """Wall time of the steps in a log, with the pictures and checkpoints between them."""
    seconds, last = 0.0, 0
    for line in log:
        seconds += (line["step"] - last) * batch_size / line["images_per_second"]
        last = line["step"]
    return seconds
