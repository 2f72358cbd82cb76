"""Scores a model, or images of any generator, and writes a report with a page of figures.

python -m zoo.evaluate --model=saved_models/deligan_mnist --out=report.json
python -m zoo.evaluate --model=FOLDER_OR_NPZ --dataset=mnist --out=report.json
python -m zoo.evaluate --compare deligan_mnist gmgan_mnist

Generated images are held against the test split of the data that the model was trained on; of data
without one, such as a folder of pictures, against one half. The same scores of real training images
stand beside: they are the floor. A score that lacks classes or images is left out, and the report
says why. A model of points is scored by the modes that it finds.

Writes OUT and, beside it, the same as a page in Markdown with a page of figures.
"""

import dataclasses
import json
import pathlib

from tfmix import loading
from tfmix.evaluation import comparison, tables
from tfmix.evaluation import report as evaluation
from tfmix.programs import command_line
from tfmix.programs.flags import Flags

FLAGS = Flags()
_MODEL = FLAGS.string(
    "model", None, f"{loading.HELP} Or generated images: a folder of pictures or an .npz file."
)
_COMPARE = FLAGS.words("compare", "Models or reports to stand side by side, as in --compare A B C.")
_OUT = FLAGS.string("out", None, "The JSON file to write; default: report.json.")
_DATASET = FLAGS.string("dataset", None, "Data to score against; default: the model's own.")
_DATA_DIR = FLAGS.string("data_dir", None, "Folder of TFDS; default: TFDS_DATA_DIR.")
_EXTRACTOR = FLAGS.string(
    "extractor",
    None,
    "Name of a shipped extractor, path of a Keras classifier or feature network, or "
    "inception[:PATH]; default: the data's.",
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


def main() -> None:
    """Evaluates."""
    if (_MODEL.value is None) == (_COMPARE.value is None):
        raise ValueError("Give either --model=NAME or --compare A B C.")
    if _COMPARE.value is not None:
        _compare(_COMPARE.value)
        return
    out = pathlib.Path(_OUT.value or "report.json")
    command_line.check_out(out, ".json")
    how = _how()
    evaluation.check(_MODEL.value, how)

    tfmix = command_line.import_tfmix()
    report, draw = evaluation.run(_MODEL.value, how)
    picture = None if draw is None else out.with_suffix(".png")
    with tfmix.files.atomic_write(out.with_suffix(".md")) as beside:
        beside.write_text(tables.markdown(report, picture and picture.name))
    with tfmix.files.atomic_write(out) as beside:
        beside.write_text(json.dumps(report, indent=2) + "\n")
    if draw is not None:
        from tfmix.evaluation import figures

        figures.save_figure(draw(), picture)
    print(f"\n{tables.console(report)}\n")
    if picture:
        print(f"Figures: {picture}")
    print(f"Report:  {out}, {out.with_suffix('.md')}")


def _compare(names: list[str]) -> None:
    """Takes reports where they stand, unless a flag asks for another protocol."""
    if len(set(names)) < max(2, len(names)):
        received = ", ".join(names)
        raise ValueError(
            f"--compare takes two models or more, all different. Received: {received}."
        )
    if _OUT.value is not None:
        raise ValueError("--out is for --model: a comparison is shown, not written.")
    how = _how()
    # Images are scored whole: --num and --seeds are for the models beside them.
    whole = dataclasses.replace(how, num=None, seeds=None)
    hows = {name: whole if evaluation.generated(name) else how for name in names}
    reports = {}
    for name in names:
        stored = None if how.changes_protocol else comparison.stored(name)
        if stored is None:
            evaluation.check(name, hows[name])
        reports[name] = stored
    command_line.import_tfmix()
    for name, stored in reports.items():
        if stored is None:
            print(f"Evaluating {name}.")
            reports[name] = [evaluation.run(name, hows[name])[0]]
    print(f"\n{comparison.render(reports)}")


def _how() -> evaluation.How:
    seeds = None
    if _SEEDS.value is not None:
        try:
            seeds = tuple(int(each) for each in _SEEDS.value)
        except ValueError:
            received = ",".join(_SEEDS.value)
            raise ValueError(
                f"--seeds takes integers, as in 0,1,2. Received: {received}."
            ) from None
    return evaluation.How(
        dataset=_DATASET.value,
        data_dir=_DATA_DIR.value,
        extractor=_EXTRACTOR.value,
        num=_NUM.value,
        seeds=seeds,
        cache=_CACHE.value or None,
        image_size=_IMAGE_SIZE.value,
    )
