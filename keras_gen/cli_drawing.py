"""The commands that draw: `keras-gen generate`, `morph` and `translate`."""

from pathlib import Path

from keras_gen import shelf
from keras_gen.arguments import STEPS


def run_generate(options):
    """Draws a grid."""
    from keras_gen import plots

    check_extension(options.out, plots.files.PICTURE_TYPES)
    pictures, captions = drawn(load(options.model), options)
    if len(set(captions)) > 1:
        columns = len(captions) // len(options.prompt)
        picture = plots.captioned_grid(pictures, captions, columns=columns)
    else:
        picture = plots.grid(pictures)
    save(picture, options.out)


def drawn(model, options):
    """The pictures that were asked for, and the prompt of each where there are any.

    Args:
        model: what `load` gives.
        options: of `keras-gen generate`; None for what was not said.

    Returns:
        `(pictures, captions)`, uint8 `(num, height, width, channels)` and a list.

    Raises:
        ValueError: for what this kind of model does not take.
    """
    from keras_gen.autoencoders import VAE
    from keras_gen.diffusion import (
        ClassConditionedDiffusionModel,
        DiffusionModel,
        TextToImage,
        autoguided,
    )
    from keras_gen.gans import GAN, ConditionalGAN

    told = isinstance(model, ConditionalGAN | ClassConditionedDiffusionModel)
    for name in ("labels", "attributes"):
        if getattr(options, name) and not told:
            raise ValueError(
                f"{options.model} takes no --{name}; it is no conditional model."
            )
    if options.labels and options.attributes:
        raise ValueError("generate takes --labels or --attributes; got both.")
    if options.guide and not isinstance(model, DiffusionModel):
        raise ValueError(f"{options.model} takes no --guide; it is no diffusion model.")
    prompts = options.prompt or []
    if isinstance(model, TextToImage):
        if not prompts:
            raise ValueError("A text-to-image model needs a --prompt.")
        num = options.num or (16 if len(prompts) == 1 else 4)
        captions = [prompt for prompt in prompts for _ in range(num)]
        inputs = {"prompts": captions}
        if options.negative_prompt:
            inputs["negative_prompts"] = options.negative_prompt
        how = _how(options, len(captions))
        return model.generate(inputs, seed=options.seed, **how), captions
    if not isinstance(model, VAE | GAN | DiffusionModel):
        raise ValueError(
            f"{options.model} draws no pictures of its own; it is no VAE, GAN, "
            "diffusion model or text-to-image model."
        )
    if prompts or options.negative_prompt:
        raise ValueError(
            f"{options.model} takes no prompt; it is no text-to-image model."
        )
    wanted = num = options.num or 16
    if options.labels:
        each = options.num or 8
        wanted = [label for label in options.labels for _ in range(each)]
    if options.attributes:
        wanted = _attributes(model, options.attributes, num)
    if not (options.guide or isinstance(model, ClassConditionedDiffusionModel)):
        _check_unused(options, "guidance_scale", "prompt and no --guide")
    if isinstance(model, VAE | GAN):
        for name in ("steps", "sampler", "spacing"):
            _check_unused(options, name, "reverse process")
        return model.generate(wanted, seed=options.seed), []
    how = _how(options, num)
    if guide := how.pop("guide", None):
        model = autoguided(model, guide, how.pop("guidance_scale", 2.0))
    steps = how.pop("num_steps", STEPS)
    return model.generate(wanted, steps, options.seed, **how), []


def _attributes(model, words, num):
    """Labels of flowers that show what was said; all else is in turn."""
    import numpy as np

    from keras_gen.data.flowers import ATTRIBUTES

    if model.num_classes != tuple(map(len, ATTRIBUTES.values())):
        raise ValueError(
            "--attributes is for a model trained on flowers with --condition "
            "attributes."
        )
    asked, names = {}, list(ATTRIBUTES)
    for word in words:
        name, _, value = word.partition("=")
        if value not in ATTRIBUTES.get(name, ()):
            known = ATTRIBUTES.get(name)
            say = f"{name} is one of {', '.join(known)}" if known else ", ".join(names)
            raise ValueError(f"--attributes takes NAME=VALUE: {say}; got {word!r}.")
        asked[name] = ATTRIBUTES[name].index(value)
    free = [len(ATTRIBUTES[name]) for name in names if name not in asked]
    turns = np.arange(num) % max(int(np.prod(free)), 1)
    rest = iter(np.unravel_index(turns, free, order="F") if free else ())
    columns = [
        np.full(num, asked[name]) if name in asked else next(rest) for name in names
    ]
    return np.stack(columns, axis=1)


