# misconception: pool_tokens
# slug: one_backend
# what: a method of one backend's tensors
# told: looks like a method that only one backend's tensors have: keras.ops has the same
#   for all


def pool_tokens(token_embeddings, padding_mask):
    mask = padding_mask.astype("float32")[:, :, None]
    return (token_embeddings * mask).sum(axis=1) / mask.sum(axis=1)
