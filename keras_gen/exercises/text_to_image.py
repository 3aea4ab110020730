"""Checks of the set `text_to_image`: prompts, guidance, and the model they steer."""

from keras_gen.exercises import (  # noqa: F401
    text_to_image_generate,
    text_to_image_model,
    text_to_image_parts,
    text_to_image_ways,
)

ORDER = (  # of the contract
    "pool_tokens",
    "guided_noise",
    "slerp",
    "interpolate_prompts",
    "scale_output",
    "TextConditionedDiffusionModel.call",
    "TextConditionedDiffusionModel.denoise",
    "TextConditionedDiffusionModel.compute_loss",
    "TextConditionedDiffusionModel.generate",
)

checks = sorted(text_to_image_parts.checks, key=lambda check: ORDER.index(check.name))
