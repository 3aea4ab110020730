"""`keras-gen`: train, draw, measure and look, from the command line.

Nothing heavy is imported before the arguments are understood, so `--help` is instant.
Exit codes: 0 done, 1 failed or interrupted, 2 wrong usage.
"""

import argparse
import importlib.util
import json
import os
import sys
import warnings
from pathlib import Path

MODELS = ("autoencoder", "vae", "diffusion", "text-to-image")


def main(arguments=None):
    """Runs one command.

    Args:
        arguments: list of words; by default those of the command line.

    Returns:
        The exit code: 0, or 1 after a failure that was told in one sentence.
    """
    options = parser().parse_args(arguments)
    choose_backend()
    plain, warnings.formatwarning = warnings.formatwarning, _warning
    try:
        return options.run(options) or 0
    except KeyboardInterrupt:
        print("\nInterrupted." + options.on_interrupt(options), file=sys.stderr)
    except (ValueError, OSError, RuntimeError, ImportError) as error:
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

    On a CPU that is TensorFlow (`benchmarks/README.md`).
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    installed = [
        name
        for name in ("tensorflow", "jax", "torch")
        if importlib.util.find_spec(name)
    ]
    if installed:
        os.environ.setdefault("KERAS_BACKEND", installed[0])


def parser():
    """Describes the command line."""
    top = argparse.ArgumentParser(
        prog="keras-gen",
        description="Image generation with Keras 3: VAE, diffusion, text to image.",
        epilog="KERAS_BACKEND=jax, tensorflow or torch chooses the backend.",
    )
    top.add_argument(
        "--traceback", action="store_true", help="show where an error came from"
    )
    top.set_defaults(on_interrupt=lambda options: "")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for add in (_demo, _train, _generate, _morph, _evaluate, _data, _doctor):
        add(commands)
    return top


def _command(commands, name, run, text):
    command = commands.add_parser(name, help=text, description=text)
    command.set_defaults(run=run)
    return command


def _positive(text):
    return _at_least(1, text)


def _natural(text):
    return _at_least(0, text)


def _at_least(least, text):
    if not text.isdecimal() or int(text) < least:
        raise argparse.ArgumentTypeError(
            f"expected an integer, {least} or more; got {text!r}"
        )
    return int(text)


def _demo(commands):
    command = _command(
        commands, "demo", run_demo, "make a page of pictures with all three models"
    )
    command.add_argument("--out", default="demo", help="folder (default: demo)")
    command.add_argument("--seed", type=_natural, default=0)


def _train(commands):
    command = _command(commands, "train", run_train, "train a model")
    command.set_defaults(on_interrupt=_kept)
    command.add_argument("model", choices=(*MODELS, "text-encoder", "flower-reader"))
    command.add_argument("--data", help="data set or folder (default: by model)")
    command.add_argument("--out", help="folder (default: runs/MODEL)")
    command.add_argument("--resume", action="store_true", help="go on from --out")
    command.add_argument("--epochs", type=_positive)
    command.add_argument("--batch-size", type=_positive)
    command.add_argument("--image-size", type=_positive)
    command.add_argument("--learning-rate", type=float)
    command.add_argument("--seed", type=_natural)
    command.add_argument(
        "--num-pictures", type=_positive, help="how many flowers are drawn for training"
    )
    command.add_argument(
        "--widths", type=_positive, nargs="+", help="channels of each stage"
    )
    command.add_argument(
        "--block-depth", type=_positive, help="residual blocks a stage"
    )
    command.add_argument(
        "--latent-dim", type=_positive, help="autoencoders' code length"
    )
    command.add_argument("--beta", type=float, help="weight of the VAE's KL term")
    command.add_argument("--noise", type=float, help="of the autoencoder's input")
    command.add_argument("--sparsity", type=float, help="of the autoencoder's code")
    command.add_argument(
        "--loss", help="of the noise prediction, such as mean_absolute_error"
    )
    command.add_argument("--ema", type=float, help="decay of the weights' average")
    command.add_argument("--drop-rate", type=float, help="of the captions")
    command.add_argument(
        "--attention",
        action="store_true",
        default=None,
        help="attend to the prompt's tokens, instead of one vector a prompt",
    )
    command.add_argument(
        "--negative",
        action="store_true",
        default=None,
        help="train on triples (picture, prompt, negative prompt)",
    )
    command.add_argument(
        "--encoder", help="text encoder: a preset, a folder, or roberta_base_en"
    )
    command.add_argument("--dtype", help="such as mixed_bfloat16")


