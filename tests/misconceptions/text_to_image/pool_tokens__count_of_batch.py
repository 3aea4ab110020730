# misconception: pool_tokens
# slug: count_of_batch
# what: divided by the mean number of tokens in the batch
# told: looks like one number of tokens for the whole batch: each prompt has its own
#   length

from keras import ops


def pool_tokens(token_embeddings, padding_mask):
    mask = ops.cast(padding_mask, token_embeddings.dtype)[:, :, None]
    batch = ops.cast(ops.shape(token_embeddings)[0], token_embeddings.dtype)
    return ops.sum(token_embeddings * mask, axis=1) * batch / ops.sum(mask)
