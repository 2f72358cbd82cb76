"""The program `tfmix export` by its name in the checkout: `python -m zoo.export`."""

from tfmix.programs import command_line, export

if __name__ == "__main__":
    command_line.run(export.main)
