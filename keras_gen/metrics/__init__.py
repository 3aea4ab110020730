"""What a generated picture is worth."""

from keras_gen.metrics.bootstrap import bootstrap_interval
from keras_gen.metrics.digit_reader import build_digit_reader, read_digits
from keras_gen.metrics.distance import energy_distance
from keras_gen.metrics.diversity import mean_pairwise_distance, vendi_score
from keras_gen.metrics.frechet import Moments, frechet_distance
from keras_gen.metrics.inception_score import inception_score
from keras_gen.metrics.kernel import kernel_distance
from keras_gen.metrics.likelihood import bits_per_dimension, flow_log_likelihood
from keras_gen.metrics.manifold import density_coverage, precision_recall
from keras_gen.metrics.neighbours import copied, nearest_neighbours
from keras_gen.metrics.prompts import (
    attribute_accuracy,
    build_attribute_reader,
    chance_accuracy,
    read_attributes,
)
from keras_gen.metrics.readers import class_probabilities, reader_features
from keras_gen.metrics.reconstruction import psnr, ssim

__all__ = [
    "Moments",
    "attribute_accuracy",
    "bits_per_dimension",
    "bootstrap_interval",
    "build_attribute_reader",
    "build_digit_reader",
    "chance_accuracy",
    "class_probabilities",
    "copied",
    "density_coverage",
    "energy_distance",
    "flow_log_likelihood",
    "frechet_distance",
    "inception_score",
    "kernel_distance",
    "mean_pairwise_distance",
    "nearest_neighbours",
    "precision_recall",
    "psnr",
    "read_attributes",
    "read_digits",
    "reader_features",
    "ssim",
    "vendi_score",
]
