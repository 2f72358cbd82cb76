"""What is asked of a sampler beside its seed, and what all samplers have in common."""

import dataclasses
from collections.abc import Callable, Collection, Mapping
from typing import Any

import numpy as np

from tfmix import checks, pictures, seeds

_CHUNK = 256  # rows drawn at a time, which bounds the memory of a large sample


@dataclasses.dataclass(frozen=True)
class Parameter:
    """A sampling parameter, of which each row has a value.

    Attributes:
        name: In Python, in signatures and as a flag.
        plural: What a model has that takes it.
        neutral: The value that asks for nothing; its type is that of every value.
        help: What it does, for the flag.
        least: The smallest value, of a parameter of floats.
    """

    name: str
    plural: str
    neutral: int | float
    help: str
    least: float = 0.0

    @property
    def dtype(self) -> type[np.number]:
        """Of values: int32 or float32."""
        return np.int32 if isinstance(self.neutral, int) else np.float32

    def wanted(self, count: int | None = None) -> str:
        """What a good value is, in words that follow "Wanted"; `count` as of `good`."""
        if self.dtype is np.float32:
            return f"a finite {self.name} of at least {self.least:.2g}"
        which = f"of at least {self.neutral}" if count is None else f"in [{self.neutral}, {count})"
        return f"a {self.name} {which}, {self.neutral} to draw it"

    def good(self, values: Any, count: int | None = None) -> Any:
        """Which values a model can take.

        Args:
            values: An array or a tensor; the booleans have its shape and kind.
            count: Number of components or classes that integers choose from; None: not known.
        """
        if self.dtype is np.float32:
            return (values >= self.least) & (values < np.inf)  # NaN is neither
        return (values >= self.neutral) & (values < (2**31 if count is None else count))

    def check(self, value: object, num_samples: int, count: int | None = None) -> np.ndarray:
        """Gives each row a value: int32 or float32 [num_samples].

        Args:
            value: One value or one per row; None for an integer: the neutral one.
            num_samples: How many rows there are.
            count: As of `good`.

        Raises:
            ValueError: A value of another type or out of range, or another number of values.
        """
        values = self._typed(value)
        wanted = f"Wanted {self.wanted(count)}"
        checks.all_good(self.name, wanted, values, self.good(values, count))
        return checks.one_per_row(self.name, values.astype(self.dtype), num_samples)

    def refuse(self, value: object, known: Collection[str], prefix: str = "") -> None:
        """Raises a ValueError where something is asked of a model without this parameter.

        Args:
            value: One value or one per row; any but the neutral one is refused.
            known: Names of the parameters that the model has.
            prefix: What stands before names, such as the dashes of flags.
        """
        names = [f"{prefix}{each}" for each in known]
        wanted = f"This model has no {self.plural}; it takes {', '.join(names)}"
        values = self._typed(value)
        checks.all_good(f"{prefix}{self.name}", wanted, values, values == self.neutral)

    def _typed(self, value: object) -> np.ndarray:
        if self.dtype is np.int32:
            value = self.neutral if value is None else value
            return checks.integers(self.name, f"{self.name} is an int, or one per row", value)
        with np.errstate(over="ignore", under="ignore"):  # what float32 cannot hold is refused
            wanted = f"{self.name} is a number, or one per row"
            return checks.numbers(self.name, wanted, value).astype(np.float32)


_SCALE_HELP = "Factor on the deviation: below 1 more typical images, above 1 more diverse ones."
_TEMPERATURE_HELP = "Of a PixelCNN: below 1 likelier images, above 1 more diverse ones."
_TINY = float(np.finfo(np.float32).tiny)  # below it TensorFlow computes with 0
COMPONENT = Parameter("component", "components", -1, "Component to draw from; -1: any.")
LABEL = Parameter("label", "classes", -1, "Class to draw from; -1: any.")
SCALE = Parameter("scale", "scale", 1.0, _SCALE_HELP)
TEMPERATURE = Parameter("temperature", "temperature", 1.0, _TEMPERATURE_HELP, least=_TINY)
PARAMETERS = {each.name: each for each in (COMPONENT, LABEL, SCALE, TEMPERATURE)}


