"""Text: tokens, a RoBERTa encoder and its pretraining, prompt embeddings.

keras-hub is imported when the first encoder is made, not before.
"""

from keras_gen.text.embeddings import interpolate_prompts, pool_tokens, slerp
from keras_gen.text.paraphrases import (
    ParaphraseModel,
    contrastive_loss,
    train_on_paraphrases,
)
from keras_gen.text.roberta import TextEncoder, pretrain_text_encoder, train_tokenizer

__all__ = [
    "ParaphraseModel",
    "contrastive_loss",
    "train_on_paraphrases",
    "TextEncoder",
    "interpolate_prompts",
    "pool_tokens",
    "pretrain_text_encoder",
    "slerp",
    "train_tokenizer",
]
