"""Texts that say the same, moved together: contrastive training of a text encoder.

Filling in masked tokens teaches an encoder the language, but the mean of a text's
token embeddings then says as much of how a thing was said as of what.  Here two
captions of one picture must be nearer to each other than to all others of a batch,
so what is left is what they have in common: the picture's attributes.

Reference:
    Reimers & Gurevych 2019, https://arxiv.org/abs/1908.10084 (sentences);
    van den Oord et al. 2018, https://arxiv.org/abs/1807.03748, eq. 4 (the loss).
"""

import keras
from keras import ops

from keras_gen.checks import check_positive_integers


def contrastive_loss(similarities):
    """Asks of each text which of the others is its paraphrase, in both directions.

    Args:
        similarities: `(batch, batch)`, of text `i` and paraphrase `j`, divided by the
            temperature; the pairs lie on the diagonal.

    Returns:
        Scalar, in nats: 0 if each text is nearest to its own by far, log(batch) if
        all are alike.

    Example:

    >>> float(contrastive_loss(100.0 * ops.eye(3)))
    0.0

    Reference:
        Radford et al. 2021, https://arxiv.org/abs/2103.00020, fig. 3.
    """
    own = ops.diagonal(similarities)
    rows = ops.logsumexp(similarities, axis=1) - own
    columns = ops.logsumexp(similarities, axis=0) - own
    return ops.mean(rows + columns) / 2


@keras.saving.register_keras_serializable(package="keras_gen")
class ParaphraseModel(keras.Model):
    """Trains a text encoder on pairs of texts that say the same.

    Args:
        encoder: a `keras_gen.text.TextEncoder`; its pooled embeddings are trained.
        temperature: by which cosine similarities are divided.

    Call arguments:
        inputs: dict of integer arrays `(batch, length)`: `token_ids` and
            `padding_mask` of the texts, `other_token_ids` and `other_padding_mask`
            of their paraphrases.

    Returns:
        `(batch, batch)` similarities, divided by the temperature.
    """

    def __init__(self, encoder, temperature=0.05, **kwargs):
        super().__init__(**kwargs)
        self.encoder = encoder
        self.temperature = temperature
        self.built = True  # as the encoder is

    def call(self, inputs, training=False):
        """Embeds both texts in one batch, and compares all with all."""
        both = {
            name: ops.concatenate([inputs[name], inputs[f"other_{name}"]])
            for name in ("token_ids", "padding_mask")
        }
        vectors = self.encoder.embed_tokens(both, pooled=True, training=training)
        texts, others = ops.split(ops.normalize(vectors), 2)
        return ops.matmul(texts, ops.transpose(others)) / self.temperature

    def compute_loss(
        self, x=None, y=None, y_pred=None, sample_weight=None, training=True
    ):
        """The contrastive loss of the batch."""
        return contrastive_loss(y_pred)

    def get_config(self):
        """Returns the constructor's arguments, the encoder serialised."""
        encoder = keras.saving.serialize_keras_object(self.encoder)
        return {"name": self.name, "encoder": encoder, "temperature": self.temperature}

    @classmethod
    def from_config(cls, config):
        """Makes the model that `get_config` described."""
        encoder = keras.saving.deserialize_keras_object(config["encoder"])
        return cls(**{**config, "encoder": encoder})


def train_on_paraphrases(
    encoder,
    texts,
    paraphrases,
    epochs=4,
    batch_size=128,
    learning_rate=1e-3,
    seed=0,
    verbose="auto",
):
    """Moves the embeddings of texts that say the same together.

    Args:
        encoder: a `TextEncoder`, trained in place.
        texts: list of texts.
        paraphrases: as many texts, each of which says what its partner says.
        epochs: passes over the pairs.
        batch_size: pairs a step, in their order; each text is compared with all the
            others, and learns most from those that nearly say the same.
        learning_rate: peak of a cosine decay, after a short warm-up.
        seed: of the encoder's dropout.
        verbose: as in `fit`.

    Returns:
        What `fit` logged: a dict of lists.

    Raises:
        ValueError: if there are not as many paraphrases as texts, or too few pairs
            for a batch.
    """
    check_positive_integers(epochs=epochs, batch_size=batch_size)
    num = len(texts) // batch_size * batch_size  # pairs in whole batches
    if len(texts) != len(paraphrases) or not num:
        raise ValueError(
            "texts and paraphrases must be equally many, at least batch_size="
            f"{batch_size}; got {len(texts)} and {len(paraphrases)}."
        )
    keras.utils.set_random_seed(seed)
    others = encoder.tokenize(paraphrases)
    pairs = {**encoder.tokenize(texts), **{f"other_{k}": v for k, v in others.items()}}
    steps = epochs * num // batch_size
    rate = keras.optimizers.schedules.CosineDecay(
        learning_rate / 10,
        steps,
        warmup_target=learning_rate,
        warmup_steps=min(50, steps // 10),
    )
    encoder.trainable = True
    model = ParaphraseModel(encoder)
    model.compile(keras.optimizers.Adam(rate))
    return model.fit(
        {name: values[:num] for name, values in pairs.items()},
        batch_size=batch_size,
        epochs=epochs,
        shuffle=False,
        verbose=verbose,
    ).history
