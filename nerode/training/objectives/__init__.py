"""What a training minimises: one objective a file."""

from nerode.training.objectives.registry import OBJECTIVES, ObjectiveSpec

__all__ = ["OBJECTIVES", "ObjectiveSpec"]
