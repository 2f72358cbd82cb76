"""The program `tfmix sample` by its name in the checkout: `python -m zoo.sample`."""

from tfmix.programs import command_line, sample

if __name__ == "__main__":
    command_line.run(sample.main)
