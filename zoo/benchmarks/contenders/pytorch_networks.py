"""The DCGAN pair of `tfmix.networks` in PyTorch, as one would write it there.

A TensorFlow map is cropped and padded one pixel more at its end, a PyTorch map at its beginning. So
these networks compute the mirror images of what those of the same weights compute; see
`zoo.benchmarks.contenders.agreement`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import nn


def generator(block: Mapping[str, Any], latent_dim: int, shape: Sequence[int]) -> nn.Sequential:
    """`DCGANGenerator` of a config's block `generator`, for images (H, W, C) of even maps.

    Shapes: [B, L] -> [B, C, H, W].
    """
    (side, _, channels), depth = shape, block["depth"]
    maps, side = block["width"] * 2 ** (depth - 1), side // 2**depth
    layers = [
        nn.Linear(latent_dim, maps * side**2, bias=False),
        nn.Unflatten(1, (maps, side, side)),
    ]
    for i in range(1, depth + 1):
        out, last = (channels, True) if i == depth else (maps // 2, False)
        layers += [nn.BatchNorm2d(maps, eps=1e-3), nn.ReLU(inplace=True)]
        layers.append(nn.ConvTranspose2d(maps, out, 5, 2, 2, output_padding=1, bias=last))
        maps = out
    return nn.Sequential(*layers, nn.Tanh())


class Discriminator(nn.Module):
    """`DCGANDiscriminator` without norm, of a config's block `discriminator`.

    Args:
        block: Of the config.
        shape: (H, W, C).
        components: K of the component head; 0: none.

    Shapes: [B, C, H, W] -> [B, 1 + K].
    """

    def __init__(self, block: Mapping[str, Any], shape: Sequence[int], components: int):
        super().__init__()
        (side, _, maps), kernel, layers = shape, block["kernel_size"], []
        for i in range(block["depth"]):
            smaller, out = -(-side // 2), block["width"] * 2**i
            padding = -(-(2 * (smaller - 1) + kernel - side) // 2)
            layers += [nn.Conv2d(maps, out, kernel, 2, padding), nn.LeakyReLU(0.2, inplace=True)]
            side, maps = smaller, out
        layers.append(nn.Flatten())
        width = maps * side**2
        for units in block["dense_widths"]:
            layers += [nn.Linear(width, units), nn.LeakyReLU(0.2, inplace=True)]
            width = units
        self.features = nn.Sequential(*layers)
        self.logit = nn.Linear(width, 1)
        self.components = nn.Linear(width, components) if components else None

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """The logit, then those of the components."""
        features = self.features(images)
        heads = [self.logit] if self.components is None else [self.logit, self.components]
        return torch.cat([head(features) for head in heads], dim=1)
