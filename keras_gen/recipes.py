"""Recipes: everything that makes a trained model, as one small record.

A recipe is what `keras-gen train` runs and what lies beside each shipped preset: the
same recipe, seed and backend give the same model.
"""

import dataclasses

from keras_gen import training
from keras_gen.building import build, set_learning_rates
from keras_gen.checks import check_positive, check_positive_integers
from keras_gen.data import Batches, load_data
from keras_gen.data.by_name import default_image_size
from keras_gen.distribution import ALONE
from keras_gen.labels import labels_of

GANS = ("gan", "wgan", "conditional-gan")
CONDITIONAL = ("conditional-diffusion", "conditional-gan")
# Whether each source that a translator learns from has a partner.
TRANSLATORS = {"pix2pix": "paired", "cyclegan": "unpaired"}
DIFFUSION = ("diffusion", "conditional-diffusion", "text-to-image")
MODELS = ("autoencoder", "vae", *DIFFUSION, *GANS, *TRANSLATORS)
# Settings that are positive: whole numbers, and others.
COUNTS = ("epochs", "batch_size", "num_pictures", "widths", "block_depth")
COUNTS += ("patch_size", "latent_dim", "discriminator_steps")
SIZES = ("learning_rate", "time_shift", "rate_ratio")
OPTIMIZERS = ("adamw", "muon")


@dataclasses.dataclass
class Recipe:
    """One training run.

    Args:
        model: one of `MODELS`.
        data: name of a data set, or a folder of pictures.
        epochs: passes over the data.
        batch_size: pictures a step.
        image_size: height and width of the pictures; None leaves it to the data.
        learning_rate: peak of a cosine decay, after a short warm-up.
        optimizer: adamw, or muon (`optimizers.Muon`), which moves the kernels of
            convolutions at three times it (all but GANs, which have two of Adam).
        num_pictures: how many flowers are drawn.
        seed: of weights, order and noise.
        widths: channels of each stage of the network.
        block_depth: residual blocks a stage (diffusion).
        latent_dim: length of the latent vector (autoencoders, GANs).
        beta: weight of the KL term (VAE).
        noise: of the input (autoencoder).
        sparsity: weight of the code's L1 norm (autoencoder).
        loss: of the noise prediction (diffusion), or the adversarial one (GANs).
        patch_size: of the squares of pixels that the U-Net sees as one place; the
            lecture's is 1 (diffusion).
        target: what the U-Net predicts, noise or velocity (diffusion).
        modulated: whether noise level and text scale and shift the channels of the
            residual blocks; the lecture's do not (diffusion).
        self_attention: whether places of a map look at each other at the two lowest
            resolutions; the lecture's do not (diffusion).
        normalization: of the residual blocks, batch (the lecture's) or group
            (diffusion); of the discriminator, batch, layer or none (GANs).
        ema: decay of the weights' moving average (diffusion).
        time_shift: above 1, more of the training's diffusion times have much noise
            (diffusion).
        drop_rate: of the texts or labels (text-to-image, conditional diffusion).
        attention: cross-attention to the tokens, or else maps of their mean, as in
            the lecture (text-to-image).
        negative: train on triples with negative prompts (text-to-image).
        encoder: preset of the text encoder (text-to-image).
        condition: what the networks are told, labels or attributes (conditional GAN,
            conditional diffusion).
        discriminator_steps: to one step of the generator (GANs).
        alternating: whether the generator waits for them, and answers what the
            discriminator has become (GANs).
        smoothing: share of true pictures that count as generated (GANs).
        r1: weight of the penalty on the discriminator's slope (GANs).
        penalty: weight of the gradient penalty (WGAN).
        clip: bound of the critic's weights, in place of the penalty; 0 for none (WGAN).
        dropout: share of the discriminator's features that is dropped (GANs).
        l1: weight of the distance to the true picture (pix2pix).
        cycle: weight of the distance between a picture and what comes back (CycleGAN).
        identity: weight of what changes in a picture that is right already, as a share
            of `cycle` (CycleGAN).
        rate_ratio: learning rate of the discriminator, as a share of the generator's
            (GANs).
        dtype: Keras's dtype policy; `"mixed_bfloat16"` is faster where the processor
            has bfloat16 arithmetic.  `"mixed_float16"`, for what has float16 only,
            scales the loss; GANs do not train with it.

    Raises:
        ValueError: for a model that there is not, a number that must be positive, or a
            dtype that does not train.
    """

    model: str
    data: str = "flowers"
    epochs: int = 10
    batch_size: int = 64
    image_size: int | None = None
    learning_rate: float = 1e-3
    optimizer: str = "adamw"
    num_pictures: int = 20_000
    seed: int = 0
    widths: tuple = (32, 64, 96, 128)
    block_depth: int = 1
    patch_size: int = 1
    latent_dim: int = 2
    beta: float = 1.0
    noise: float = 0.0
    sparsity: float = 0.0
    loss: str = "mean_squared_error"
    target: str = "velocity"
    modulated: bool = True
    self_attention: bool = True
    normalization: str = "group"
    ema: float = 0.999
    time_shift: float = 1.0
    drop_rate: float = 0.1
    attention: bool = True
    negative: bool = False
    encoder: str = "flower_text_encoder"
    condition: str = "labels"
    discriminator_steps: int = 1
    alternating: bool = False
    smoothing: float = 0.0
    r1: float = 0.0
    penalty: float = 10.0
    clip: float = 0.0
    dropout: float = 0.0
    l1: float = 100.0
    cycle: float = 10.0
    identity: float = 0.5
    rate_ratio: float = 1.0
    dtype: str = "float32"

    def __post_init__(self):
        if self.model not in MODELS:
            raise ValueError(
                f"model must be one of {', '.join(MODELS)}; got {self.model!r}."
            )
        self.widths = tuple(self.widths)
        check_positive_integers(**{name: getattr(self, name) for name in COUNTS})
        if self.image_size is not None:
            check_positive_integers(image_size=self.image_size)
        check_positive(**{name: getattr(self, name) for name in SIZES})
        self._check_optimizer()
        self._check_dtype()

    def _check_optimizer(self):
        if self.optimizer not in OPTIMIZERS:
            raise ValueError(
                f"optimizer must be {' or '.join(OPTIMIZERS)}; got {self.optimizer!r}."
            )
        if self.optimizer != "adamw" and self.model in (*GANS, *TRANSLATORS):
            raise ValueError(
                "optimizer is for models with one of them, and a GAN has two of Adam; "
                f"got {self.optimizer!r} for {self.model}."
            )

    def _check_dtype(self):
        if self.dtype == "float16":
            raise ValueError(
                "dtype must keep the weights in float32, as mixed_float16 does; got "
                "'float16', in which small steps are none."
            )
        if self.dtype == "mixed_float16" and self.model in (*GANS, *TRANSLATORS):
            raise ValueError(
                "dtype must be float32 or mixed_bfloat16 for a GAN, whose two losses "
                "are not scaled; got 'mixed_float16'."
            )