class BaseSampler:
    """What draws images, each a function of its seed and sampling parameters alone.

    A subclass says how rows are drawn: it has `sampling_parameters` and `draw_rows`, and of a model
    with latents `latent_dim` and `decode_rows`.

    Attributes:
        sampling_parameters: By the names of those in `PARAMETERS` that the model takes, how many
            components or classes there are; None where that is not known, or no number.
        latent_dim: L, the width of latents; None for a model without.
    """

    sampling_parameters: Mapping[str, int | None]
    latent_dim: int | None = None

    def draw_rows(self, seed: Any, **parameters: Any) -> dict[str, Any]:
        """Draws a chunk: row r of what comes out depends on row r of what goes in alone.

        Args:
            seed: int32 [N].
            **parameters: int32 or float32 [N], one for each of `sampling_parameters`.

        Returns:
            What `draw` gives, as arrays or tensors.
        """
        raise NotImplementedError

    def decode_rows(self, latent: Any) -> Any:
        """Makes images of latents, float32 [N, L], as arrays or tensors."""
        raise NotImplementedError

    def sample(
        self,
        num_samples: int,
        *,
        seed: int | np.ndarray = 0,
        component: int | np.ndarray | None = None,
        label: int | np.ndarray | None = None,
        scale: float | np.ndarray = 1.0,
        temperature: float | np.ndarray = 1.0,
        weights: np.ndarray | None = None,
    ) -> np.ndarray:
        """Draws images.

        Each parameter is one value or one per row. A model takes some of them: a `tfmix.Sampler`
        component, scale and weights, and label where it has classes; a `tfmix.PixelCNN`
        temperature, and label likewise.

        Args:
            num_samples: N.
            seed: An int32, from which each row's seed follows, or one per row; see
                `tfmix.seeds.row_seeds`.
            component: The component to draw from; -1 or None: draw it.
            label: The class to draw from; -1 or None: draw it. Where components stand for classes,
                one of that class is drawn.
            scale: Factor on the standard deviation of the component, at least 0. Below 1 gives
                higher quality and lower diversity, above 1 the reverse; 0 the component's centre
                (GM-GAN, 2018).
            temperature: T above 0: each channel of a pixel is drawn from p^(1 / T). Below 1 gives
                likelier images and lower diversity.
            weights: Probabilities [K] to draw components with instead of the prior's own.

        Returns:
            float32 [N, H, W, C] in [-1, 1], or points [N, P].

        Raises:
            ValueError: An argument out of its range or of another length than N, one that the model
                does not take, or a component of another class than the one asked for.
        """
        given = {"component": component, "label": label, "scale": scale}
        given |= {"temperature": temperature, "weights": weights}
        return self.draw(num_samples, seed=seed, **given)["images"]

    def draw(
        self, num_samples: int, *, seed: int | np.ndarray = 0, **parameters: Any
    ) -> dict[str, np.ndarray]:
        """Draws images with what they were made from; arguments and errors as of `sample`.

        Returns:
            "images" float32 [N, H, W, C] in [-1, 1], or points [N, P]. Where the model has them,
            "component" int32 [N], "latent" float32 [N, L] and "label" int32 [N].
        """
        return self._draw(seeds.row_seeds(seed, num_samples), parameters)

    def images(
        self, num_samples: int, *, seed: int | np.ndarray = 0, **parameters: Any
    ) -> np.ndarray:
        """Draws images for imshow: uint8 [N, H, W, C]; arguments and errors as of `sample`.

        Raises:
            ValueError: Also for a model of points.
        """
        return self._to_uint8(self.draw(num_samples, seed=seed, **parameters)["images"])

    def decode(self, latent: np.ndarray) -> np.ndarray:
        """Makes images of latents: exactly those that `draw` gives with them.

        Args:
            latent: float32 [N, L].

        Returns:
            float32 [N, H, W, C] in [-1, 1], or points [N, P].

        Raises:
            ValueError: `latent` is not of width L, or the model has no latents.
        """
        if self.latent_dim is None:
            raise ValueError("This model has no latents to decode.")
        latent = np.asarray(latent, np.float32)
        if latent.ndim != 2 or latent.shape[1] != self.latent_dim:
            raise ValueError(f"latent is [N, {self.latent_dim}]. Received: shape {latent.shape}.")
        decoded = in_chunks(lambda latent: {"images": self.decode_rows(latent)}, {"latent": latent})
        return decoded["images"]

    def interpolate(
        self,
        first: int,
        last: int,
        *,
        num: int = 1,
        steps: int = 8,
        seed: int = 0,
        scale: float = 1.0,
    ) -> np.ndarray:
        """Interpolates linearly between the latents that two components make of the same noise.

        Args:
            first: The component at which each interpolation begins.
            last: The component at which it ends.
            num: Number of interpolations, each of noise of its own.
            steps: Images of each, its two ends among them.
            seed: An int32, from which the seed of each interpolation follows as a row's in
                `sample`.
            scale: As of `sample`.

        Returns:
            uint8 [num * steps, H, W, C], one interpolation after the other:
            `tfmix.grid(images, columns=steps)` shows each as a row.

        Raises:
            ValueError: An argument out of its range, or a model without components.
        """
        num, steps = checks.positive_int("num", num), checks.positive_int("steps", steps)
        if min(first, last) < 0:
            wanted = "An interpolation has a component at each end"
            raise ValueError(f"{wanted}. Received: {first} and {last}.")
        start, end = (
            self._draw(seeds.row_seeds(seed, num), {"component": component, "scale": scale})
            for component in (first, last)
        )
        share = np.linspace(0.0, 1.0, steps, dtype=np.float32)[:, None]
        pairs = zip(start["latent"], end["latent"], strict=True)
        latent = np.concatenate([(1 - share) * a + share * b for a, b in pairs])
        return self._to_uint8(self.decode(latent))

    def _draw(self, row_seeds: Any, given: Mapping[str, Any]) -> dict[str, np.ndarray]:
        """`draw` by seeds [N], one per row."""
        return in_chunks(self.draw_rows, self._inputs(np.asarray(row_seeds), given))

    def _inputs(self, row_seeds: np.ndarray, given: Mapping[str, Any]) -> dict[str, np.ndarray]:
        """What `draw_rows` takes, once it is checked."""
        given, known = dict(given), self.sampling_parameters
        if given.pop("weights", None) is not None:
            raise ValueError("Only a tfmix.Sampler takes weights. Received: weights for another.")
        for name in given:
            if name not in PARAMETERS:
                takes = f"Beside its seed, a sampler takes {', '.join(PARAMETERS)} or weights"
                raise TypeError(f"{takes}. Received: {name}={given[name]!r}.")
            if name not in known:
                PARAMETERS[name].refuse(given[name], known)
        checked = {"seed": row_seeds}
        for name, count in known.items():
            value = given.get(name, PARAMETERS[name].neutral)
            checked[name] = PARAMETERS[name].check(value, len(row_seeds), count)
        return checked

    def _to_uint8(self, images: np.ndarray) -> np.ndarray:
        if images.ndim != 4:
            raise ValueError("This model draws points, which are no images: call sample.")
        return pictures.to_uint8(images)


def in_chunks(
    function: Callable[..., Mapping[str, Any]], inputs: Mapping[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """Calls a function of rows with at most 256 at a time, which bounds its memory.

    Args:
        function: It takes inputs by name and returns arrays or tensors by name, one row of each
            for each row that goes in.
        inputs: Arrays [N, ...]; none at all is one empty chunk.

    Returns:
        What the function gives for all rows.
    """
    rows = len(next(iter(inputs.values())))
    chunks = [
        function(**{name: values[start : start + _CHUNK] for name, values in inputs.items()})
        for start in range(0, max(rows, 1), _CHUNK)
    ]
    return {name: np.concatenate([chunk[name] for chunk in chunks]) for name in chunks[0]}
