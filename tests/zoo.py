"""One tiny model of each kind, for the tests that hold for all of them.

Not a test file: the tests, and the scripts they run on the other backend, load it by
`runpy.run_path`.
"""

import keras
import numpy as np
from keras import ops

from keras_gen.autoencoders import (
    VAE,
    Autoencoder,
    build_code_encoder,
    build_decoder,
    build_encoder,
)
from keras_gen.diffusion import (
    ClassConditionedDiffusionModel,
    DiffusionModel,
    TextConditionedDiffusionModel,
    TextToImage,
    build_unet,
)
from keras_gen.gans import (
    GAN,
    ConditionalGAN,
    CycleGAN,
    Pix2Pix,
    ProgressiveGAN,
    WassersteinGAN,
    build_discriminator,
    build_generator,
    build_patch_discriminator,
    build_style_generator,
    build_translator,
)

SHAPE = (8, 8, 3)
NUM = 8  # pictures
DIM = 6  # of a text embedding that comes without an encoder
LATENTS = 5  # of a GAN
LENGTH = 3  # tokens of such a text
CAPTIONS = ["a red flower", "a blue flower", "six white petals", "on green"] * 2
NEGATIVES = ["no bees", "a yellow centre"] * 4


def random(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype("float32")


def images(shape=SHAPE, num=NUM, seed=0):
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (num, *shape), dtype="uint8")


def fill(model, seed=0):
    """Gives every weight a value of its own, the same on every backend.

    A new U-Net ends in zeros, and would answer zero to everything.
    """
    rng = np.random.default_rng(seed)
    for weight in model.weights:
        values = (0.3 * rng.standard_normal(weight.shape)).astype("float32")
        if "variance" in weight.path:
            values = 0.5 + values**2
        if not weight.path.endswith(("ema_steps", "count", "trained_steps")):
            weight.assign(values)
    return model


def unet(text_shape=None, negative=False, **kwargs):
    shape = kwargs.pop("image_shape", SHAPE)
    sizes = {"widths": (4, 8), "block_depth": 1} | kwargs
    return build_unet(shape, text_shape=text_shape, negative=negative, **sizes)


def normalizer():
    return keras.layers.Normalization(mean=127.0, variance=64.0**2, dtype="float32")


def text_encoder():
    """A RoBERTa of one layer with a tokenizer trained on the few captions."""
    import keras_hub

    from keras_gen.text import TextEncoder, train_tokenizer

    tokenizer = train_tokenizer(CAPTIONS + NEGATIVES, vocabulary_size=280)
    backbone = keras_hub.models.RobertaBackbone(
        vocabulary_size=tokenizer.vocabulary_size(),
        num_layers=1,
        num_heads=2,
        hidden_dim=DIM,
        intermediate_dim=DIM,
        max_sequence_length=24,
    )
    return TextEncoder(backbone, tokenizer, sequence_length=24, lowercase=True)


def autoencoder():
    model = Autoencoder(
        build_code_encoder(SHAPE, 4, (4, 8), 16),
        build_decoder(SHAPE, 4, (4, 8)),
        noise=0.1,
        sparsity=0.01,
        seed=0,
    )
    return model, images()


def vae():
    model = VAE(
        build_encoder(SHAPE, 2, (4, 8), 16),
        build_decoder(SHAPE, 2, (4, 8)),
        beta=0.5,
        seed=0,
    )
    return model, images()


def diffusion():
    return DiffusionModel(unet(), normalizer=normalizer(), ema=0.9, seed=0), images()


def text_conditioned():
    """With attention to tokens, and patches; `text_to_image` has maps, negatives."""
    network = unet(text_shape=(LENGTH, DIM), patch_size=2)
    model = TextConditionedDiffusionModel(
        network, drop_rate=0.3, normalizer=normalizer(), seed=0
    )
    return model, {"images": images(), "text_embeddings": random(NUM, LENGTH, DIM)}


def class_conditioned():
    """Told two attributes."""
    network = unet(num_classes=(2, 3))
    model = ClassConditionedDiffusionModel(
        network, (2, 3), drop_rate=0.3, normalizer=normalizer(), seed=0
    )
    return model, {"images": images(), "labels": model.labels_in_turn(NUM)}


def text_to_image():
    diffusion = TextConditionedDiffusionModel(
        unet(text_shape=(DIM,), negative=True), normalizer=normalizer(), seed=0
    )
    model = TextToImage(text_encoder(), diffusion)
    texts = {"captions": CAPTIONS, "negative_captions": NEGATIVES}
    return model, {"images": images(), **texts}


def players(normalization="batch", num_classes=None):
    return (
        build_generator(SHAPE, LATENTS, (4, 8), num_classes),
        build_discriminator(SHAPE, (4, 8), num_classes, normalization),
    )


def gan():
    return GAN(*players(), smoothing=0.1, seed=0), images()


def alternating_gan():
    """Of two batches, each player has one."""
    return GAN(*players(), alternating=True, seed=0), images(num=2 * NUM)


def wgan():
    """With the gradient penalty."""
    model = WassersteinGAN(
        *players("layer"), penalty=0.1, discriminator_steps=1, seed=0
    )
    return model, images()


