"""From a recipe to a model that is ready to train."""

import keras
import numpy as np

from keras_gen.data.flowers import ATTRIBUTES
from keras_gen.labels import labels_of
from keras_gen.optimizers import Muon, WarmCosine

KERNELS_RATE = 3.0  # of kernels that Muon moves, to that of everything else


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
    image_shape = train.batch(np.arange(1)).shape[1:]
    builders = {
        "autoencoder": _autoencoder,
        "vae": _vae,
        "diffusion": _diffusion,
        "conditional-diffusion": _diffusion,
        "text-to-image": _text_to_image,
        "gan": _gan,
        "wgan": _gan,
        "conditional-gan": _gan,
        "pix2pix": _pix2pix,
        "cyclegan": _cyclegan,
    }
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy(recipe.dtype)
    try:
        model = builders[recipe.model](recipe, image_shape, train)
    finally:  # what the user builds next is not ours; the layers keep theirs
        keras.config.set_dtype_policy(policy)
    options = {}
    if builders[recipe.model] in (_diffusion, _text_to_image):
        options["loss"] = recipe.loss
    if hasattr(model, "discriminator_turn"):
        model.compile(*_two_optimizers(recipe, len(train)))
        return model
    optimizer = _optimizer(recipe, len(train))
    if recipe.dtype == "mixed_float16":
        # Keras does so by itself only where the model's own policy, not its parts', is
        # float16; and without it, small gradients become 0.
        optimizer = keras.optimizers.LossScaleOptimizer(optimizer)
    model.compile(optimizer, **options)
    return model


def _optimizer(recipe, num_pictures):
    rate = _rate(recipe, num_pictures)
    if recipe.optimizer == "muon":
        return Muon(
            rate,
            adam_lr_ratio=1 / KERNELS_RATE,
            weight_decay=1e-4,
            adam_weight_decay=1e-4,
        )
    return keras.optimizers.AdamW(rate, weight_decay=1e-4)


def _rate(recipe, num_pictures):
    share = KERNELS_RATE if recipe.optimizer == "muon" else 1.0
    return learning_rates(recipe, num_pictures, share)


def _two_optimizers(recipe, num_pictures):
    """The generator's and the discriminator's, as the papers have them."""
    momentum = 0.0 if recipe.model == "wgan" else 0.5
    return [
        keras.optimizers.Adam(rate, beta_1=momentum, beta_2=0.99)
        for rate in _two_rates(recipe, num_pictures)
    ]


def _two_rates(recipe, num_pictures):
    steps, turns = recipe.discriminator_steps, (1, 1)
    if recipe.alternating:  # each counts its own steps only
        turns = 1 / (steps + 1), steps / (steps + 1)
    return [
        learning_rates(recipe, num_pictures, share, turn)
        for share, turn in zip((1, recipe.rate_ratio), turns, strict=True)
    ]


def set_learning_rates(model, recipe, num_pictures):
    """Gives a loaded model the schedule of a recipe, which may have more epochs.

    Args:
        model: as `build` made it.
        recipe: a `Recipe`.
        num_pictures: that one epoch trains on.
    """
    if hasattr(model, "discriminator_optimizer"):
        both = model.generator_optimizer, model.discriminator_optimizer
        rates = _two_rates(recipe, num_pictures)
    else:
        both, rates = [model.optimizer], [_rate(recipe, num_pictures)]
    for optimizer, rate in zip(both, rates, strict=True):
        optimizer.learning_rate = rate


