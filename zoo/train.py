"""The program `tfmix train` by its name in the checkout: `python -m zoo.train`."""

from tfmix.programs import command_line, train

if __name__ == "__main__":
    command_line.run(train.main)