def conditional_gan():
    model = ConditionalGAN(
        *players(None, num_classes=2), num_classes=2, adversarial_loss="hinge", r1=0.1
    )
    return model, {"images": images(), "labels": np.arange(NUM) % 2}


def attribute_gan():
    """Conditional by two attributes."""
    sizes = {"num_classes": (2, 3)}
    model = ConditionalGAN(*players(None, **sizes), **sizes)
    return model, {"images": images(), "labels": model.labels_in_turn(NUM)}


def style_gan():
    generator = build_style_generator(SHAPE, LATENTS, (4, 8), 6, mapping_layers=2)
    return GAN(generator, players()[1], seed=0), images()


def progressive_gan():
    """In the middle of fading a stage in."""
    model = ProgressiveGAN(SHAPE, LATENTS, (4, 8), stage=1, fade_steps=4, seed=0)
    model.trained_steps.assign(2.0)
    return model, images()


def pix2pix():
    judge = build_patch_discriminator(SHAPE, (4, 8), source_channels=1)
    model = Pix2Pix(
        build_translator(SHAPE, (4, 8, 8), source_channels=1),
        judge,
        l1=10.0,
        seed=0,
    )
    return model, {"images": images(), "sources": images((8, 8, 1), seed=1)}


def cyclegan():
    model = CycleGAN(
        *(build_translator(SHAPE, (4, 8), "instance") for _ in range(2)),
        *(build_patch_discriminator(SHAPE, (4, 8), "instance") for _ in range(2)),
    )
    return model, {"images": images(), "sources": images(seed=1)}


ZOO = {
    make.__name__: make
    for make in (
        autoencoder,
        vae,
        diffusion,
        text_conditioned,
        class_conditioned,
        text_to_image,
        gan,
        alternating_gan,
        wgan,
        conditional_gan,
        attribute_gan,
        style_gan,
        progressive_gan,
        pix2pix,
        cyclegan,
    )
}


def prepared(model, data):
    """The data as one training step takes it."""
    return model.prepare(data) if hasattr(model, "prepare") else data


def outputs(model, data):
    """What a trained model is used for, name -> array; no randomness in it."""
    if isinstance(model, VAE):
        mean, log_var = model.encode(data)
        return {"mean": mean, "log_var": log_var, "pictures": model.decode(mean)}
    if isinstance(model, Autoencoder):
        return {"codes": model.encode(data), "pictures": model.reconstruct(data)}
    if hasattr(model, "discriminator_turn"):
        shape = model.discriminator.inputs[0].shape[1:]
        judged = [random(NUM, *shape, seed=2), *condition_of(model, data)]
        logits = model.discriminator.predict(
            judged if len(judged) > 1 else judged[0], verbose=0
        )
        return {"logits": logits, "pictures": generated(model, data)}
    diffusion, context = denoiser(model, data)
    _, masks = diffusion.denoise(
        ops.convert_to_tensor(random(NUM, *SHAPE, seed=2)),
        *diffusion.schedule(np.linspace(0, 1, NUM).reshape(-1, 1, 1, 1)),
        *map(ops.convert_to_tensor, context),
    )
    found = {"masks": ops.convert_to_numpy(masks)}
    if isinstance(model, TextToImage):
        found["embeddings"] = model.encoder.embed(CAPTIONS)
    return found


def condition_of(model, data):
    """What a GAN's discriminator takes beside the pictures."""
    if isinstance(model, ConditionalGAN):
        return [model.labels_in_turn(NUM)]
    if isinstance(model, Pix2Pix):
        return [(data["sources"] / 127.5 - 1.0).astype("float32")]
    if isinstance(model, ProgressiveGAN):
        return [np.full((NUM, 1), 0.5, "float32")]
    return []


def denoiser(model, data):
    """The diffusion model in a model, and the embeddings that its U-Net takes."""
    data = prepared(model, data)
    diffusion = getattr(model, "diffusion", model)
    return diffusion, diffusion._context_of(data) if isinstance(data, dict) else ()


def generated(model, data):
    """Pictures drawn from the same noise on every backend."""
    if isinstance(model, Autoencoder):
        return model.decode(random(NUM, 4))
    if isinstance(model, VAE):
        return model.decode(random(NUM, 2))
    if isinstance(model, ConditionalGAN):
        return model.draw(random(NUM, LATENTS), *condition_of(model, data))
    if isinstance(model, GAN):
        return model.draw(random(NUM, LATENTS))
    if hasattr(model, "translate"):
        return model.translate(data["sources"])
    noise = random(*SHAPE, seed=3)
    diffusion, context = denoiser(model, data)
    if not context:
        diffusion.noise = lambda num_images, seed=None: np.stack([noise] * num_images)
        return diffusion.generate(2, diffusion_steps=3)
    if isinstance(model, ClassConditionedDiffusionModel):
        return model.generate(data["labels"][:2], diffusion_steps=3, noise=noise)
    return diffusion.generate(
        context[0][:2],
        diffusion_steps=3,
        negative_embeddings=context[1][:2] if context[1:] else None,
        noise=noise,
    )
