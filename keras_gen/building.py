"""From a recipe to a model that is ready to train."""

import keras
import numpy as np


def build(recipe, train):
    """Builds and compiles the model of a recipe.

    Args:
        recipe: a `Recipe`.
        train: the training pictures; their shape is the model's, and a diffusion
            model's normaliser is adapted to (a sample of) them.

    Returns:
        A compiled model.
    """
    keras.utils.set_random_seed(recipe.seed)
    keras.config.set_dtype_policy(recipe.dtype)
    image_shape = train.batch(np.arange(1)).shape[1:]
    builders = {
        "autoencoder": _autoencoder,
        "vae": _vae,
        "diffusion": _diffusion,
        "text-to-image": _text_to_image,
    }
    model = builders[recipe.model](recipe, image_shape, train)
    options = {}
    if recipe.model in ("diffusion", "text-to-image"):
        options["loss"] = recipe.loss
    rate = learning_rates(recipe, len(train))
    model.compile(keras.optimizers.AdamW(rate, weight_decay=1e-4), **options)
    return model


def learning_rates(recipe, num_pictures):
    """Makes the schedule of learning rates: a warm-up, and half a cosine.

    Args:
        recipe: a `Recipe`; the cosine ends with its last epoch.
        num_pictures: that one epoch trains on.

    Returns:
        A `keras.optimizers.schedules.LearningRateSchedule`.
    """
    steps = recipe.epochs * max(num_pictures // recipe.batch_size, 1)
    return keras.optimizers.schedules.CosineDecay(
        recipe.learning_rate / 10,
        steps,
        warmup_target=recipe.learning_rate,
        warmup_steps=min(steps // 10, 200),
    )


def _autoencoder(recipe, image_shape, train):
    from keras_gen import autoencoders as rooms

    sizes = (image_shape, recipe.latent_dim, recipe.widths)
    activation = "relu" if recipe.sparsity else None
    return rooms.Autoencoder(
        rooms.build_code_encoder(*sizes, activation=activation),
        rooms.build_decoder(*sizes),
        noise=recipe.noise,
        sparsity=recipe.sparsity,
        seed=recipe.seed,
    )


def _vae(recipe, image_shape, train):
    from keras_gen import autoencoders as rooms

    sizes = (image_shape, recipe.latent_dim, recipe.widths)
    return rooms.VAE(
        rooms.build_encoder(*sizes),
        rooms.build_decoder(*sizes),
        beta=recipe.beta,
        seed=recipe.seed,
    )


def _diffusion(recipe, image_shape, train):
    from keras_gen import diffusion as rooms

    unet = rooms.build_unet(
        image_shape,
        recipe.widths,
        recipe.block_depth,
        modulated=recipe.modulated,
        self_attention=recipe.self_attention,
        normalization=recipe.normalization,
    )
    model = rooms.DiffusionModel(
        unet,
        target=recipe.target,
        ema=recipe.ema,
        seed=recipe.seed,
        time_shift=recipe.time_shift,
    )
    model.normalizer.adapt(_sample(train))
    return model


def _text_to_image(recipe, image_shape, train):
    from keras_gen import diffusion as rooms
    from keras_gen import presets

    encoder = presets.load_text_encoder(recipe.encoder)
    text_shape = (encoder.dim,)
    if recipe.attention:
        text_shape = (encoder.sequence_length, encoder.dim)
    unet = rooms.build_unet(
        image_shape,
        recipe.widths,
        recipe.block_depth,
        text_shape,
        recipe.negative,
        recipe.modulated,
        recipe.self_attention,
        recipe.normalization,
    )
    diffusion = rooms.TextConditionedDiffusionModel(
        unet,
        drop_rate=recipe.drop_rate,
        target=recipe.target,
        ema=recipe.ema,
        seed=recipe.seed,
        time_shift=recipe.time_shift,
    )
    diffusion.normalizer.adapt(_sample(train))
    return rooms.TextToImage(encoder, diffusion)


def _sample(train, num=2048):
    chosen = np.random.default_rng(0).permutation(len(train))[:num]
    return train.batch(np.sort(chosen))
