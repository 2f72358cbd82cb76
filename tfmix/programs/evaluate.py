"""Scores a model, or images of any generator, and writes a report with a page of figures.

tfmix evaluate --model=deligan_mnist --out=report.json
tfmix evaluate --model=FOLDER_OR_NPZ --dataset=mnist --out=report.json
tfmix evaluate --compare deligan_mnist gmgan_mnist

Generated images are compared with the test split of the data that the model was trained on; where
there is none, as of a folder of pictures, with one half of them. The same scores of real training
images stand beside, as the reference. A score that lacks classes or images is left out, and the
report says why. A model of points is scored by the modes that it finds.

Writes OUT and, beside it, the same as a page in Markdown with a page of figures.
"""

import pathlib
from typing import Any

from tfmix import data, loading, shipped
from tfmix.evaluation import comparison, evaluate, report_text, saved_reports
from tfmix.programs import command_line
from tfmix.programs.flags import Flags
from tfmix.progress import progress_bar

FLAGS = Flags()
_MODEL = FLAGS.string(
    "model", None, f"{loading.HELP} Or generated images: a folder of pictures or an .npz file."
)
_COMPARE = FLAGS.words("compare", "Models or reports to compare, as in --compare A B C.")
_OUT = FLAGS.string("out", None, "The JSON file to write; default: report.json.")
_DATASET = FLAGS.string("dataset", None, "Data to score against; default: the model's own.")
_DATA_DIR = FLAGS.string("data_dir", None, "Folder of TFDS; default: TFDS_DATA_DIR.")
_EXTRACTOR = FLAGS.string(
    "extractor",
    None,
    "Name of a shipped extractor, path of a Keras classifier or feature network, or "
    "inception[:PATH]; default: the one shipped for the data; for images of your own the features "
    "of cifar10's, or mnist's where they are grey.",
)
_NUM = FLAGS.integer(
    "num", None, "Generated images for each seed; default: 10000, or the test split's if fewer.", 1
)
_SEEDS = FLAGS.list("seeds", None, "Sampling seeds; default: 0,1,2,3,4.")
_IMAGE_SIZE = FLAGS.integer(
    "image_size",
    None,
    "Side in pixels that images of several sizes are brought to; default: the data's own.",
    1,
)
_CACHE = FLAGS.string(
    "cache", "~/.cache/tfmix", "Folder for the features of real images; empty: none is kept."
)
_IMAGE_KINDS = ("folder", "npz")


def main() -> None:
    """Evaluates."""
    if (_MODEL.value is None) == (_COMPARE.value is None):
        raise ValueError("Give either --model=NAME or --compare A B C.")
    if _COMPARE.value is not None:
        _compare(_COMPARE.value)
        return
    out = pathlib.Path(_OUT.value or "report.json")
    command_line.check_out(out, ".json")
    arguments = _arguments(_MODEL.value)

    command_line.import_tfmix()
    report = _evaluate(_MODEL.value, arguments, out=out)
    print(f"\n{report_text.console(report)}\n")
    if "protocol" in report:
        print(f"Figures: {out.with_suffix('.png')}")
    print(f"Report:  {out}, {out.with_suffix('.md')}")


def _compare(names: list[str]) -> None:
    """Shows reports as they are, unless a flag asks for other scores than theirs."""
    if len(set(names)) < max(2, len(names)):
        received = f"Received: {', '.join(names)}."
        raise ValueError(f"--compare takes two models or more, all different. {received}")
    if _OUT.value is not None:
        raise ValueError("--out is for --model: a comparison is shown, not written.")
    asked = any(flag.value is not None for flag in (_DATASET, _EXTRACTOR, _NUM, _SEEDS))
    stored = {name: [] if asked else stored_reports(name) for name in names}
    missing = {name: _arguments(name, whole=True) for name in names if not stored[name]}
    command_line.import_tfmix()
    for name, arguments in missing.items():
        print(f"Evaluating {name}.")
        stored[name] = [_evaluate(name, arguments)]
    reports = dict(zip(comparison.titles(names), stored.values(), strict=True))
    print(f"\n{comparison.render(reports)}")


