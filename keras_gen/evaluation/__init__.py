"""How good a trained model is: held-out figures, beside what trivial answers reach.

A figure alone says little; each comes with the figure of something that has learned
nothing, or of a classical method, or of real pictures.
"""

from pathlib import Path

from keras_gen import training
from keras_gen.autoencoders import VAE, Autoencoder
from keras_gen.data import load_data
from keras_gen.diffusion import (
    ClassConditionedDiffusionModel,
    DiffusionModel,
    TextToImage,
    autoguided,
)
from keras_gen.evaluation import measures, per_picture
from keras_gen.evaluation.autoencoders import autoencoder_figures, vae_figures
from keras_gen.evaluation.classes import asked_of
from keras_gen.evaluation.diffusion import (
    class_conditioned_figures,
    diffusion_figures,
    text_to_image_figures,
)
from keras_gen.evaluation.gans import gan_figures
from keras_gen.evaluation.samples import places
from keras_gen.evaluation.tools import (
    digit_reader_figures,
    encoder_figures,
    reader_figures,
)
from keras_gen.evaluation.translation import translation_figures
from keras_gen.gans import GAN, ConditionalGAN, CycleGAN, Pix2Pix
from keras_gen.metrics.readers import reads_attributes, reads_digits
from keras_gen.text import TextEncoder

MEASURES = {
    VAE: vae_figures,
    Autoencoder: autoencoder_figures,
    GAN: gan_figures,
    Pix2Pix: translation_figures,
    CycleGAN: translation_figures,
    TextToImage: text_to_image_figures,
    ClassConditionedDiffusionModel: class_conditioned_figures,
    DiffusionModel: diffusion_figures,
    TextEncoder: encoder_figures,
}
WALKING = (diffusion_figures, class_conditioned_figures, text_to_image_figures)
# Tools learn from one data set each, and are measured on it.
DATA_OF_TOOLS = {
    reader_figures: "flowers",
    encoder_figures: "flowers",
    digit_reader_figures: "digits",
}


def evaluate(model, test, train, seed=0, num=500, **how):
    """Measures a model on pictures that it was not trained on.

    Args:
        model: an `Autoencoder`, `VAE`, `GAN`, `DiffusionModel`, `TextToImage`,
            `TextEncoder`, or a reader of flowers or digits.
        test: held-out pictures, `Pictures` or a `Folder`.
        train: training pictures, to which the baselines are fitted.
        seed: of noise and latent draws.
        num: at most so many test pictures, and so many generated ones.
        **how: to walk from noise to pictures: `num_steps`, `guidance_scale`,
            `sampler`, `spacing`; of a diffusion model without texts or labels also
            `guide`, as for `autoguided`.

    Returns:
        Dict: name of the figure -> float.

    Raises:
        ValueError: if there are no figures of such a model, or no such walk.
    """
    if num < 2:
        raise ValueError(f"num must be at least 2; got {num}.")
    _check_how(model, how)
    return _measure_of(model)(model, test, train, seed, num, **how)


def _check_how(model, how):
    measure = _measure_of(model)
    if measure is not diffusion_figures and "guide" in how:
        raise ValueError(
            "guide is for a diffusion model without texts or labels; got a "
            f"{type(model).__name__}."
        )
    if measure is diffusion_figures and "guidance_scale" in how and "guide" not in how:
        raise ValueError(
            "A diffusion model without texts or labels takes no guidance_scale without "
            "a guide."
        )
    if measure not in WALKING and how:
        raise ValueError(
            f"A {type(model).__name__} walks nowhere: it takes no {', '.join(how)}."
        )


def _measure_of(model):
    for kind, measure in MEASURES.items():
        if isinstance(model, kind):
            return measure
    if reads_attributes(model):
        return reader_figures
    if reads_digits(model):
        return digit_reader_figures
    raise ValueError(
        f"A {type(model).__name__} can't be evaluated; what can is: "
        f"{', '.join(kind.__name__ for kind in MEASURES)}, and a reader."
    )


