"""Trains the extractors that ship with tfmix, and writes their cards."""
