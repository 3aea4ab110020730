# misconception: pool_tokens
# slug: first_token
# what: the first token
# told: looks like the first token alone: the mean over all real tokens was meant


def pool_tokens(token_embeddings, padding_mask):
    return token_embeddings[:, 0, :]