def of_stored(path, data=None, seed=0, num=500, **how):
    """Measures a model that lies on the disk, on what it was trained on.

    Args:
        path: as `shelf.find` returns it.
        data: name of other data, or a folder.
        seed: as for `evaluate`.
        num: likewise.
        **how: likewise.

    Returns:
        `(data, figures)`: what it was measured on, and what `evaluate` returns.

    Raises:
        ValueError: if it is not known what the model was trained on.
    """
    path = Path(path)
    model, recipe = _loaded(path)
    if tool := DATA_OF_TOOLS.get(_measure_of(model)):
        return tool, evaluate(model, None, None, seed, num, **how)
    data, train, test = _data_of(model, recipe, path, data)
    return data, evaluate(model, test, train, seed, num, **how)


def measure_stored(path, names, data=None, features=None, seed=0, num=500, **how):
    """Measures what a model that lies on the disk draws.

    It is asked for held-out captions, or for what training pictures show, if for
    anything.

    Args:
        path: as `shelf.find` returns it.
        names: of `measures.MEASURES` and `per_picture.MEASURES`.
        data: name of other data than it was trained on, or a folder.
        features: as for `measures.measure_samples`.
        seed: of the pictures.
        num: how many; fewer where there are fewer real ones.
        **how: to walk from noise to pictures, as for `evaluate`.

    Returns:
        `(data, report)`: what it was measured on, and a `measures.Report`.

    Raises:
        ValueError: if the model draws nothing, or cannot be measured so.
    """
    path = Path(path)
    model, recipe = _loaded(path)
    single = [name for name in names if name in per_picture.MEASURES]
    of_sets = [name for name in names if name not in single]
    _check_draws(model, of_sets, features)
    data, train, test = _data_of(model, recipe, path, data)
    _check_how(model, how)
    per_picture.check_each(model, test, single)  # before the sets, which take long
    if "guide" in how:
        scale = how.pop("guidance_scale", 2.0)
        model = autoguided(model, how.pop("guide"), scale)
    reports = []
    if of_sets:
        samples = _drawn(model, train, test, num, seed, **how)
        found = measures.measure_samples(samples, test, of_sets, features, seed)
        reports.append(found)
    if single:
        found = per_picture.measure_each(model, test, single, seed, num, **how)
        reports.append(found)
    return data, measures.joined(reports, names)


def _check_draws(model, of_sets, features):
    ways, own = ["generate", "reconstruct", "translate"], ""
    if of_sets:
        ways, own = ["generate"], " of its own"
    if not any(hasattr(model, way) for way in ways):
        raise ValueError(
            f"metrics need a model that draws pictures{own}; got a "
            f"{type(model).__name__}."
        )
    if features and not of_sets:
        raise ValueError(
            f"features are what {', '.join(measures.MEASURES)} compare; got no such "
            "metric."
        )


def _drawn(model, train, test, num, seed, num_steps=20, **how):
    if isinstance(model, TextToImage):
        prompts = _prompts(test, num)
        return model.generate(prompts, num_steps=num_steps, seed=seed, **how)
    conditional = isinstance(model, ConditionalGAN | ClassConditionedDiffusionModel)
    asked = asked_of(model, train, num, seed) if conditional else num
    if isinstance(model, DiffusionModel):
        return model.generate(asked, num_steps, seed=seed, **how)
    return model.generate(asked, seed=seed)


def _prompts(test, num):
    texts = test.captions or ()
    captions = [texts[i] for i in places(len(texts), len(texts)) if texts[i]]
    if not captions:
        raise ValueError("metrics of a TextToImage need pictures with captions.")
    return [captions[i % len(captions)] for i in range(num)]


def _data_of(model, recipe, path, data):
    data = data or recipe.get("data")
    if data is None:
        raise ValueError(f"{path} does not say what it was trained on; give --data.")
    shape = getattr(getattr(model, "diffusion", model), "image_shape", (None,))
    numbers = recipe.get("num_pictures", 2000), recipe.get("seed", 0)
    sources = "none"
    if isinstance(model, Pix2Pix | CycleGAN):
        sources = "paired" if isinstance(model, Pix2Pix) else "unpaired"
    return data, *load_data(data, shape[0], *numbers, sources=sources)


def _loaded(path):
    if path.is_dir():
        return TextEncoder.from_preset(path), {}
    model, state = training.load_checkpoint(path)
    return model, state.get("recipe", {})
