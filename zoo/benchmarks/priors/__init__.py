"""The benchmark of the priors' gradients: `python -m zoo.benchmarks.priors`."""
