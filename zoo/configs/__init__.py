"""One file for each experiment, with what differs from `base`."""
