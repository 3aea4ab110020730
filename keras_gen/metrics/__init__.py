"""What a generated picture is worth."""

from keras_gen.metrics.distance import energy_distance
from keras_gen.metrics.frechet import frechet_distance, reader_features
from keras_gen.metrics.neighbours import copied, nearest_neighbours
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
    "copied",
    "energy_distance",
    "frechet_distance",
    "nearest_neighbours",
    "read_attributes",
    "reader_features",
]