GAN = {
    "data": "digits",
    "epochs": 60,
    "batch_size": 32,
    "widths": (32, 64),
    "latent_dim": 32,
    "loss": "non_saturating",
    "normalization": "none",
    "r1": 1.0,
}
# Small batches: on a CPU they cost hardly more a picture, and there are more steps.
# Muon: it learns more from each picture.
# Patches: the first stage of the lecture's network takes nearly half its time.
NOISE = {
    "data": "flowers",
    "epochs": 20,
    "batch_size": 32,
    "learning_rate": 2e-3,
    "optimizer": "muon",
    "patch_size": 2,
}
TRANSLATOR = {
    "epochs": 20,
    "batch_size": 16,
    "widths": (32, 64, 96, 128),
    "loss": "non_saturating",
    "normalization": "instance",
}
DEFAULTS = {
    "autoencoder": {
        "data": "digits",
        "epochs": 40,
        "widths": (32, 64),
        "latent_dim": 32,
    },
    "vae": {"data": "digits", "epochs": 60, "widths": (32, 64), "latent_dim": 2},
    "diffusion": NOISE,
    "conditional-diffusion": NOISE,
    "gan": GAN,
    "wgan": GAN | {"loss": "wasserstein", "discriminator_steps": 5, "r1": 0.0},
    "conditional-gan": GAN,
    "text-to-image": {"data": "flowers", "epochs": 20, "learning_rate": 2e-3},
    "pix2pix": TRANSLATOR | {"data": "flower_outlines", "normalization": "batch"},
    # Between kinds whose shapes are the same, little needs to be seen at once.
    "cyclegan": TRANSLATOR
    | {"data": "flower_nights", "loss": "least_squares", "widths": (32, 64)},
}


def recipe(model, **settings):
    """Makes the recipe of a model: its defaults, and what is set otherwise.

    Args:
        model: one of `MODELS`.
        **settings: fields of `Recipe`; None means the default.  The default network
            has as many stages as the pictures can be halved for, and patches only
            where they fit.

    Returns:
        A `Recipe`.

    Example:

    >>> recipe("diffusion").widths, recipe("diffusion", data="digits").widths
    ((64, 96, 128), (64, 96))
    """
    chosen = {k: v for k, v in settings.items() if v is not None}
    made = Recipe(model, **{**DEFAULTS.get(model, {}), **chosen})
    size = made.image_size or default_image_size(made.data)
    # A U-Net's last stage, the middle, halves nothing.
    first = 1 if model in DIFFUSION else 0
    stages = len(made.widths) if "widths" in chosen else first + 1
    if "patch_size" not in chosen and size % (made.patch_size << (stages - first)):
        made.patch_size = 1
    if "widths" not in chosen:
        places = size // made.patch_size
        halvings = (places & -places).bit_length() - 1  # twos that divide the size
        top = int(made.patch_size > 1)  # patches are in the place of the first stage
        made.widths = made.widths[top : top + first + max(halvings, 1)]
    return made


