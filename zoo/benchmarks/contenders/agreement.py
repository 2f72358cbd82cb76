"""Whether PyTorch's networks are those of tfmix: the same weights give the same images and logits.

A check of a case runs in a process of its own, since it needs both libraries.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import keras
import numpy as np
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from zoo.benchmarks.contenders import pytorch, tensorflow

_ROWS = 8


def check(config: dict[str, Any], shape: Sequence[int]) -> Callable[..., dict[str, Any]]:
    """Makes what compares the networks of a config; arguments as of `tensorflow.step`.

    It returns by network "parameters" and "multiplications" of an image, each as a pair (ours,
    PyTorch's), and "difference", the largest of their outputs as a share of the largest output.
    """

    def work(number: int) -> dict[str, Any]:
        gan = tensorflow.build_model(config, shape, "float32")
        game = pytorch.Game(config, shape, channels_last=False, compiled=False)
        rng = np.random.default_rng(0)
        latents = rng.normal(size=[_ROWS, gan.generator.input_shape[-1]]).astype(np.float32)
        images = rng.uniform(-1, 1, [_ROWS, *shape]).astype(np.float32)
        mirrored = np.ascontiguousarray(images[:, ::-1, ::-1].transpose(0, 3, 1, 2))
        return {
            "generator": _compared(gan.generator, game.generator, latents, latents),
            "discriminator": _compared(gan.discriminator, game.judge, images, mirrored),
        }

    return work


def _compared(
    ours: keras.Model, theirs: nn.Module, inputs: np.ndarray, their_inputs: np.ndarray
) -> dict[str, Any]:
    rng = np.random.default_rng(1)
    for weight in ours.weights:  # biases and batch statistics are 0 and 1 at first
        weight.assign(np.abs(rng.normal(0.1, 0.05, weight.shape)))
    _copy(ours, theirs)
    outputs = ours(inputs, training=False)
    heads = outputs if isinstance(outputs, dict) else {"output": outputs}
    outputs = np.concatenate([each.numpy() for each in heads.values()], axis=-1)
    with torch.inference_mode(), FlopCounterMode(display=False) as counter:
        found = theirs.eval()(torch.from_numpy(their_inputs)).numpy()
    if found.ndim == 4:
        found = found.transpose(0, 2, 3, 1)[:, ::-1, ::-1]
    parameters = sum(each.numel() for each in theirs.state_dict().values() if each.ndim)
    return {
        "parameters": [ours.count_params(), parameters],
        "multiplications": [_multiplications(ours), counter.get_total_flops() // (2 * _ROWS)],
        "difference": float(np.abs(outputs - found).max() / np.abs(outputs).max()),
    }


def _copy(ours: keras.Model, theirs: nn.Module) -> None:
    """Gives a network the weights of one of tfmix, mirrored."""
    with torch.no_grad():
        for own, module in zip(_weighty(ours), _modules(theirs), strict=True):
            arrays = [np.asarray(each) for each in own.weights]
            if isinstance(module, nn.BatchNorm2d):
                into = module.weight, module.bias, module.running_mean, module.running_var
            else:
                arrays[0] = _kernel(own, arrays[0])
                into = [each for each in (module.weight, module.bias) if each is not None]
            for tensor, array in zip(into, arrays, strict=True):
                tensor.copy_(torch.from_numpy(np.ascontiguousarray(array)))


def _kernel(layer: keras.layers.Layer, kernel: np.ndarray) -> np.ndarray:
    """A kernel as PyTorch has it, for maps that are mirrored."""
    if kernel.ndim == 4:
        return kernel[::-1, ::-1].transpose(3, 2, 0, 1)
    before = layer.input._keras_history.operation
    after = [node.operation for node in layer.output._keras_history.operation._outbound_nodes]
    if isinstance(before, keras.layers.Flatten):
        shape = before.input.shape[1:]
        kernel = kernel.reshape(*shape, -1)[::-1, ::-1].transpose(3, 2, 0, 1)
        return kernel.reshape(len(kernel), -1)
    if after and isinstance(after[0], keras.layers.Reshape):
        shape = after[0].output.shape[1:]
        kernel = kernel.reshape(-1, *shape)[:, ::-1, ::-1].transpose(3, 1, 2, 0)
        return kernel.reshape(-1, kernel.shape[-1])
    return kernel.T


def _weighty(network: keras.Model) -> list[keras.layers.Layer]:
    """Layers with weights in PyTorch's order, in which the component head comes last."""
    found = [layer for layer in network.layers if layer.weights]
    return sorted(found, key=lambda layer: layer.name == "component_logits")


def _modules(network: nn.Module) -> Iterator[nn.Module]:
    return (each for each in network.modules() if getattr(each, "weight", None) is not None)


def _multiplications(network: keras.Model) -> int:
    """Multiplications of kernels for an image."""
    total = 0
    for layer in _weighty(network):
        kernel = layer.weights[0]
        if len(kernel.shape) == 1:  # of batch normalisation
            continue
        transposed = isinstance(layer, keras.layers.Conv2DTranspose)
        sides = (layer.input if transposed else layer.output).shape[1:-1]
        total += int(np.prod(sides)) * int(np.prod(kernel.shape))
    return total
