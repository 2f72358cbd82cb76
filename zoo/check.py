"""The program `tfmix check` by its name in the checkout: `python -m zoo.check`."""

from tfmix.programs import check, command_line

if __name__ == "__main__":
    command_line.run(check.main)
