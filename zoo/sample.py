"""Draws images from a model into one PNG.

python -m zoo.sample --model=saved_models/deligan_mnist --num=64 --seed=0 --out=samples.png

With --interpolate=3,7 each row of the picture goes from component 3 to component 7 by one noise.
"""

import pathlib

import numpy as np
from absl import flags

from zoo import command_line, model_files

_MODEL = flags.DEFINE_string("model", None, model_files.HELP)
_OUT = flags.DEFINE_string("out", "samples.png", "The PNG to write.")
_NUM = flags.DEFINE_integer(
    "num", 64, "Number of images, or of rows with --interpolate.", 1, 10_000
)
_SEED = flags.DEFINE_integer("seed", 0, "Seed of the first image; the others follow from it.")
_COMPONENT = flags.DEFINE_integer("component", -1, "Component to draw from; -1: any.")
_LABEL = flags.DEFINE_integer("label", -1, "Class to draw from; -1: any.")
_SCALE = flags.DEFINE_float(
    "scale", 1.0, "Factor on the deviation: below 1 more typical images, above 1 more diverse ones."
)
_INTERPOLATE = flags.DEFINE_list("interpolate", None, "Two components to go between: A,B.")
_STEPS = 10  # images in a row of an interpolation
flags.mark_flag_as_required("model")


def main() -> None:
    """Samples."""
    out = pathlib.Path(_OUT.value)
    command_line.check_out(out, ".png")
    ends = _ends()
    model_files.find(_MODEL.value)

    tfmix = command_line.import_tfmix()
    sampler = model_files.load(_MODEL.value)
    if ends:
        images, columns = _between(sampler, *ends), _STEPS
    else:
        images, columns = (
            sampler.images(
                _NUM.value,
                seed=_SEED.value,
                component=_COMPONENT.value,
                label=_LABEL.value,
                scale=_SCALE.value,
            ),
            None,
        )
    tfmix.pictures.save_grid(images, out, columns)
    print(f"{len(images)} images: {out}")


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
    if first < 0 or last < 0 or _COMPONENT.value != -1 or _LABEL.value != -1:
        raise ValueError(
            "--interpolate goes between two components, of at least 0 each, and takes no "
            f"--component or --label beside it. Received: --interpolate={first},{last}."
        )
    return [first, last]


def _between(sampler, first: int, last: int) -> np.ndarray:
    """Rows of images on the straight way between two components' latents of the same noise."""
    import tfmix

    ends = [
        sampler.draw(_NUM.value, seed=_SEED.value, component=component, scale=_SCALE.value)[
            "latent"
        ]
        for component in (first, last)
    ]
    way = np.linspace(0.0, 1.0, _STEPS, dtype=np.float32)[:, None]
    latent = np.concatenate(
        [(1 - way) * start + way * end for start, end in zip(*ends, strict=True)]
    )
    return tfmix.pictures.to_uint8(sampler.decode(latent))


if __name__ == "__main__":
    command_line.run(main)
