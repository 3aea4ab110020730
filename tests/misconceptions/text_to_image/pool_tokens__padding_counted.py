# misconception: pool_tokens
# slug: padding_counted
# what: the mean over all places, padding included
# told: looks like a mean over all places, padding included: short prompts are washed
#   out

from keras import ops


def pool_tokens(token_embeddings, padding_mask):
    return ops.mean(token_embeddings, axis=1)
