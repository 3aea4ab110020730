"""Checks of the set `text_to_image`: prompts, guidance, and the model they steer."""

from keras_gen.exercises import (  # noqa: F401
    text_to_image_generate,
    text_to_image_model,
    text_to_image_parts,
    text_to_image_ways,
)

checks = text_to_image_parts.checks