def learning_rates(recipe, num_pictures, share=1.0, turns=1.0):
    """Makes the schedule of learning rates: a warm-up, and half a cosine.

    The cosine is as long as the whole training and begins after the warm-up, so the
    training ends shortly before it: at its last step up to 2.4 % of the peak are left.

    Args:
        recipe: a `Recipe`; its epochs are the length of the cosine.
        num_pictures: that one epoch trains on.
        share: of the recipe's learning rate.
        turns: share of the batches on which there is a step.

    Returns:
        A `keras.optimizers.schedules.LearningRateSchedule`.
    """
    steps = recipe.epochs * max(num_pictures // recipe.batch_size, 1)
    steps = max(round(turns * steps), 1)
    return WarmCosine(
        share * recipe.learning_rate / 10,
        steps,
        warmup_target=share * recipe.learning_rate,
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

    kind, num_classes, options = rooms.DiffusionModel, None, {}
    if recipe.model == "conditional-diffusion":
        kind = rooms.ClassConditionedDiffusionModel
        num_classes = _num_classes(train, recipe.condition)
        options = {"num_classes": num_classes, "drop_rate": recipe.drop_rate}
    unet = rooms.build_unet(
        image_shape,
        recipe.widths,
        recipe.block_depth,
        modulated=recipe.modulated,
        self_attention=recipe.self_attention,
        normalization=recipe.normalization,
        patch_size=recipe.patch_size,
        num_classes=num_classes,
    )
    model = kind(
        unet,
        target=recipe.target,
        ema=recipe.ema,
        seed=recipe.seed,
        time_shift=recipe.time_shift,
        **options,
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
        recipe.patch_size,
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


def _gan(recipe, image_shape, train):
    from keras_gen import gans as rooms

    normalization = _normalization(recipe)
    kind, num_classes, options = rooms.GAN, None, {}
    if recipe.model == "wgan":
        kind = rooms.WassersteinGAN
        options = {"penalty": recipe.penalty, "clip": recipe.clip or None}
    if recipe.model == "conditional-gan":
        kind = rooms.ConditionalGAN
        num_classes = _num_classes(train, recipe.condition)
        options = {"num_classes": num_classes}
    return kind(
        rooms.build_generator(
            image_shape, recipe.latent_dim, recipe.widths, num_classes
        ),
        rooms.build_discriminator(
            image_shape, recipe.widths, num_classes, normalization, recipe.dropout
        ),
        adversarial_loss=recipe.loss,
        discriminator_steps=recipe.discriminator_steps,
        alternating=recipe.alternating,
        smoothing=recipe.smoothing,
        r1=recipe.r1,
        seed=recipe.seed,
        **options,
    )


def _pix2pix(recipe, image_shape, train):
    from keras_gen import gans as rooms

    normalization, channels = _normalization(recipe), _source_channels(train)
    return rooms.Pix2Pix(
        rooms.build_translator(
            image_shape, recipe.widths, normalization, recipe.dropout, channels
        ),
        rooms.build_patch_discriminator(
            image_shape, recipe.widths[:2], normalization, channels
        ),
        l1=recipe.l1,
        adversarial_loss=recipe.loss,
        seed=recipe.seed,
    )


def _cyclegan(recipe, image_shape, train):
    from keras_gen import gans as rooms

    sizes = (image_shape, recipe.widths, _normalization(recipe), recipe.dropout)
    judges = (image_shape, recipe.widths[:2], _normalization(recipe))
    return rooms.CycleGAN(
        *(rooms.build_translator(*sizes) for _ in range(2)),
        *(rooms.build_patch_discriminator(*judges) for _ in range(2)),
        adversarial_loss=recipe.loss,
        cycle=recipe.cycle,
        identity=recipe.identity,
    )


def _source_channels(train):
    return train.batch_of_sources([0]).shape[-1]


def _normalization(recipe):
    return None if recipe.normalization == "none" else recipe.normalization


def _num_classes(pictures, condition):
    """How many classes there are, or how many values each attribute has."""
    labels = labels_of(pictures, condition)
    if condition == "attributes":
        return tuple(len(ATTRIBUTES[name]) for name in pictures.attributes)
    if pictures.class_names is not None:  # the last may be in the test part alone
        return len(pictures.class_names)
    return int(labels.max()) + 1


def _sample(train, num=2048):
    chosen = np.random.default_rng(0).permutation(len(train))[:num]
    return train.batch(np.sort(chosen))
