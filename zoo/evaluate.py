"""The program `tfmix evaluate` by its name in the checkout: `python -m zoo.evaluate`."""

from tfmix.programs import command_line, evaluate

if __name__ == "__main__":
    command_line.run(evaluate.main)
