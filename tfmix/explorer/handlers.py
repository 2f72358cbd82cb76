"""What happens when a control of the page is moved; each handler first says what it is doing."""

import functools
import time
from collections.abc import Iterator

import gradio as gr

import tfmix
from tfmix.explorer import drawing, markup, nearest, own_picture, seed_field
from tfmix.explorer.opened import Opened

SCALES, STEPS = (0, 2), (3, 12)  # what their sliders reach
_NEIGHBOURS = 8
_CONTROLS = 8  # that depend on the model

opened = functools.cache(Opened)


def adapt(name: str) -> Iterator[dict | list]:
    """Shows the controls that a model has, and sets them back to what every model takes."""
    yield [markup.status(f"Loading {name}…", "busy"), *[gr.skip()] * _CONTROLS]
    try:
        model = opened(name)
    except (ValueError, OSError) as error:
        yield [markup.status(str(error), "error"), *[gr.skip()] * _CONTROLS]
        return
    parameters, components = model.sampler.sampling_parameters, list(range(model.components))
    last, mixed = _last_page(model), model.components > 1
    classes = [("any", -1), *((str(each), each) for each in range(model.classes))]
    yield [
        gr.skip(),
        gr.update(visible=mixed, value=False),
        gr.update(visible=False),
        gr.update(visible=model.classes > 1, choices=classes, value=-1),
        gr.update(visible=last > 0, maximum=max(last, drawing.PAGE), value=0),
        gr.update(choices=components, value=0),
        gr.update(choices=components, value=components[-1]),
        gr.update(visible="scale" in parameters),
        gr.update(visible="temperature" in parameters),
    ]


def show_ends(name: str, interpolate: bool) -> list[dict]:
    """Shows the ends of an interpolation, or what rows are chosen by, which it does not follow."""
    model = opened(name)
    return [
        gr.update(visible=interpolate),
        gr.update(visible=not interpolate and model.classes > 1),
        gr.update(visible=not interpolate and _last_page(model) > 0),
    ]


def draw(
    name: str, interpolate: bool, seed, scale, temperature, label: int, row, start, end, steps
) -> Iterator[list]:
    """Says what it draws, and draws it; numbers may be missing or out of their sliders' ranges."""
    skip = gr.skip()
    try:
        model = opened(name)
        settings = drawing.Settings(
            seed=seed_field.whole(seed),
            scale=float(round(_within("The scale", scale, SCALES), 2)),
            temperature=float(round(_within("The temperature", temperature, SCALES), 2)),
            label=label,
            first=int(_within("The first row", row, (0, _last_page(model)))),
            ends=(start, end) if interpolate else None,
            steps=int(_within("The number of images in a row", steps, STEPS)),
        )
        drawn = drawing.plan(model, settings)
        slow = ", pixel by pixel, which takes a while" if "temperature" in drawn.how else ""
        yield [markup.status(f"Drawing {drawn}{slow}…", "busy"), skip, skip, skip]
        began = time.monotonic()
        images = drawn.images(model.sampler)
        took = time.monotonic() - began
        yield [
            markup.status(f"Drew {drawn}, in {took:.2f} s."),
            markup.picture(model, drawn, images),
            markup.python(drawing.line(model, drawn)),
            markup.measured(model.report, settings.scale) if "scale" in drawn.how else "",
        ]
    except (ValueError, OSError) as error:
        yield [markup.status(str(error), "error"), skip, skip, skip]


def look(name: str, path: str | None) -> Iterator[str]:
    """Says what it does with a picture, and what the model makes of it."""
    if path is None:
        yield ""
        return
    try:
        yield markup.status("Reading the picture…", "busy")
        model = opened(name)
        seen = own_picture.read(path, model.image_shape)
        image = tfmix.data.from_uint8(seen).numpy()
        yield markup.status("Looking for its cluster…", "busy")
        probabilities = model.clusterer(image[None])[0] if model.clusterer else None
        while model.pool.drawn < nearest.COUNT:
            done = f"{model.pool.drawn:,} of {nearest.COUNT:,}"
            yield markup.status(f"Drawing images to compare with: {done}…", "busy")
            model.pool.grow()
        found = model.pool.nearest(image, _NEIGHBOURS)
        yield markup.neighbours(model, seen, probabilities, found)
    except (ValueError, OSError) as error:
        yield markup.status(str(error), "error")


def _last_page(model: Opened) -> int:
    """The first row of the last page of rows."""
    return (max(model.components, model.classes) - 1) // drawing.PAGE * drawing.PAGE


def _within(name: str, value: float | None, ends: tuple[float, float]) -> float:
    low, high = ends
    if value is None or not low <= value <= high:
        received = "none" if value is None else value
        raise ValueError(f"{name} lies between {low} and {high}. Received: {received}.")
    return value