def _check_unused(options, name, what):
    if getattr(options, name) is not None:
        raise ValueError(
            f"{options.model} has no {what}, so it takes no --{name.replace('_', '-')}."
        )


def _how(options, num):
    """How to walk from noise to pictures; a progress bar for many pictures."""
    return {**asked(options), "verbose": int(num > 64)}


def run_morph(options):
    """Draws a morph."""
    from keras_gen import plots
    from keras_gen.diffusion import TextToImage

    check_extension(options.out, (".gif",))
    model = load(options.model)
    if not isinstance(model, TextToImage):
        raise ValueError(f"{options.model} is no text-to-image model.")
    frames = model.morph(
        options.prompt_a,
        options.prompt_b,
        options.num,
        seed=options.seed,
        **_how(options, options.num),
    )
    save(plots.animation(frames), options.out)


def run_translate(options):
    """Draws a grid: rows of pictures, and below each what was made of it."""
    import numpy as np

    from keras_gen import plots
    from keras_gen.gans import CycleGAN, Pix2Pix

    check_extension(options.out, plots.files.PICTURE_TYPES)
    model = load(options.model)
    if not isinstance(model, Pix2Pix | CycleGAN):
        raise ValueError(f"{options.model} is no Pix2Pix or CycleGAN.")
    if options.back and not isinstance(model, CycleGAN):
        raise ValueError(f"{options.model} goes one way only; it is no CycleGAN.")
    generator = model.generator_back if options.back else model.generator
    pictures = _some_pictures(options, generator.inputs[0].shape[1:])
    made = (model.translate_back if options.back else model.translate)(pictures)
    # In colour if one of both is, and with white places to fill the last row.
    channels = max(kind.shape[-1] for kind in (pictures, made))
    columns = min(8, len(pictures))
    rows = []
    for start in range(0, len(pictures), columns):
        for kind in (pictures, made):
            row = np.full((columns, *kind.shape[1:3], channels), 255, "uint8")
            shown = kind[start : start + columns]
            row[: len(shown)] = shown
            rows.append(row)
    save(plots.grid(np.concatenate(rows), columns=columns), options.out)


def _some_pictures(options, shape):
    """The first pictures of a folder, or drawn ones, uint8 `(n, *shape)`."""
    from keras_gen.data import flower_nights, flower_outlines, flowers, folder
    from keras_gen.data.flower_pairs import SEED_OF_OTHERS

    num = options.num
    height, width, channels = shape
    draw = {
        "flower_nights": flower_nights,
        "flower_outlines": flower_outlines,
        "flowers": lambda *sizes: flowers(*sizes).images,
    }.get(options.pictures)
    if draw and (height, channels) == (width, 3):
        return draw(num, height, options.seed + SEED_OF_OTHERS)
    pictures = folder(options.pictures, (height, width), channels, captions="none")
    return pictures.batch(range(min(num, len(pictures))))


def load(name):
    """Loads a checkpoint, the checkpoint of a training folder, or a preset."""
    from keras_gen import training

    path = shelf.find(name)
    if shelf.holds(path) == "TextEncoder":
        raise ValueError(f"{name} is a text encoder; it draws no pictures.")
    return training.load_model(path)


def asked(options):
    """How to walk from noise to pictures, as far as the user has said it.

    Args:
        options: what the parser of the arguments found.

    Returns:
        Dict of those of `num_steps`, `guidance_scale`, `guide`, `sampler` and
        `spacing` that were given.
    """
    names = {"steps": "num_steps"}
    names |= {name: name for name in ("guidance_scale", "guide", "sampler", "spacing")}
    given = {name: getattr(options, word, None) for word, name in names.items()}
    return {name: value for name, value in given.items() if value is not None}


def check_extension(out, extensions):
    """Looks before the work, not after it, whether its result can be written.

    Args:
        out: path that the user gave.
        extensions: those that are possible.

    Raises:
        ValueError: if it has another.
    """
    if Path(out).suffix.lower() not in extensions:
        raise ValueError(f"--out must end in {', '.join(extensions)}; got {out!r}.")


def save(picture, out):
    """Writes a picture, and says so."""
    from keras_gen import plots

    plots.save(picture, out)
    print(f"Written to {out}.")
