# misconception: pool_tokens
# slug: maximum
# what: the maximum over the real tokens
# told: looks like a maximum over the tokens where a mean was meant

from keras import ops


def pool_tokens(token_embeddings, padding_mask):
    mask = ops.cast(padding_mask, "bool")[:, :, None]
    return ops.max(ops.where(mask, token_embeddings, -1e9), axis=1)
