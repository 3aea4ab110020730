"""RoBERTa: a small encoder of prompts, its tokenizer, and its pretraining.

The lecture uses keras-hub's `roberta_base_en` (124 million parameters, pretrained on
160 GB of text).  The embedded encoder is the same keras-hub classes, small, and
pretrained the same way, by filling in masked tokens, on the captions' language.

Reference:
    Liu et al. 2019, https://arxiv.org/abs/1907.11692.
"""

import json
import re
import warnings
from pathlib import Path

import keras
import numpy as np
from keras import ops

from keras_gen import shelf
from keras_gen.checks import check_positive_integers
from keras_gen.text.embeddings import pool_tokens

register = keras.saving.register_keras_serializable(package="keras_gen")

SPECIAL_TOKENS = ("<s>", "<pad>", "</s>", "<mask>")


def words(text):
    """Lists the words of a text, in lower case.

    >>> words("Six white petals, a bee's dream")
    ['six', 'white', 'petals', 'a', "bee's", 'dream']
    """
    return re.findall(r"\w+(?:['’-]\w+)*", text.lower())


def train_tokenizer(captions, vocabulary_size=512):
    """Trains a byte-level byte-pair tokenizer.

    The vocabulary begins with all 256 bytes, so any text can be written with it,
    also words and scripts that were never seen.

    Args:
        captions: texts to learn the merges from.
        vocabulary_size: tokens, including the bytes and RoBERTa's special tokens.

    Returns:
        A `keras_hub.models.RobertaTokenizer`.

    Reference:
        Sennrich et al. 2016, https://arxiv.org/abs/1508.07909.
    """
    import keras_hub
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers

    learner = Tokenizer(models.BPE())
    learner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary_size,
        special_tokens=list(SPECIAL_TOKENS),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    learner.train_from_iterator(captions, trainer)
    model = json.loads(learner.to_str())["model"]
    merges = [m if isinstance(m, str) else " ".join(m) for m in model["merges"]]
    return keras_hub.models.RobertaTokenizer(vocabulary=model["vocab"], merges=merges)


