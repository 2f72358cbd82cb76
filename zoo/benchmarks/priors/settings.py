"""What is measured, and how long for."""

import dataclasses

WAYS = ("pathwise", "marginal", "implicit", "tfp")
SEED = 0  # of locations, weights, loss and draws
LATENT_DIM, BATCH_SIZE = 100, 64  # of the training step


@dataclasses.dataclass(frozen=True)
class Setting:
    """A mixture prior and a batch drawn from it."""

    latent_dim: int  # D
    loc_range: float  # locations are U(-loc_range, loc_range)
    scale: float  # standard deviation, or scale of t, of every component and dimension
    batch_size: int  # N
    num_components: int  # K
    df: float | None = None  # degrees of freedom of independent Student-t dimensions; None: Normal
    learn_df: bool = False

    @property
    def family(self) -> str:
        """The law of a component, in words."""
        if self.df is None:
            return "Normal"
        return "Student-t, df learned" if self.learn_df else f"Student-t, df {self.df:g}"

    def described(self) -> dict[str, object]:
        """All attributes, the family, and the geometry: all but K and the family, in words."""
        geometry = (
            f"D={self.latent_dim}, loc U(-{self.loc_range:g}, {self.loc_range:g}), "
            f"scale {self.scale:g}, batch {self.batch_size}"
        )
        return {**dataclasses.asdict(self), "family": self.family, "geometry": geometry}


@dataclasses.dataclass(frozen=True)
class Plan:
    """Everything that one run measures."""

    gradients: tuple[Setting, ...]  # where the four gradients are compared
    implicit: tuple[Setting, ...]  # where the implicit gradient is compared with TFP's
    memory: Setting  # where the memory of the implicit gradient is measured
    image_size: int  # of the training step: side of its images
    width: int  # of its networks
    num_components: int  # of its mixture
    rounds: int  # how often a time is taken at most
    batches: int  # how many batches an error is taken over at most
    seconds: float  # after which no further round or batch begins, once there are three


_APART = (100, 1.0, 0.5, 64, 50)
_SMALL = Setting(2, 1.0, 0.5, 16, 3)
FULL = Plan(
    gradients=tuple(
        Setting(*geometry, num_components, df)
        for geometry in ((2, 1.0, 0.2, 256), (30, 1.0, 0.2, 256), (100, 0.1, 0.15, 64))
        for df in (None, 5.0)
        for num_components in (10, 50, 200)
    ),
    implicit=(*(Setting(*_APART, df) for df in (None, 5.0, 4.5)), Setting(*_APART, 4.5, True)),
    memory=Setting(256, 1.0, 0.2, 256, 200),
    image_size=28,
    width=64,
    num_components=100,
    rounds=60,
    batches=200,
    seconds=5.0,
)
QUICK = Plan((_SMALL,), (_SMALL,), _SMALL, 8, 4, 3, rounds=3, batches=3, seconds=1.0)
