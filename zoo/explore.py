"""The program `tfmix explore` by its name in the checkout: `python -m zoo.explore`."""

from tfmix.programs import command_line, explore

if __name__ == "__main__":
    command_line.run(explore.main)
