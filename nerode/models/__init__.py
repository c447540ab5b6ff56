"""Models: next-symbol distributions after histories."""

from nerode.models.model import Contexts, Model
from nerode.models.registry import open_model

__all__ = ["Contexts", "Model", "open_model"]
