"""The words of the command line: what may be asked, and what each option means.

Nothing is imported but argparse, so that `--help` is instant.
"""

import argparse
import math

GANS = ("gan", "wgan", "conditional-gan")
TRANSLATORS = ("pix2pix", "cyclegan")
DIFFUSION = ("diffusion", "conditional-diffusion", "text-to-image")
MODELS = ("autoencoder", "vae", *DIFFUSION, *GANS, *TRANSLATORS)
TOOLS = ("text-encoder", "flower-reader", "digit-reader")
STEPS = 20
GUIDANCE = 3.0
SAMPLERS = ("ddim", "ddpm", "euler", "heun", "dpm_solver")
SPACINGS = ("lecture", "even", "quadratic", "log_snr")
METRICS = ("frechet", "kernel", "precision", "recall", "density", "coverage")
METRICS += ("diversity", "vendi", "inception_score")
METRICS += ("elbo", "bits_per_dimension", "psnr", "ssim", "attributes")  # one by one
FEATURES = ("flower_reader", "digit_reader", "inception")
SETS = ("vae", "diffusion", "text_to_image", "gan", "metrics")
GRADE_BACKENDS = ("jax", "tensorflow")


def parser():
    """Describes the command line."""
    top = argparse.ArgumentParser(
        prog="keras-gen",
        description="Image generation: VAE, GAN, diffusion, text to image.",
        epilog="KERAS_BACKEND=jax, tensorflow or torch chooses the backend.",
    )
    _add_traceback(top, False)
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    drawing = (_generate, _morph, _translate)
    adders = (_demo, _train, *drawing, _evaluate, _presets, _data, _playground)
    for add in (*adders, _start, _submit, _grade, _doctor):
        add(commands)
    return top


def _command(commands, name, text):
    command = commands.add_parser(name, help=text, description=text)
    _add_traceback(command, argparse.SUPPRESS)  # which leaves what came before
    return command


def _add_traceback(to, default):
    text = "show where an error came from"
    to.add_argument("--traceback", action="store_true", default=default, help=text)


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


def _number(text):
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise argparse.ArgumentTypeError(f"expected a number; got {text!r}")
    return number


def _positive_number(text):
    if (number := _number(text)) <= 0:
        raise argparse.ArgumentTypeError(f"expected a number above 0; got {text!r}")
    return number


def _seed(text):
    if (seed := _natural(text)) >= 2**31:
        raise argparse.ArgumentTypeError(
            f"expected an integer from 0 to {2**31 - 1}; got {text!r}"
        )
    return seed


def _devices(text):
    num = text.removeprefix("cpu:")
    if not num.isdecimal() or int(num) < 1:
        raise argparse.ArgumentTypeError(
            f"expected an integer, 1 or more, or such as cpu:2; got {text!r}"
        )
    return text


def _demo(commands):
    text = "make a page of pictures with all the lecture's models"
    command = _command(commands, "demo", text)
    command.add_argument("--out", default="demo", help="folder (default: demo)")
    command.add_argument("--seed", type=_seed, default=0)


ROOMS = ("autoencoder", "vae", *GANS)
TEXT = ("text-to-image",)
TOLD = ("conditional-diffusion", *TEXT)
CLASSES = ("conditional-diffusion", "conditional-gan")
DUELS = (*GANS, *TRANSLATORS)
LOSSY = (*DIFFUSION, *DUELS)
PLAIN = ("autoencoder", "vae", *DIFFUSION)
# The fields of `recipes.Recipe`: their type, the models that heed them, what they are.
SETTINGS = {
    "data": (str, MODELS, "data set or folder (default: by model)"),
    "epochs": (_positive, MODELS, "passes over the data"),
    "batch_size": (_positive, MODELS, "pictures a step"),
    "image_size": (_positive, MODELS, "height and width (default for a folder: 64)"),
    "learning_rate": (_positive_number, MODELS, "its highest value"),
    "optimizer": (str, PLAIN, "adamw or muon"),
    "num_pictures": (_positive, MODELS, "how many flowers are drawn for training"),
    "seed": (_seed, MODELS, "of weights, order and noise"),
    "widths": (_positive, MODELS, "channels of each stage, such as 32 64 96"),
    "dtype": (str, MODELS, "such as mixed_bfloat16"),
    "latent_dim": (_positive, ROOMS, "length of the code"),
    "beta": (_number, ("vae",), "weight of the KL term"),
    "noise": (_number, ("autoencoder",), "on the input, of pictures in [0, 1]"),
    "sparsity": (_number, ("autoencoder",), "weight of the code's L1 norm"),
    "block_depth": (_positive, DIFFUSION, "residual blocks a stage"),
    "patch_size": (_positive, DIFFUSION, "pixels seen as one place (1: the lecture)"),
    "loss": (str, LOSSY, "such as mean_absolute_error; of a GAN: hinge, minimax, …"),
    "target": (str, DIFFUSION, "what is predicted: velocity, or noise (the lecture)"),
    "modulated": (bool, DIFFUSION, "noise and text modulate the channels (default)"),
    "self_attention": (bool, DIFFUSION, "places look at each other (default)"),
    "normalization": (
        str,
        LOSSY,
        "group, batch; of a GAN: batch, layer, instance, none",
    ),
    "ema": (_number, DIFFUSION, "decay of the weights' average"),
    "time_shift": (_positive_number, DIFFUSION, "above 1: train on more noise"),
    "drop_rate": (_number, TOLD, "share of captions or labels left out in training"),
    "attention": (bool, TEXT, "attend to the tokens (default), not to their mean"),
    "negative": (bool, TEXT, "train on triples (picture, prompt, negative prompt)"),
    "condition": (str, CLASSES, "labels (default), or attributes"),
    "discriminator_steps": (_positive, GANS, "to one step of the generator"),
    "alternating": (bool, GANS, "one waits while the other moves (default: at once)"),
    "smoothing": (_number, GANS, "share of true pictures that count as generated"),
    "r1": (_number, GANS, "weight of the penalty on the discriminator's slope"),
    "penalty": (_number, ("wgan",), "weight of the gradient penalty"),
    "clip": (_number, ("wgan",), "bound of the critic's weights, without a penalty"),
    "dropout": (_number, DUELS, "share of the features to drop"),
    "l1": (_number, ("pix2pix",), "weight of the distance to the true picture"),
    "cycle": (_number, ("cyclegan",), "weight of what does not come back"),
    "identity": (_number, ("cyclegan",), "weight of needless changes, in cycles"),
    "rate_ratio": (_positive_number, DUELS, "discriminator's rate to the generator's"),
    "encoder": (str, TEXT, "a preset, a folder, or roberta_base_en"),
}


