"""Samplers as files, for Python and for TF Serving."""

from tfmix.serving.client import Client
from tfmix.serving.export import export, export_saved_model
from tfmix.serving.saved_sampler import SavedSampler

__all__ = ["Client", "SavedSampler", "export", "export_saved_model"]
