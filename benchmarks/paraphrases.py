"""What does an encoder know of a caption before and after it learns from paraphrases?

    KERAS_BACKEND=jax python benchmarks/paraphrases.py  # TensorFlow without a choice

`flower_text_encoder` is trained twice: to fill in masked tokens, and then so that two
captions of one flower lie near each other. The first half is trained here again, by the
preset's recipe; beside it an encoder with the same vocabulary that is not trained at
all. Of 1,000 flowers, described twice in other words and each time leaving nothing out:
the cosine of the two mean embeddings of one flower, of two flowers that differ in one
attribute, and of any two; and for how many the nearest second description is their own.
"Read" is the mean share of the attributes that a linear classifier reads off the
embedding of flowers of unseen combinations.
"""

import os

import numpy as np

NUM, SEED = 1000, 7_000_003


def embedded(encoder, attributes, seed):
    """Mean embeddings of complete captions, of length 1: `(num, dim)`."""
    from keras_gen.data.flowers import flower_captions

    texts = flower_captions(attributes, seed, complete=True)
    vectors = encoder.embed(texts, pooled=True)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def one_changed(attributes):
    """The same flowers, each with another value of one attribute, in turn."""
    from keras_gen.data.flowers import ATTRIBUTES

    changed = {name: values.copy() for name, values in attributes.items()}
    names = list(ATTRIBUTES)
    for i in range(NUM):
        name = names[i % len(names)]
        changed[name][i] = (changed[name][i] + 1) % len(ATTRIBUTES[name])
    return changed


def figures(encoder):
    """The row of an encoder: three cosines, the share found, and what is read."""
    from keras_gen.data import flowers
    from keras_gen.evaluation.tools import encoder_figures

    attributes = flowers(NUM, 16, seed=SEED).attributes
    first, second = (embedded(encoder, attributes, seed) for seed in (1, 2))
    other = embedded(encoder, one_changed(attributes), 2)
    cosines = first @ second.T
    any_two = cosines[~np.eye(NUM, dtype=bool)].mean()
    found = np.mean(cosines.argmax(axis=1) == np.arange(NUM))
    read = encoder_figures(encoder, None, None, 0, 2000)["probe_mean"]
    own, changed = np.diag(cosines).mean(), np.sum(first * other, axis=1).mean()
    return own, changed, any_two, found, read


def main():
    """Prints the table."""
    import keras
    from timing import machine, pin

    from keras_gen import TextEncoder, pretrain_text_encoder
    from keras_gen.data import flowers

    pin()
    print(f"Backend {keras.backend.backend()}; {machine()}\n", flush=True)
    shipped = TextEncoder.from_preset("flower_text_encoder")
    untrained = TextEncoder.from_preset("flower_text_encoder")
    keras.utils.set_random_seed(0)
    new = untrained.backbone.from_config(untrained.backbone.get_config())
    untrained.backbone.set_weights(new.get_weights())
    print("| encoder | one flower | one changed | any two | found | read |")
    print("| --- " * 6 + "|")
    show("not trained", untrained)
    pictures = flowers(20_000, 16)
    texts = pictures.captions + pictures.negative_captions
    masked, _ = pretrain_text_encoder(texts, epochs=4, verbose=0)
    show("masked tokens only", masked)
    show("and paraphrases (shipped)", shipped)


def show(title, encoder):
    """Prints a row."""
    *cosines, found, read = figures(encoder)
    shown = " | ".join(f"{cosine:.3f}" for cosine in cosines)
    print(f"| {title} | {shown} | {found:.1%} | {read:.1%} |", flush=True)


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    main()
