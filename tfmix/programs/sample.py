"""Draws images from a model, into one PNG or into shards.

tfmix sample --model=deligan_mnist --num=64 --seed=0 --out=samples.png

With --interpolate=3,7 each row of the picture goes from component 3 to component 7 by one noise.
With --rows=component or --rows=label each row is of one component, or of one class. Points are
drawn as a plot.

tfmix sample --model=gmgan_mnist --num=1000000 --shards=100 --out=digits

writes TFRecord files of PNGs, with their seeds and components, into the folder `digits`. The same
command goes on where it was stopped: an image is a function of its seed.
"""

import pathlib

import numpy as np

from tfmix import loading, sampling
from tfmix.programs import command_line
from tfmix.programs.flags import Flags
from tfmix.progress import progress_bar

FLAGS = Flags()
_MODEL = FLAGS.string("model", None, loading.HELP)
_OUT = FLAGS.string("out", "samples.png", "The PNG to write, or the folder of shards.")
_NUM = FLAGS.integer("num", 64, "Number of images, or of rows with --interpolate.", 1)
_SEED = FLAGS.integer("seed", 0, "Seed of the first image; the others follow from it.")
_KINDS = {int: FLAGS.integer, float: FLAGS.number}
_PARAMETERS = {
    name: _KINDS[type(each.neutral)](name, each.neutral, each.help)
    for name, each in sampling.PARAMETERS.items()
}
_INTERPOLATE = FLAGS.list("interpolate", None, "Two components to go between: A,B.")
_SHARDS = FLAGS.integer("shards", 0, "TFRecord files to write in place of a PNG; 0: none.", 0)
_ROWS = FLAGS.enum("rows", None, ["component", "label"], "What each row is of.")
_MOST = 100  # rows of a picture
_MOST_IMAGES = 10_000  # of a picture
_STEPS = 10  # images in a row of an interpolation
FLAGS.require("model")


def main() -> None:
    """Samples."""
    out = pathlib.Path(_OUT.value)
    ends = _ends()
    if _SHARDS.value:
        _check_shards(out)
    elif _NUM.value > _MOST_IMAGES:
        most = f"A picture shows at most {_MOST_IMAGES:,} images; --shards=N writes more"
        raise ValueError(f"{most}. Received: --num={_NUM.value}.")
    else:
        command_line.check_out(out, ".png")
    path = loading.find(_MODEL.value)

    tfmix = command_line.import_tfmix()
    sampler = loading.load(_MODEL.value)
    how = _how(sampler)
    if len(sampler.describe()["image_shape"]) == 1:
        _plot(sampler, how, out)
        return
    if _SHARDS.value:
        _write_shards(sampler, how, path, out)
        return
    if ends and "component" not in sampler.sampling_parameters:
        raise ValueError("--interpolate goes between components, and this model has none.")
    if ends:
        options = {"num": _NUM.value, "steps": _STEPS, "seed": _SEED.value}
        images = sampler.interpolate(*ends, **options, scale=_PARAMETERS["scale"].value)
        columns = _STEPS
    elif _ROWS.value:
        images, columns = _rows(sampler, how)
    else:
        images, columns = sampler.images(_NUM.value, seed=_SEED.value, **how), None
    tfmix.pictures.save_grid(images, out, columns)
    print(f"{len(images)} images: {out}")


def _check_shards(out: pathlib.Path) -> None:
    if _INTERPOLATE.value or _ROWS.value:
        raise ValueError("--interpolate and --rows are for a picture, not for --shards.")
    if out.suffix.lower() == ".png" or not _OUT.value:
        raise ValueError(f"With --shards, --out names a folder. Received: {_OUT.value or 'none'}.")
    if _SHARDS.value > _NUM.value:
        received = f"--shards={_SHARDS.value} --num={_NUM.value}"
        raise ValueError(f"A shard has at least one image. Received: {received}.")


def _write_shards(sampler, how: dict[str, float], path: pathlib.Path, out: pathlib.Path) -> None:
    from tfmix.programs import shards

    settings = {"num": _NUM.value, "shards": _SHARDS.value, "seed": _SEED.value, **how}
    shards.write(sampler, out, shards.manifest(path, **settings), how, progress_bar("image"))
    print(f"{_NUM.value} images in {_SHARDS.value} shards: {out}")


def _how(sampler) -> dict[str, float]:
    """What the flags ask of the model; what it does not take is refused, if it was asked for."""
    known = sampler.sampling_parameters
    for name in _PARAMETERS.keys() - known:
        sampling.PARAMETERS[name].refuse(_PARAMETERS[name].value, known, prefix="--")
    return {name: _PARAMETERS[name].value for name in known}


def _rows(sampler, how: dict[str, float]) -> tuple[np.ndarray, int]:
    """As many whole rows as there are components or classes, at most _MOST of them."""
    count = sampler.sampling_parameters.get(_ROWS.value)
    if not count:
        raise ValueError(
            f"--rows={_ROWS.value} needs a model that says how many "
            f"{sampling.PARAMETERS[_ROWS.value].plural} it has: a .keras file of a model with some."
        )
    count = min(count, _MOST)
    columns = max(1, _NUM.value // count)
    of_rows = np.repeat(np.arange(count), columns)
    how = {**how, _ROWS.value: of_rows}
    return sampler.images(len(of_rows), seed=_SEED.value, **how), columns


def _plot(sampler, how: dict[str, float], out: pathlib.Path) -> None:
    from tfmix.evaluation import figures

    if _INTERPOLATE.value or _ROWS.value or _SHARDS.value:
        raise ValueError(
            "--interpolate, --rows and --shards are for images, and this model draws points."
        )
    drawn = sampler.draw(_NUM.value, seed=_SEED.value, **how)
    points = drawn["images"]
    figures.save_figure(figures.points_figure(points, points, drawn["component"]), out)
    print(f"{len(points)} points: {out}")


def _ends() -> list[int] | None:
    if _INTERPOLATE.value is None:
        return None
    try:
        first, last = (int(each) for each in _INTERPOLATE.value)
    except ValueError:
        received = ",".join(_INTERPOLATE.value)
        raise ValueError(
            f"--interpolate takes two components, as in --interpolate=3,7. Received: {received}."
        ) from None
    chosen = {_PARAMETERS[name].value for name in ("component", "label")}
    if first < 0 or last < 0 or chosen != {-1}:
        raise ValueError(
            "--interpolate goes between two components, of at least 0 each, and takes no "
            f"--component or --label beside it. Received: --interpolate={first},{last}."
        )
    return [first, last]
