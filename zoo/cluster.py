"""The program `tfmix cluster` by its name in the checkout: `python -m zoo.cluster`."""

from tfmix.programs import cluster, command_line

if __name__ == "__main__":
    command_line.run(cluster.main)