def batches(recipe, model, pictures, training=True, team=ALONE):
    """Feeds pictures, and the embeddings of their captions, to `fit` or `evaluate`.

    Args:
        recipe: a `Recipe`.
        model: the model that `build` made.
        pictures: `Pictures` or a `Folder`.
        training: whether to shuffle and to leave out the last, smaller batch.
        team: the devices that share each batch; by default one.

    Returns:
        A `keras.utils.PyDataset`.
    """
    extra = None
    if recipe.model in TRANSLATORS:
        extra = {"sources": pictures.batch_of_sources}
    if recipe.model in CONDITIONAL:
        extra = {"labels": labels_of(pictures, recipe.condition)}
    if recipe.model == "text-to-image":
        model = team.single(model)
        extra = {"text_embeddings": model.embedder(pictures.captions)}
        if model.diffusion.takes_negative:
            if pictures.negative_captions is None:
                raise ValueError(
                    "Training on triples needs negative captions; of the data sets "
                    "only flowers has them."
                )
            texts = pictures.negative_captions
            extra["negative_embeddings"] = model.embedder(texts)
    return Batches(
        pictures,
        recipe.batch_size,
        shuffle=training,
        seed=recipe.seed,
        drop_remainder=training,
        extra=extra,
        share=team.share,
    )


def sources_of(model):
    """Says what `load_data` needs to know of a model: which sources it learns from.

    Args:
        model: one of `MODELS`.

    Returns:
        `"paired"`, `"unpaired"` or `"none"`.
    """
    return TRANSLATORS.get(model, "none")


def train(recipe, path, resume=False, verbose="auto", callbacks=(), team=ALONE):
    """Trains a model by its recipe, with a checkpoint after each epoch.

    Args:
        recipe: a `Recipe`.
        path: the checkpoint, a `.keras` file.
        resume: whether to go on from `path`; its own recipe must be this one, but for
            the number of epochs: with more of them, the learning rate goes on where
            the longer cosine would be.
        verbose: as in `fit`.
        callbacks: more callbacks for `fit`.
        team: the devices that train together, as `distribution.gather` makes it; the
            checkpoint is written by the first process, and any number of devices may
            resume from it.

    Returns:
        `(model, history)`.

    Raises:
        ValueError: if the checkpoint to resume is of another recipe, or the devices
            cannot share a batch evenly.
    """
    settings = dataclasses.asdict(recipe)
    captions = "required" if recipe.model == "text-to-image" else "auto"
    pictures, test = load_data(
        recipe.data,
        recipe.image_size,
        recipe.num_pictures,
        recipe.seed,
        captions,
        sources_of(recipe.model),
    )
    team.check(min(recipe.batch_size, len(pictures)), len(test))
    state = {"recipe": settings}
    with team.building():
        if resume:
            model, state = training.load_checkpoint(path)
            _check_same(settings, state, path)
            set_learning_rates(model, recipe, len(pictures))
            state["recipe"] = settings
        else:
            model = build(recipe, pictures)
    feed = batches(recipe, model, pictures, team=team)
    held_out = batches(recipe, model, test, training=False, team=team)
    checkpoint = training.Checkpoint(path, recipe.seed, state)
    with team.fitting():
        model.fit(
            feed,
            epochs=recipe.epochs,
            initial_epoch=state.get("epoch", 0),
            validation_data=held_out,
            callbacks=[feed.epoch_callback(), team.alone(checkpoint), *callbacks],
            shuffle=False,  # the order is the feed's own
            verbose=verbose if team.is_first else 0,
        )
    return model, checkpoint.history


def _check_same(settings, state, path):
    saved, done = state.get("recipe"), state.get("epoch", 0)
    if saved is None:
        raise ValueError(
            f"{str(path)!r} was not written by train; it can't be resumed."
        )
    unknown = sorted(set(saved) - set(settings))
    if unknown:
        raise ValueError(
            f"{str(path)!r} was trained by another version of this project, with "
            f"{', '.join(unknown)}, which this one does not know; it can't be resumed."
        )
    # JSON has made lists of tuples.
    saved = dataclasses.asdict(Recipe(**saved))
    for name, value in settings.items():
        if name != "epochs" and saved[name] != value:
            raise ValueError(
                f"{str(path)!r} was trained with {name}={saved[name]!r}, "
                f"not {value!r}; resume with the same settings or choose another --out."
            )
    if settings["epochs"] < done:
        raise ValueError(
            f"epochs must be at least the {done} that {str(path)!r} has behind it; got "
            f"{settings['epochs']}."
        )