def _train(commands):
    command = _command(commands, "train", "train a model")
    command.add_argument("model", nargs="?", choices=(*MODELS, *TOOLS))
    text = "make a preset again, instead of MODEL: keras-gen presets lists them"
    command.add_argument("--recipe", metavar="PRESET", help=text)
    text = "folder (default: runs/MODEL, or runs/PRESET)"
    command.add_argument("--out", help=text)
    command.add_argument(
        "--resume", action="store_true", help="go on from --out; --epochs may be more"
    )
    _add_team(command)
    for name, (kind, models, text) in SETTINGS.items():
        if models != MODELS:
            text = f"{', '.join(models)}: {text}"
        if kind is bool:
            more = {"action": argparse.BooleanOptionalAction}
        else:
            more = {"type": kind, "nargs": "+" if name == "widths" else None}
        command.add_argument(f"--{name.replace('_', '-')}", help=text, **more)


def _add_team(command):
    group = command.add_argument_group("several devices, several machines")
    text = "that share each batch (default: 1, or all with --coordinator); cpu:N to try"
    group.add_argument("--devices", type=_devices, metavar="N", help=text)
    text = "where process 0 listens; auto asks SLURM, Open MPI or Kubernetes (JAX only)"
    group.add_argument("--coordinator", metavar="HOST:PORT", help=text)
    text = "how many train together"
    group.add_argument("--processes", type=_positive, metavar="N", help=text)
    text = "which of them this one is, from 0"
    group.add_argument("--process", type=_natural, metavar="I", help=text)


def _walking(command):
    # No default here: a model that has no use for one says so.
    text = f"of the reverse process (default: {STEPS})"
    command.add_argument("--steps", type=_positive, help=text)
    text = (
        f"how much the prompt counts (default: {GUIDANCE:g}), the class or --guide (2)"
    )
    command.add_argument("--guidance-scale", type=_number, help=text)
    text = "how each step is made (default: ddim)"
    command.add_argument("--sampler", choices=SAMPLERS, help=text)
    text = "at which times the network is asked (default: lecture)"
    command.add_argument("--spacing", choices=SPACINGS, help=text)
    command.add_argument("--seed", type=_seed, default=0)


def _guiding(command):
    text = "a worse model, to draw away from it (diffusion without texts or labels)"
    command.add_argument("--guide", metavar="MODEL", help=text)


def _drawing(command, out):
    _walking(command)
    command.add_argument("--out", default=out, help=f"(default: {out})")


def _generate(commands):
    command = _command(commands, "generate", "draw pictures")
    command.add_argument("model", help="checkpoint (.keras), training folder or preset")
    command.add_argument(
        "-n", "--num", type=_positive, help="pictures, or pictures a prompt"
    )
    command.add_argument("--prompt", action="append", help="may be given several times")
    command.add_argument("--negative-prompt", help="what not to draw")
    text = "numbers of the classes to draw (conditional model; default: in turn)"
    command.add_argument("--labels", nargs="+", type=_natural, metavar="N", help=text)
    _guiding(command)
    text = "what the flowers show (model of attributes): petal_colour=red size=large …"
    command.add_argument("--attributes", nargs="+", metavar="NAME=VALUE", help=text)
    _drawing(command, "grid.png")


