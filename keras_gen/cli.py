"""`keras-gen`: train, draw, measure and look, from the command line.

Nothing heavy is imported before the arguments are understood, so `--help` is instant.
Exit codes: 0 done, 1 failed or interrupted, 2 wrong usage.
"""

import importlib.util
import json
import os
import sys
import warnings
from pathlib import Path

from keras_gen.arguments import GUIDANCE, SETTINGS, STEPS, TOOLS, parser


def main(arguments=None):
    """Runs one command.

    Args:
        arguments: list of words; by default those of the command line.

    Returns:
        The exit code: 0, or 1 after a failure that was told in one sentence.
    """
    options = parser().parse_args(arguments)
    run = COMMANDS[options.command]
    choose_backend()
    plain, warnings.formatwarning = warnings.formatwarning, _warning
    try:
        return run(options) or 0
    except KeyboardInterrupt:
        print("\nInterrupted." + _kept(options), file=sys.stderr)
    except Exception as error:  # backends have their own kinds
        if options.traceback:
            raise
        print(f"keras-gen: {one_line(error)}", file=sys.stderr)
    finally:
        warnings.formatwarning = plain
    return 1


def _warning(message, *place):
    """A warning as the user of a command wants it: without the line of code."""
    return f"keras-gen: {message}\n"


def one_line(error):
    """The first lines of an error's message, as one."""
    text = " ".join(str(error).split()) or type(error).__name__
    if isinstance(error, ModuleNotFoundError):
        text += "; keras-gen doctor says what to install"
    return text if len(text) < 500 else text[:500] + "… (--traceback shows all)"


def choose_backend():
    """Without a choice by the user, takes the installed backend that is fastest.

    On a CPU that is TensorFlow (`benchmarks/README.md`).  Keras's own `keras.json`
    is no choice: Keras writes it, with "tensorflow", the first time it is imported.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    installed = [
        name
        for name in ("tensorflow", "jax", "torch")
        if importlib.util.find_spec(name)
    ]
    if installed:
        os.environ.setdefault("KERAS_BACKEND", installed[0])


# ---------------------------------------------------------------------- the commands


def run_demo(options):
    """Makes the demo's pictures."""
    from keras_gen import demo

    demo.run(Path(options.out), seed=options.seed)


def run_train(options):
    """Trains a model; the checkpoint is `OUT/model.keras`."""
    settings = {name: getattr(options, name) for name in SETTINGS}
    for name, (_, models, _) in SETTINGS.items():
        if settings[name] is not None and options.model not in (*models, *TOOLS):
            raise ValueError(
                f"{options.model} takes no --{name.replace('_', '-')}; "
                f"what takes it is {' or '.join(models)}."
            )
    from keras_gen import distribution, runs

    team = distribution.gather(
        options.devices, options.coordinator, options.processes, options.process
    )
    out = Path(options.out or f"runs/{options.model}")
    runs.run(options.model, settings, out, options.resume, team)
    if team.is_first:
        print(f"All that came of it is in {out}.")


def run_generate(options):
    """Draws a grid."""
    from keras_gen import plots

    _check_extension(options.out, plots.files.PICTURE_TYPES)
    pictures, captions = _drawn(load(options.model), options)
    if len(set(captions)) > 1:
        columns = len(captions) // len(options.prompt)
        picture = plots.captioned_grid(pictures, captions, columns=columns)
    else:
        picture = plots.grid(pictures)
    _save(picture, options.out)


def _drawn(model, options):
    """The pictures, and the prompt of each where there are any."""
    from keras_gen.autoencoders import VAE
    from keras_gen.diffusion import DiffusionModel, TextToImage

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
        return model.generate(inputs, *_numbers(options), **how), captions
    if not isinstance(model, VAE | DiffusionModel):
        raise ValueError(
            f"{options.model} draws no pictures of its own; it is no VAE, diffusion "
            "model or text-to-image model."
        )
    if prompts or options.negative_prompt:
        raise ValueError(
            f"{options.model} takes no prompt; it is no text-to-image model."
        )
    num = options.num or 16
    _check_unused(options, "guidance_scale", "prompt")
    if isinstance(model, VAE):
        for name in ("steps", "sampler", "spacing"):
            _check_unused(options, name, "reverse process")
        return model.generate(num, seed=options.seed), []
    how = _how(options, num)
    return model.generate(num, options.steps or STEPS, options.seed, **how), []


def _check_unused(options, name, what):
    if getattr(options, name) is not None:
        raise ValueError(
            f"{options.model} has no {what}, so it takes no --{name.replace('_', '-')}."
        )


def _numbers(options):
    """Steps, guidance scale and seed of a text-to-image model."""
    scale = options.guidance_scale
    return options.steps or STEPS, GUIDANCE if scale is None else scale, options.seed


