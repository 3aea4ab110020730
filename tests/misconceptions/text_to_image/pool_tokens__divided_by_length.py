# misconception: pool_tokens
# slug: divided_by_length
# what: the sum of the real tokens divided by the full length
# told: looks like the sum of the real tokens divided by the number of all places:
#   divide by the number of real ones, yours is {number} times too small

from keras import ops


def pool_tokens(token_embeddings, padding_mask):
    mask = ops.cast(padding_mask, token_embeddings.dtype)[:, :, None]
    return ops.mean(token_embeddings * mask, axis=1)
