"""Runs the tests that are named: the main program of BUILD's test targets."""

import sys

import pytest

if __name__ == "__main__":
    sys.exit(pytest.main(sys.argv[1:]))