def stored_reports(name: str) -> list[dict[str, Any]]:
    """The reports that a name stands for, or none; a file without a report is a ValueError.

    Args:
        name: A report's .json; a folder of reports seed_<n>.json, one for each training seed, or of
            a model with its report.json; or the name of one in saved_models/ or zoo/results/.
    """
    path = pathlib.Path(name)
    if path.suffix == ".json":
        return [saved_reports.read(path)]
    beside = [shipped.folder("saved_models"), shipped.folder("zoo") / "results"]
    folders = [each / name for each in beside] if len(path.parts) == 1 else [path]
    found = map(saved_reports.read_folder, folders)
    return next(filter(None, found), [])


def _arguments(name: str, whole: bool = False) -> dict[str, Any]:
    """The arguments of `tfmix.evaluation.evaluate` that the flags give, of which all are checked.

    Where it is compared with models, a set of images, which is always scored `whole`, leaves --num
    and --seeds to them.
    """
    arguments = {
        "dataset": _DATASET.value,
        "data_dir": _DATA_DIR.value,
        "extractor": _EXTRACTOR.value,
        "cache": _CACHE.value or None,
        "num_samples": _NUM.value,
        "sampling_seeds": _seeds(),
    }
    if _generated(name) is None:
        loading.find(name)
        if _IMAGE_SIZE.value is not None:
            raise ValueError("--image_size is for images; a model has a size of its own.")
        return arguments
    if _DATASET.value is None:
        raise ValueError(f"{name} holds no model. Images are scored against data: name --dataset.")
    if not whole and (_NUM.value is not None or _SEEDS.value is not None):
        raise ValueError("Images are scored whole: --num and --seeds are for models.")
    return {**arguments, "num_samples": None, "sampling_seeds": None}


def _generated(name: str) -> str | None:
    """The set of generated images that a name stands for, as folder:PATH or npz:PATH, or None."""
    path = pathlib.Path(name)
    if name.partition(":")[0] in _IMAGE_KINDS:
        return name
    if path.suffix == ".npz":
        return f"npz:{path}"
    holds_model = any(path.glob("*.keras")) or (path / "saved_model.pb").exists()
    a_path = len(path.parts) > 1 or not (shipped.folder("saved_models") / name).exists()
    if a_path and path.is_dir() and not holds_model:
        return f"folder:{path}"
    return None


def _evaluate(name: str, arguments: dict[str, Any], out: pathlib.Path | None = None) -> dict:
    generated, clusterer = _generated(name), None
    if generated is not None:
        sampler = _images(generated)
    else:
        sampler = loading.load(name)
        clusterer = loading.clusterer(loading.find(name))
    given = {**arguments, "clusterer": clusterer, "out": out}
    return evaluate(sampler, **given, progress=progress_bar("image"))


def _images(generated: str) -> data.ImageSet:
    """Generated images, brought to the size and the channels of the data."""
    size = _IMAGE_SIZE.value or 0
    real = data.load(_DATASET.value, data_dir=_DATA_DIR.value, image_size=size)
    if not isinstance(real, data.ImageSet):
        points = f"{_DATASET.value} is a set of points."
        raise ValueError(f"Images are scored against images, and {points}")
    height, width, channels = real.images.shape[1:]
    return data.load(generated, image_size=height if height == width else 0, channels=channels)


def _seeds() -> tuple[int, ...] | None:
    if _SEEDS.value is None:
        return None
    try:
        return tuple(int(each) for each in _SEEDS.value)
    except ValueError:
        received = ",".join(_SEEDS.value)
        raise ValueError(f"--seeds takes integers, as in 0,1,2. Received: {received}.") from None
