"""Checks of the set `text_to_image`: prompts, guidance, and the model they steer."""

from keras_gen.exercises import text_to_image_parts, text_to_image_ways  # noqa: F401

checks = text_to_image_parts.checks