def pretrain_text_encoder(
    captions,
    epochs=10,
    batch_size=64,
    vocabulary_size=512,
    num_layers=2,
    hidden_dim=128,
    sequence_length=48,
    learning_rate=1e-3,
    seed=0,
    verbose="auto",
):
    """Makes an encoder for the language of the captions, by masked-token prediction.

    Args:
        captions: list of texts.
        epochs: passes over the captions.
        batch_size: texts a step.
        vocabulary_size: size of the tokenizer's vocabulary.
        num_layers: transformer layers.
        hidden_dim: length of a token's embedding; heads have 32 dimensions.
        sequence_length: tokens of the longest prompt, its two end marks included.
        learning_rate: peak of a cosine decay.
        seed: of the weights and the masks.
        verbose: as in `fit`.

    Returns:
        `(encoder, history)`: a `TextEncoder`, and what `fit` logged.
    """
    import keras_hub

    keras.utils.set_random_seed(seed)
    captions = [caption.lower() for caption in captions]
    # Mixed here: keras-hub feeds them in their order, whatever `shuffle` says.
    order = np.random.default_rng(seed).permutation(len(captions))
    captions = [captions[i] for i in order]
    tokenizer = train_tokenizer(captions, vocabulary_size)
    backbone = keras_hub.models.RobertaBackbone(
        vocabulary_size=tokenizer.vocabulary_size(),
        num_layers=num_layers,
        num_heads=max(hidden_dim // 32, 1),
        hidden_dim=hidden_dim,
        intermediate_dim=2 * hidden_dim,
        max_sequence_length=sequence_length,
    )
    preprocessor = keras_hub.models.RobertaMaskedLMPreprocessor(
        tokenizer, sequence_length=sequence_length, mask_selection_length=12
    )
    masked_lm = keras_hub.models.RobertaMaskedLM(backbone, preprocessor)
    steps = epochs * -(-len(captions) // batch_size)
    masked_lm.compile(
        keras.optimizers.Adam(
            keras.optimizers.schedules.CosineDecay(learning_rate, steps)
        ),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        weighted_metrics=["sparse_categorical_accuracy"],
    )
    history = masked_lm.fit(
        np.array(captions),
        batch_size=batch_size,
        epochs=epochs,
        shuffle=False,
        verbose=verbose,
    )
    known_words = sorted({word for caption in captions for word in words(caption)})
    encoder = TextEncoder(
        backbone, tokenizer, sequence_length, known_words, lowercase=True
    )
    return encoder, history.history


def _texts(prompts):
    """The list of texts that `prompts`, one text or several, is."""
    several = hasattr(prompts, "__iter__") and not isinstance(prompts, str)
    texts = list(prompts) if several else [prompts]
    if not texts or not all(isinstance(text, str) for text in texts):
        raise ValueError(
            f"prompts must be a text or a list of texts; got {str(prompts)[:80]}."
        )
    return texts


@register
class TextEncoder(keras.Model):
    """Turns prompts into the embeddings of their tokens.

    Args:
        backbone: a `keras_hub.models.RobertaBackbone`.
        tokenizer: its `RobertaTokenizer`.
        sequence_length: tokens of the longest prompt, its two end marks included.
        known_words: the words seen in training; a prompt with others gets a warning
            that names them.  None where every word may have been seen.
        lowercase: whether prompts are put in lower case first.

    Call arguments:
        inputs: what `tokenize` returns.

    Returns:
        Token embeddings `(batch, sequence_length, dim)`, zeros at the padding, and
        everywhere for an empty prompt, the null text.
    """

    def __init__(
        self,
        backbone,
        tokenizer,
        sequence_length=48,
        known_words=None,
        lowercase=False,
        **kwargs,
    ):
        super().__init__(**kwargs)
        check_positive_integers(sequence_length=sequence_length)
        self.backbone = backbone
        self.tokenizer = tokenizer
        self.sequence_length = sequence_length
        self.known_words = list(known_words) if known_words else None
        self.lowercase = lowercase
        self.dim = backbone.output_shape[-1]
        self.built = True  # as the backbone is

    def call(self, inputs, training=False):
        """Embeds tokens."""
        embeddings = self.backbone(inputs, training=training)
        mask = inputs["padding_mask"]  # (B, L)
        has_text = ops.sum(mask, axis=1, keepdims=True) > 2  # more than its end marks
        mask = ops.cast(ops.logical_and(mask, has_text), embeddings.dtype)
        return embeddings * mask[..., None]

    def embed_tokens(self, inputs, pooled=False, training=False):
        """Embeds what `tokenize` returns; averages the tokens if `pooled`."""
        embeddings = self(inputs, training=training)
        return pool_tokens(embeddings, inputs["padding_mask"]) if pooled else embeddings

    def tokenize(self, prompts):
        """Turns prompts into the numbers of their tokens.

        Args:
            prompts: a string or a list of strings.

        Returns:
            Dict of int32 arrays `(batch, sequence_length)`: `token_ids`, and
            `padding_mask`, which is 1 where a token is real.

        Raises:
            ValueError: if a prompt is longer than `sequence_length` tokens, or no
                text.
        """
        prompts = _texts(prompts)
        texts = [p.lower() if self.lowercase else p for p in prompts]
        tokens = [list(map(int, row)) for row in self.tokenizer(texts)]
        shape = (len(texts), self.sequence_length)
        token_ids = np.full(shape, self.tokenizer.pad_token_id, "int32")
        padding_mask = np.zeros(shape, "int32")
        for row, (prompt, found) in enumerate(zip(prompts, tokens, strict=True)):
            found = [
                self.tokenizer.start_token_id,
                *found,
                self.tokenizer.end_token_id,
            ]
            if len(found) > self.sequence_length:
                shown = prompt if len(prompt) <= 40 else prompt[:40] + "…"
                raise ValueError(
                    f"The prompt {shown!r} has {len(found) - 2} tokens; "
                    f"this encoder takes at most {self.sequence_length - 2}."
                )
            token_ids[row, : len(found)] = found
            padding_mask[row, : len(found)] = 1
        return {"token_ids": token_ids, "padding_mask": padding_mask}

    def embed(self, prompts, pooled=False, batch_size=256):
        """Embeds prompts, each distinct one once.

        An empty prompt is the null text: its embedding is zero.

        Args:
            prompts: a string or a list of strings.
            pooled: whether to average the tokens of each prompt.
            batch_size: prompts a step.

        Returns:
            float32 array `(batch, sequence_length, dim)`, zeros at the padding, or
            `(batch, dim)` if pooled.
        """
        prompts = _texts(prompts)
        distinct = sorted(set(prompts))
        row_of = {prompt: row for row, prompt in enumerate(distinct)}
        self._warn_of_unknown_words(distinct)
        inputs = self.tokenize(distinct)
        parts = []
        for start in range(0, len(distinct), batch_size):
            # Filled up to whole batches: one shape, so one compiled program.
            here = np.arange(start, start + min(batch_size, len(distinct)))
            here = here % len(distinct)
            batch = {name: values[here] for name, values in inputs.items()}
            tokens = self.predict_on_batch(batch)
            if pooled:
                tokens = pool_tokens(
                    ops.convert_to_tensor(tokens), batch["padding_mask"]
                )
            parts.append(ops.convert_to_numpy(tokens))
        embeddings = np.concatenate(parts)[: len(distinct)].astype("float32")
        return embeddings[[row_of[prompt] for prompt in prompts]]

    def unknown_words(self, prompt):
        """Lists the words of a prompt that the encoder's training never showed."""
        if self.known_words is None:
            return []
        known = set(self.known_words)
        return [word for word in words(prompt) if word not in known]

    def _warn_of_unknown_words(self, prompts):
        unknown = {word for prompt in prompts for word in self.unknown_words(prompt)}
        if unknown:
            warnings.warn(
                f"The text encoder has never seen {', '.join(sorted(unknown))}; "
                "the picture may not show it.",
                stacklevel=3,
            )

    def save_to_preset(self, folder):
        """Writes a keras-hub preset folder, and the known words beside it."""
        self.backbone.save_to_preset(str(folder))
        self.tokenizer.save_to_preset(str(folder))
        facts = {
            "sequence_length": self.sequence_length,
            "known_words": self.known_words,
            "lowercase": self.lowercase,
        }
        text = json.dumps(facts, indent=1, ensure_ascii=False)
        Path(folder, "text_encoder.json").write_text(text, encoding="utf-8")

    @classmethod
    def from_preset(cls, preset, sequence_length=48):
        """Loads an encoder: ours, that of a folder, or one of keras-hub's.

        Args:
            preset: `"flower_text_encoder"`, a folder that `save_to_preset` wrote, or a
                keras-hub preset such as `"roberta_base_en"`, which is downloaded.
            sequence_length: for presets that do not say.

        Raises:
            ValueError: if the preset is another model.
            OSError: if there is nothing of that name, and no network.
        """
        import keras_hub

        try:
            preset = shelf.find(preset, ["TextEncoder"])
        except FileNotFoundError:
            pass  # then it is one of keras-hub's
        facts = {"sequence_length": sequence_length}
        path = Path(preset, shelf.ENCODER)
        if path.is_file():
            facts = json.loads(path.read_text(encoding="utf-8"))
        try:
            backbone = keras_hub.models.RobertaBackbone.from_preset(str(preset))
            tokenizer = keras_hub.models.RobertaTokenizer.from_preset(str(preset))
        except Exception as error:
            if Path(preset).is_dir():
                raise
            raise OSError(
                f"The text encoder {str(preset)!r} could not be had "
                f"({type(error).__name__}); without a network use the embedded one, "
                'TextEncoder.from_preset("flower_text_encoder").'
            ) from None
        return cls(backbone, tokenizer, **facts)

    def get_config(self):
        """Returns the constructor's arguments, parts serialised."""
        serialize = keras.saving.serialize_keras_object
        return {
            "name": self.name,
            "backbone": serialize(self.backbone),
            "tokenizer": serialize(self.tokenizer),
            "sequence_length": self.sequence_length,
            "known_words": self.known_words,
            "lowercase": self.lowercase,
        }

    @classmethod
    def from_config(cls, config):
        """Makes the encoder that `get_config` described."""
        import keras_hub  # noqa: F401  registers the classes that the config names

        config = dict(config)
        for part in ("backbone", "tokenizer"):
            config[part] = keras.saving.deserialize_keras_object(config[part])
        return cls(**config)
