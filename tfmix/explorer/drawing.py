"""What to draw: from what the controls say to images, and to the Python that makes the same."""

import dataclasses

import numpy as np

import tfmix

PAGE = 10  # rows shown at a time
COLUMNS = 8
_SLIDERS = ("scale", "temperature")
_SLOW = 16  # images of a model that draws pixel by pixel
_INTERPOLATIONS = 8  # rows of a picture of them


@dataclasses.dataclass(frozen=True)
class Settings:
    """What the controls say; what a model does not know is passed over.

    Attributes:
        seed: Of the first image, an int32.
        scale: Factor on the deviation.
        temperature: Of a PixelCNN.
        label: The class; -1: any.
        first: Of the components, each of which has a row, the first that is shown.
        ends: The two components to go between, or None: rows.
        steps: Images of an interpolation between them.
    """

    seed: int = 0
    scale: float = 1.0
    temperature: float = 1.0
    label: int = -1
    first: int = 0
    ends: tuple[int, int] | None = None
    steps: int = 8


@dataclasses.dataclass(frozen=True)
class Rows:
    """Images, each row of one component or of one class where `by` says so.

    Attributes:
        num: Images.
        columns: Images in a row.
        how: What `images` is called with, beside what rows are of.
        by: `"component"`, `"label"` or None.
        of: What each row is of.
    """

    num: int
    columns: int
    how: dict[str, float]
    by: str | None = None
    of: tuple[int, ...] = ()

    def images(self, sampler) -> np.ndarray:
        """Draws them, uint8 [N, H, W, C]."""
        rows = {self.by: np.repeat(self.of, self.columns)} if self.by else {}
        return sampler.images(self.num, **self.how, **rows)

    def source(self, sampler: str) -> str:
        """The Python that makes the same images of a sampler's."""
        rows = [f"{self.by}=np.repeat({_listed(self.of)}, {self.columns})"] if self.by else []
        return f"{sampler}.images({', '.join([str(self.num), *_named(self.how), *rows])})"

    @property
    def facts(self) -> dict[str, str]:
        """What was asked for, by name."""
        rows = {self.by: " ".join(map(str, self.of))} if self.by else {}
        return {name: str(value) for name, value in self.how.items()} | rows

    def __str__(self) -> str:
        each = {"component": ", one row per component", "label": ", one row per class"}
        return f"{self.num} images{each.get(self.by, '')}"


@dataclasses.dataclass(frozen=True)
class Interpolations(Rows):
    """Rows that each interpolate from one component to another, by noise of their own.

    Attributes:
        ends: The component on the left and that on the right.
    """

    ends: tuple[int, int] = (0, 0)

    def images(self, sampler) -> np.ndarray:
        """Draws them, uint8 [N, H, W, C]."""
        return sampler.interpolate(*self.ends, **self._options)

    def source(self, sampler: str) -> str:
        """The Python that makes the same images of a sampler's."""
        arguments = ", ".join([*map(str, self.ends), *_named(self._options)])
        return f"{sampler}.interpolate({arguments})"

    @property
    def facts(self) -> dict[str, str]:
        """What was asked for, by name."""
        return {**super().facts, "interpolate": "{} to {}".format(*self.ends)}

    def __str__(self) -> str:
        ends = "component {} to {}".format(*self.ends)
        return f"{self.num} images interpolated from {ends}, each row by its own noise"

    @property
    def _options(self) -> dict[str, float]:
        return {"num": _INTERPOLATIONS, "steps": self.columns, **self.how}


def plan(model, settings: Settings) -> Rows:
    """Decides what to draw of a `tfmix.explorer.opened.Opened`.

    Raises:
        ValueError: The seed is no int32.
    """
    parameters = model.sampler.sampling_parameters
    how = {"seed": tfmix.seeds.check(settings.seed)}
    how |= {name: getattr(settings, name) for name in parameters if name in _SLIDERS}
    if settings.ends and model.components > 1:
        ends = tuple(min(end, model.components - 1) for end in settings.ends)
        return Interpolations(_INTERPOLATIONS * settings.steps, settings.steps, how, ends=ends)
    one_class = settings.label if 0 <= settings.label < model.classes else None
    classes = model.component_to_class
    if one_class is not None and classes is None:  # else the class's components say it
        how["label"] = one_class
    if "temperature" in parameters:
        return Rows(_SLOW, _SLOW // 4, how)
    if model.components > 1:
        shown = range(model.components)
        if one_class is not None and classes is not None:
            shown = [each for each in shown if classes[each] == one_class]
        by = "component"
    elif model.classes > 1 and one_class is None:
        by, shown = "label", range(model.classes)
    else:
        return Rows(COLUMNS**2, COLUMNS, how)
    first = settings.first if settings.first < len(shown) else 0
    of = tuple(shown[first : first + PAGE])
    return Rows(len(of) * COLUMNS, COLUMNS, how, by, of)


def line(model, drawing: Rows) -> str:
    """The Python that makes the same picture; it leaves it in `picture`."""
    return (
        "import keras, numpy as np, tfmix\n"
        f"picture = tfmix.grid({drawing.source(model.source)}, columns={drawing.columns})"
    )


def _named(how: dict[str, float]) -> list[str]:
    return [f"{name}={value!r}" for name, value in how.items()]


def _listed(numbers: tuple[int, ...]) -> str:
    whole = range(numbers[0], numbers[-1] + 1)
    return repr(whole) if tuple(whole) == numbers else repr(list(numbers))