def _drawing(command, out):
    command.add_argument(
        "--steps", type=_positive, default=20, help="of the reverse process"
    )
    command.add_argument("--guidance-scale", type=float, default=3.0)
    command.add_argument("--seed", type=_natural, default=0)
    command.add_argument("--out", default=out, help=f"(default: {out})")


def _generate(commands):
    command = _command(commands, "generate", run_generate, "draw pictures")
    command.add_argument("model", help="checkpoint (.keras), training folder or preset")
    command.add_argument(
        "-n", "--num", type=_positive, help="pictures, or pictures a prompt"
    )
    command.add_argument("--prompt", action="append", help="may be given several times")
    command.add_argument("--negative-prompt", help="what not to draw")
    _drawing(command, "grid.png")


def _morph(commands):
    command = _command(commands, "morph", run_morph, "draw the way between two prompts")
    command.add_argument("model", help="checkpoint (.keras), training folder or preset")
    command.add_argument("prompt_a")
    command.add_argument("prompt_b")
    command.add_argument("-n", "--num", type=_positive, default=24, help="pictures")
    _drawing(command, "morph.gif")


def _evaluate(commands):
    command = _command(
        commands, "evaluate", run_evaluate, "measure a model on held-out pictures"
    )
    command.add_argument("model", help="checkpoint (.keras), training folder or preset")
    command.add_argument("--data", help="default: what the model was trained on")
    command.add_argument(
        "-n", "--num", type=_positive, default=500, help="pictures at most"
    )
    command.add_argument("--steps", type=_positive, default=20)
    command.add_argument("--seed", type=_natural, default=0)
    command.add_argument(
        "--out", help="JSON file (default: beside the checkpoint, or PRESET.json)"
    )


def _data(commands):
    command = _command(commands, "data", run_data, "show what a data set holds")
    command.add_argument("data", help="data set or folder")
    command.add_argument("--image-size", type=_positive)
    command.add_argument("--out", default="data.png", help="(default: data.png)")


def _doctor(commands):
    command = _command(commands, "doctor", run_doctor, "show backend, device, versions")
    command.add_argument("--json", action="store_true", help="print JSON")


# ---------------------------------------------------------------------- the commands


def run_demo(options):
    """Makes the demo's pictures."""
    from keras_gen import demo

    demo.run(Path(options.out), seed=options.seed)


def run_train(options):
    """Trains a model; the checkpoint is `OUT/model.keras`."""
    from keras_gen import recipes, runs

    out = Path(options.out or f"runs/{options.model}")
    settings = {
        name: value
        for name, value in vars(options).items()
        if name in recipes.Recipe.__dataclass_fields__ and name != "model"
    }
    runs.run(options.model, settings, out, resume=options.resume)
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
        numbers = (options.steps, options.guidance_scale, options.seed)
        return model.generate(inputs, *numbers), captions
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
    if isinstance(model, VAE):
        return model.generate(num, seed=options.seed), []
    return model.generate(num, options.steps, options.seed), []


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
        options.steps,
        options.guidance_scale,
        options.seed,
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
    path = Path(options.out or f"runs/{options.model}") / "model.keras"
    if not path.is_file():
        return " No epoch was finished, so there is no checkpoint."
    return f" The last whole epoch is in {path}; --resume goes on from it."


if __name__ == "__main__":
    sys.exit(main())
