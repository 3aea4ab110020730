# misconception: pool_tokens
# slug: summed
# what: the sum of the real tokens
# told: looks like a sum where a mean was meant: long prompts get longer vectors

from keras import ops


def pool_tokens(token_embeddings, padding_mask):
    mask = ops.cast(padding_mask, token_embeddings.dtype)[:, :, None]
    return ops.sum(token_embeddings * mask, axis=1)
