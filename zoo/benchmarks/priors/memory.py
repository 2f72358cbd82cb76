"""Memory that the implicit gradient takes, measured in a process of its own. Linux alone."""

import json
import pathlib
import subprocess
import sys

from tfmix.programs import command_line
from zoo.benchmarks.priors.settings import Setting


def measure(setting: Setting) -> dict[str, float]:
    """Memory of a process that draws one batch and takes its implicit gradient.

    Returns:
        MiB resident right before the gradient is traced, compiled and run, and at the peak.
    """
    command = [sys.executable, "-m", "zoo.benchmarks.priors.memory", json.dumps(vars(setting))]
    child = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(child.stdout)


def _child(setting: Setting) -> dict[str, float]:
    command_line.import_tfmix()
    from zoo.benchmarks.priors import gradients

    step = gradients.steps(setting, ["implicit"])["implicit"]
    before = _resident("VmRSS")
    step(0)
    return {"before_mib": before, "peak_mib": _resident("VmHWM")}


def _resident(name: str) -> float:
    # Not getrusage's ru_maxrss: that of a process begins at its parent's.
    status = pathlib.Path("/proc/self/status").read_text()
    kib = next(line.split()[1] for line in status.splitlines() if line.startswith(f"{name}:"))
    return round(int(kib) / 1024, 1)


if __name__ == "__main__":
    print(json.dumps(_child(Setting(**json.loads(sys.argv[1])))))
