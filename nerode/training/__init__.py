"""Training: sequences in, a model folder out."""

from nerode.training.run import train
from nerode.training.settings import Settings

__all__ = ["Settings", "train"]
