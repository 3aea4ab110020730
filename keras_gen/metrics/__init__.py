"""What a generated picture is worth."""

from keras_gen.metrics.distance import energy_distance
from keras_gen.metrics.prompts import (
    attribute_accuracy,
    build_attribute_reader,
    chance_accuracy,
    read_attributes,
)

__all__ = [
    "attribute_accuracy",
    "build_attribute_reader",
    "chance_accuracy",
    "energy_distance",
    "read_attributes",
]