def _how(options, num):
    """Sampler and spacing, where they are given; a progress bar for many pictures."""
    chosen = {name: getattr(options, name) for name in ("sampler", "spacing")}
    given = {name: value for name, value in chosen.items() if value is not None}
    return {**given, "verbose": int(num > 64)}


def run_morph(options):
    """Draws a morph."""
    from keras_gen import plots
    from keras_gen.diffusion import TextToImage

    _check_extension(options.out, (".gif",))
    model = load(options.model)
    if not isinstance(model, TextToImage):
        raise ValueError(f"{options.model} is no text-to-image model.")
    frames = model.morph(
        options.prompt_a,
        options.prompt_b,
        options.num,
        *_numbers(options),
        **_how(options, options.num),
    )
    _save(plots.animation(frames), options.out)


def run_evaluate(options):
    """Prints figures and writes them as JSON."""
    from keras_gen import evaluation, plots, recipes, training

    path = _checkpoint(options.model)
    model, state = training.load_checkpoint(path)
    trained = state.get("recipe", {})
    data = options.data or trained.get("data")
    if data is None:
        raise ValueError(f"{path} does not say what it was trained on; give --data.")
    shape = getattr(getattr(model, "diffusion", model), "image_shape", (None,))
    train, test = recipes.load_data(
        data, shape[0], trained.get("num_pictures", 2000), trained.get("seed", 0)
    )
    figures = evaluation.evaluate(
        model, test, train, options.seed, options.num, options.steps
    )
    width = max(map(len, figures))
    for name, value in figures.items():
        print(f"{name:<{width}}  {value:.6g}")
    report = {"model": options.model, "data": data, "seed": options.seed, **figures}
    text = json.dumps(report, indent=1) + "\n"
    out = plots.files.write_bytes(_report_path(options, path), text.encode())
    print(f"Written to {out}.")


def _report_path(options, checkpoint):
    if options.out:
        return Path(options.out)
    if Path(options.model).exists():
        return checkpoint.with_suffix(".json")
    return Path(f"{options.model}.json")  # a preset's folder is not the user's


def run_data(options):
    """Shows a data set."""
    import numpy as np

    from keras_gen import data, plots

    _check_extension(options.out, plots.files.PICTURE_TYPES)
    train, test = data.load_data(options.data, options.image_size, num_pictures=2000)
    shown = train.batch(np.arange(min(40, len(train))))
    size = " x ".join(map(str, shown.shape[1:]))
    print(f"{len(train)} pictures to train and {len(test)} to test, {size}")
    if train.class_names is not None:
        print(f"{len(train.class_names)} classes: {', '.join(train.class_names)}")
    captions = [caption for caption in train.captions or () if caption]
    if captions:
        print("Captions such as:", *captions[:4], sep="\n  ")
    if getattr(train, "skipped", ()):
        print(train.summary())
    _save(plots.grid(shown), options.out)


def run_doctor(options):
    """Prints what runs here."""
    from keras_gen import doctor

    return doctor.main(as_json=options.json)


COMMANDS = {
    "demo": run_demo,
    "train": run_train,
    "generate": run_generate,
    "morph": run_morph,
    "evaluate": run_evaluate,
    "data": run_data,
    "doctor": run_doctor,
}


# -------------------------------------------------------------------------- helpers


def load(name):
    """Loads a checkpoint, the checkpoint of a training folder, or a preset."""
    from keras_gen import training

    return training.load_model(_checkpoint(name))


def _checkpoint(name):
    from keras_gen import presets

    path = Path(name)
    if path.is_dir():
        path = path / "model.keras"
    elif name in presets.names():
        path = presets.FOLDER / name / "model.keras"
    if (path.parent / "text_encoder.json").is_file():
        raise ValueError(f"{name} is a text encoder; it draws no pictures.")
    if not path.is_file():
        raise FileNotFoundError(
            f"There is no checkpoint {str(path)!r}, and no preset of that name; "
            f"presets: {', '.join(presets.names())}."
        )
    return path


def _check_extension(out, extensions):
    """Before the work, not after it."""
    if Path(out).suffix.lower() not in extensions:
        raise ValueError(f"--out must end in {', '.join(extensions)}; got {out!r}.")


def _save(picture, out):
    from keras_gen import plots

    plots.save(picture, out)
    print(f"Written to {out}.")


def _kept(options):
    """What an interruption leaves behind."""
    if options.command != "train":
        return ""
    path = Path(options.out or f"runs/{options.model}") / "model.keras"
    if options.model in TOOLS:
        return f" {options.model} is stored at the end only, so nothing is kept."
    if not path.is_file():
        return " No epoch was finished, so there is no checkpoint."
    return f" The last whole epoch is in {path}; --resume goes on from it."


if __name__ == "__main__":
    sys.exit(main())
