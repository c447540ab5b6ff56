"""Models: what reads histories and says what it expects next."""

from nerode.models.model import Contexts, Model
from nerode.models.registry import open_model

__all__ = ["Contexts", "Model", "open_model"]
