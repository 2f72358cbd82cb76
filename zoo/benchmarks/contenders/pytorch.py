"""The recommended recipe in PyTorch: the same networks, losses, penalty and average of weights.

It is written as one writes for speed there: one pass for real and generated images, no gradient of
the discriminator's weights in the generator's update, and lists of tensors averaged by one call.
"""

import functools
import shutil
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from zoo.benchmarks.contenders.pytorch_networks import Discriminator, generator

_ENTROPY, _DIVERGENCE, _MOMENTUM, _LEAST = 0.1, 2.0, 0.75, 1e-8  # as in tfmix.models.mixture_gan
_RANGES = (0.2618, 0.1, 0.1, 0.1)  # as in tfmix.augment.affine, shifts as shares of a side


def step(
    config: dict[str, Any],
    shape: Sequence[int],
    *,
    channels_last: bool = False,
    bfloat16: bool = False,
    compiled: bool = False,
) -> Callable[..., None]:
    """Makes what does training steps on random images.

    Args:
        config: Of `tfmix.training`, of a GAN or a GMGAN with the recipe's losses.
        shape: (H, W, C) of images.
        channels_last: Whether maps have their channels last in memory.
        bfloat16: Whether it computes under autocast.
        compiled: Whether both networks go through torch.compile, which has no second derivatives:
            R1 is computed by the network as it is.

    Raises:
        ImportError: There is no compiler for torch.compile.
    """
    game = Game(config, shape, channels_last, compiled)

    def work(number: int) -> None:
        for _ in range(number):
            with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
                game.step()

    return work


def sample(network: dict[str, Any], channels_last: bool = False) -> Callable[..., None]:
    """Makes what generates images of latents at hand, in batches of a size, as float32.

    Args:
        network: Config of a `DCGANGenerator`.
        channels_last: As of `step`.
    """
    layout = {"memory_format": torch.channels_last} if channels_last else {}
    generate = generator(network, network["input_dim"], network["image_shape"]).eval().to(**layout)
    latents = torch.randn(1024, network["input_dim"])

    @torch.inference_mode()
    def work(number: int, batch: int) -> None:
        kept = [generate(latents[: min(batch, number - i)]) for i in range(0, number, batch)]
        torch.cat(kept).numpy()

    return work


