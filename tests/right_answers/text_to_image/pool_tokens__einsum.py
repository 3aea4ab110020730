# right answer: pool_tokens
# style: weights that sum to one, einsum

from keras import ops


def pool_tokens(token_embeddings, padding_mask):
    weights = ops.cast(padding_mask, "float32")
    weights = weights / ops.sum(weights, axis=-1, keepdims=True)
    return ops.einsum("bl,bld->bd", weights, token_embeddings)
