# misconception: pool_tokens
# slug: mask_inverted
# what: the mask is 1 for padding
# told: looks like a mask that is 1 for padding: here it is 1 where a token is real

from keras import ops


def pool_tokens(token_embeddings, padding_mask):
    mask = 1.0 - ops.cast(padding_mask, token_embeddings.dtype)[:, :, None]
    count = ops.maximum(ops.sum(mask, axis=1), 1.0)
    return ops.sum(token_embeddings * mask, axis=1) / count