class Game:
    """The two networks, a prior, their optimizers and an average of the generator.

    Args:
        config: As of `step`.
        shape: (H, W, C) of images.
        channels_last: As of `step`.
        compiled: As of `step`.
    """

    def __init__(
        self, config: dict[str, Any], shape: Sequence[int], channels_last: bool, compiled: bool
    ):
        if compiled and shutil.which("g++") is None:
            raise ImportError("torch.compile needs a C++ compiler, g++, and there is none")
        torch.manual_seed(0)
        self.block, prior = config["model"], config["prior"]
        self.latent_dim, self.components = prior["latent_dim"], prior.get("num_components", 0)
        self.invariance = self.block.get("invariance_weight", 0.0)
        generate = generator(config["generator"], self.latent_dim, shape)
        judge = Discriminator(
            config["discriminator"],
            shape,
            self.components if self.block.get("component_weight") else 0,
        )
        layout = {"memory_format": torch.channels_last} if channels_last else {}
        self.generator, self.judge = generate.to(**layout), judge.to(**layout)
        self.images = (2 * torch.rand(config["batch_size"], shape[2], *shape[:2]) - 1).to(**layout)
        scale = prior.get("within", 0.9) ** 0.5
        self.loc = nn.Parameter(torch.randn(self.components, self.latent_dim))
        self.scale = nn.Parameter(torch.full([self.components, self.latent_dim], scale))
        self.marginal = torch.full([self.components], 1 / max(self.components, 1))
        given = config["optimizer"]
        options = {"lr": given["learning_rate"], "betas": (given["beta_1"], given["beta_2"])}
        trained = [*generate.parameters(), *([self.loc, self.scale] if self.components else [])]
        self.generator_optimizer = torch.optim.Adam(trained, **options)
        self.judge_optimizer = torch.optim.Adam(judge.parameters(), **options)
        kept = [*trained, *generate.buffers()]
        self.kept = [each.detach() for each in kept if each.is_floating_point()]
        self.average = [each.clone() for each in self.kept]
        self.momentum = config["ema_momentum"]
        self.generate, self.discriminate = self.generator, self.judge
        if compiled:
            for_one_size = functools.partial(torch.compile, dynamic=False)
            self.generate, self.discriminate = for_one_size(generate), for_one_size(judge)
        self.losses, self.number = torch.zeros(2), 0

    def step(self) -> None:
        """A training step: the discriminator, then generator and prior on the same images."""
        count, real = len(self.images), self.images
        noise = torch.randn(count, self.latent_dim)
        if self.components:
            component = torch.randint(self.components, [count])
            noise = self.loc[component] + self.scale[component] * noise
        generated = self.generate(noise).float()
        outputs = self.discriminate(torch.cat([real, generated.detach()])).float()
        of_judge = (
            functional.softplus(-outputs[:count, 0]).mean()
            + functional.softplus(outputs[count:, 0]).mean()
        )
        total = of_judge
        if self.block["r1_penalty"] and self.number % self.block["r1_every"] == 0:
            total = total + self.block["r1_every"] * self.block["r1_penalty"] * self._r1()
        if self.invariance and self.number % 2 == 0:
            total = total + 2 * self.invariance * self._invariance(outputs[:count, 1:])
        self.judge_optimizer.zero_grad()
        total.backward()
        self.judge_optimizer.step()

        self.judge.requires_grad_(False)
        outputs = self.discriminate(generated).float()
        of_generator = total = functional.softplus(-outputs[:, 0]).mean()
        if self.judge.components is not None:
            found = functional.cross_entropy(outputs[:, 1:], component)
            total = total + self.block["component_weight"] * found
        self.generator_optimizer.zero_grad()
        total.backward()
        self.generator_optimizer.step()
        self.judge.requires_grad_(True)
        if self.momentum:
            torch._foreach_lerp_(self.average, self.kept, 1 - self.momentum)
        self.losses += torch.stack([of_judge.detach(), of_generator.detach()])
        self.number += 1

    def _r1(self) -> torch.Tensor:
        images = self.images.detach().requires_grad_()
        total = self.judge(images)[:, 0].float().sum()
        (gradient,) = torch.autograd.grad(total, images, create_graph=True)
        return 0.5 * gradient.square().sum() / len(images)

    def _invariance(self, logits: torch.Tensor) -> torch.Tensor:
        """As `tfmix.MixtureGAN` has it."""
        moved = self.discriminate(_affine(self.images)).float()[:, 1:]
        here, there = logits.softmax(1), moved.softmax(1)
        change = functional.cross_entropy(moved, here.detach())
        entropy = functional.cross_entropy(logits, here)
        average = torch.cat([here, there]).mean(0)
        marginal = _MOMENTUM * self.marginal + (1 - _MOMENTUM) * average.detach()
        slope = torch.log((marginal + _LEAST) / (1 / self.components + _LEAST))
        self.marginal = marginal
        return change + _ENTROPY * entropy + _DIVERGENCE * (average * slope).sum()


def _affine(images: torch.Tensor) -> torch.Tensor:
    """Turns, resizes and shifts each image a little, as `tfmix.augment.affine`."""
    uniform = (2 * torch.rand(4, len(images)) - 1) * torch.tensor(_RANGES)[:, None]
    angle, size, down, right = uniform
    cosine, sine = (1 + size) * angle.cos(), (1 + size) * angle.sin()
    rows = [torch.stack([cosine, -sine, 2 * right], 1), torch.stack([sine, cosine, 2 * down], 1)]
    grid = functional.affine_grid(torch.stack(rows, 1), list(images.shape), align_corners=True)
    return functional.grid_sample(images, grid, padding_mode="border", align_corners=True)