def _morph(commands):
    command = _command(commands, "morph", "draw the way between two prompts")
    command.add_argument("model", help="checkpoint (.keras), training folder or preset")
    command.add_argument("prompt_a")
    command.add_argument("prompt_b")
    command.add_argument("-n", "--num", type=_positive, default=24, help="pictures")
    _drawing(command, "morph.gif")


def _translate(commands):
    command = _command(commands, "translate", "draw other pictures of pictures")
    command.add_argument("model", help="checkpoint (.keras), training folder or preset")
    text = "a folder, flower_outlines or flower_nights"
    command.add_argument("pictures", help=text)
    text = "pictures (default: 8)"
    command.add_argument("-n", "--num", type=_positive, default=8, help=text)
    command.add_argument("--seed", type=_seed, default=0, help="of drawn flowers")
    text = "the other way round (CycleGAN)"
    command.add_argument("--back", action="store_true", help=text)
    text = "default: translated.png"
    command.add_argument("--out", default="translated.png", help=text)


def _evaluate(commands):
    command = _command(commands, "evaluate", "measure a model on held-out pictures")
    command.add_argument("model", help="checkpoint (.keras), training folder or preset")
    command.add_argument("--data", help="default: what the model was trained on")
    command.add_argument(
        "-n", "--num", type=_positive, default=500, help="pictures at most"
    )
    text = "a table of these instead, each with an interval, beside real pictures'"
    command.add_argument("--metrics", nargs="+", choices=METRICS, help=text)
    text = "of which network (default: flower_reader if it can, or else inception)"
    command.add_argument("--features", choices=FEATURES, help=text)
    _guiding(command)
    _walking(command)
    command.add_argument(
        "--out", help="JSON file (default: beside the checkpoint, or PRESET.json)"
    )


def _presets(commands):
    _command(commands, "presets", "list the trained models that are shipped")


def _data(commands):
    command = _command(commands, "data", "show what a data set holds")
    command.add_argument("data", help="data set or folder")
    command.add_argument("--image-size", type=_positive)
    command.add_argument("--out", default="data.png", help="(default: data.png)")


def _playground(commands):
    command = _command(commands, "playground", "try the presets in the browser")
    text = "to serve the page at (default: the first free one from 7860)"
    command.add_argument("--port", type=_positive, metavar="N", help=text)
    text = "only print the page's address"
    command.add_argument("--no-browser", action="store_true", help=text)


def _start(commands):
    command = _command(commands, "start", "make a folder with the course's notebooks")
    text = "may exist: what you have changed in it stays as it is"
    command.add_argument("folder", metavar="FOLDER", help=text)


def _submit(commands):
    command = _command(commands, "submit", "pack exercises to be handed in")
    text = "your folder, or one notebook or .py file"
    command.add_argument("path", metavar="PATH", help=text)
    text = "zip to write (default: NAME.zip, here)"
    command.add_argument("--out", metavar="FILE", help=text)
    text = "that must be complete; may be given several times (default: those begun)"
    command.add_argument("--set", action="append", choices=SETS, dest="sets", help=text)
    text = "yours, as the teacher knows it (default: that of PATH)"
    command.add_argument("--name", default="", help=text)


def _grade(commands):
    command = _command(commands, "grade", "grade what students handed in")
    text = "files, folders, zips, nbgrader's submitted or a course system's download"
    command.add_argument("paths", nargs="*", metavar="PATH", help=text)
    text = "exercises to grade; may be given several times (default: all)"
    command.add_argument(
        "--set", action="append", choices=(*SETS, "all"), dest="sets", help=text
    )
    text = "may be given several times (default: both)"
    command.add_argument(
        "--backend",
        action="append",
        choices=GRADE_BACKENDS,
        dest="backends",
        help=text,
    )
    text = "submissions at a time (default: one a core)"
    command.add_argument("--jobs", type=_positive, metavar="N", help=text)
    text = "of the hidden inputs (default: one that nobody knows, told in the report)"
    command.add_argument("--seed", type=_seed, help=text)
    text = "CSV of students: id, and perhaps name, email, file-pattern"
    command.add_argument("--roster", metavar="FILE", help=text)
    text = "which of nbgrader's assignments"
    command.add_argument("--assignment", metavar="NAME", help=text)
    text = "folder for grades and reports (default: grades)"
    command.add_argument("--output", default="grades", metavar="DIR", help=text)
    text = "keep what --output holds already, where it would come out again"
    command.add_argument("--resume", action="store_true", help=text)
    command.add_argument("--title", default="Grades", help="of the reports")
    text = "let a Dask cluster grade, such as tcp://10.0.0.1:8786"
    command.add_argument("--scheduler", metavar="ADDRESS", help=text)
    text = "grade right, wrong and hostile answers that are known: is it to be trusted?"
    command.add_argument("--self-test", action="store_true", help=text)
    text = "accept the weaker box, where there is no bubblewrap or it is refused"
    command.add_argument("--allow-landlock", action="store_true", help=text)


def _doctor(commands):
    command = _command(commands, "doctor", "show backend, device, versions")
    command.add_argument("--json", action="store_true", help="print JSON")
