"""A model that is open on the page, with what lies beside its file."""

import functools
import json
import pathlib
import zipfile

from tfmix import loading
from tfmix.explorer import curve
from tfmix.explorer.nearest import Pool


class Opened:
    """A model, its report, its clusterer and images of it to compare with.

    The last two are heavy, and come when they are first asked for.

    Args:
        name: What --model takes.

    Attributes:
        title: The model's name.
        path: Of its file or folder.
        sampler: What draws.
        image_shape: (H, W, C).
        components: How many it has; 1 where it knows none.
        classes: How many it draws by; 0 where it knows none.
        component_to_class: The class of each component, where components stand for classes.
        report: That of `tfmix evaluate`, or None.

    Raises:
        ValueError: There is no such model, its file is damaged, or it draws points.
    """

    def __init__(self, name: str):
        self.path = loading.find(name)
        self.sampler = loading.load(name)
        described = self.sampler.describe()
        self.image_shape = tuple(described["image_shape"])
        if len(self.image_shape) != 3:
            raise ValueError(
                f"{name} draws points, and the page shows images. "
                f"tfmix sample --model={name} draws them as a plot."
            )
        folder = self.path.resolve().parent
        unnamed = self.path.is_dir() or self.path.name == "model.keras"  # in a run's folder
        self.title = folder.name if unnamed else self.path.stem
        self.components = described.get("components") or 1
        # A SavedModel takes classes without telling how many.
        self.classes = described.get("classes") or 0
        self.component_to_class = described.get("component_to_class")
        self.report = _report(folder / "report.json")
        self.pool = Pool(self.sampler, self.report and self.report["protocol"]["extractor"])

    @functools.cached_property
    def clusterer(self):
        """Sorts images into components; None where there is none; see `loading.clusterer`."""
        return loading.clusterer(self.path)

    @property
    def source(self) -> str:
        """The Python that loads the model, for the folder where the program was started."""
        path = self.path.resolve()
        here = pathlib.Path.cwd()
        shown = path.relative_to(here) if path.is_relative_to(here) else path
        shown = json.dumps(str(shown), ensure_ascii=False)  # between double quotes, as Python reads
        if path.is_dir():
            return f"tfmix.serving.SavedSampler({shown})"
        loaded = f"keras.models.load_model({shown})"
        with zipfile.ZipFile(path) as archive:
            kind = json.loads(archive.read("config.json"))["class_name"]
        # A run keeps the whole GAN, whose sampler is what is shown.
        return loaded if kind in ("Sampler", "PixelCNN") else f"{loaded}.sampler()"


def _report(path: pathlib.Path) -> dict | None:
    """The report of `tfmix evaluate` that lies there, or None; one that lacks a part is refused."""
    if not path.exists():
        return None
    try:
        report = json.loads(path.read_text())
        curve.describe(report, 1.0), report["protocol"]["extractor"]
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise ValueError(
            f"{path} is no report of `tfmix evaluate` ({type(error).__name__}: {error}). Move it "
            "away, or write it again."
        ) from error
    return report
