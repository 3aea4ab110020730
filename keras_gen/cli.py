"""`keras-gen`: train, draw, measure and look, from the command line.

Nothing heavy is imported before the arguments are understood, so `--help` is instant.
Exit codes: 0 done, 1 failed or interrupted, 2 wrong usage, 3 graded but for some, or
packed but with exercises missing.
"""

import importlib.util
import json
import os
import sys
import warnings
from pathlib import Path

from keras_gen import shelf
from keras_gen.arguments import SETTINGS, TOOLS, parser
from keras_gen.cli_drawing import (
    asked,
    check_extension,
    run_generate,
    run_morph,
    run_translate,
    save,
)


def command():
    """What `keras-gen` starts: `main`, and the process ends with its exit code.

    After Ctrl-C or an error in the middle of an epoch it ends at once.  Otherwise
    Python, at its end, can wait for a thread of TensorFlow's that feeds the training
    and that waits for Python.

    Returns:
        The exit code, if it is not 1.
    """
    code = main()
    if code == 1:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    return code


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
    settings = _settings(options)
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
    out = _out(options)
    runs.run(options.model, settings, out, resume=options.resume, team=team)
    if team.is_first:
        print(f"All that came of it is in {out}.")


def _settings(options):
    """What is set of a recipe; a preset's comes first, and names the model."""
    settings = {name: getattr(options, name) for name in SETTINGS}
    if (options.model is None) == (options.recipe is None):
        raise ValueError("train takes either a model or a --recipe, and one of them.")
    if options.recipe is None:
        return settings
    if options.recipe not in shelf.PRESETS:
        raise ValueError(
            f"There is no recipe {options.recipe!r}; there are: "
            f"{', '.join(shelf.PRESETS)}."
        )
    made = dict(shelf.PRESETS[options.recipe].recipe)
    options.model = made.pop("model")
    given = {name: value for name, value in settings.items() if value is not None}
    return settings | made | given


def _out(options):
    return Path(options.out or f"runs/{options.recipe or options.model}")


def run_evaluate(options):
    """Prints figures and writes them as JSON."""
    from keras_gen import evaluation, plots

    path, how = shelf.find(options.model), asked(options)
    numbers = {"seed": options.seed, "num": options.num, **how}
    if options.features and not options.metrics:
        raise ValueError("--features says where --metrics come from; give both.")
    if options.metrics:
        chosen = options.metrics, options.data, options.features
        data, report = evaluation.measure_stored(path, *chosen, **numbers)
        print(report)
        figures = report.as_dict()
    else:
        data, figures = evaluation.of_stored(path, options.data, **numbers)
        if options.data not in (None, data):  # of a tool, which has its own
            raise ValueError(f"{options.model} is measured on {data}; drop --data.")
        width = max(map(len, figures))
        for name, value in figures.items():
            print(f"{name:<{width}}  {value:.6g}")
    report = {"model": options.model, "data": data, **numbers, **figures}
    text = json.dumps(report, indent=1) + "\n"
    out = plots.files.write_bytes(_report_path(options, path), text.encode())
    print(f"Written to {out}.")


def _report_path(options, checkpoint):
    if options.out:
        return Path(options.out)
    if Path(options.model).exists() and checkpoint.is_file():
        return checkpoint.with_suffix(".json")
    return Path(f"{Path(options.model).name}.json")  # a preset's folder is not ours


def run_presets(options):
    """Lists the presets."""
    from keras_gen import cards

    print(cards.table())


def run_data(options):
    """Shows a data set."""
    import numpy as np

    from keras_gen import data, plots

    check_extension(options.out, plots.files.PICTURE_TYPES)
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
    save(plots.grid(shown), options.out)


def run_playground(options):
    """Shows the page to try the presets, until Ctrl-C."""
    from keras_gen import playground

    playground.run(options.port, not options.no_browser)


def run_start(options):
    """Makes a student's folder."""
    from keras_gen.course import start

    return start.run(Path(options.folder))


def run_submit(options):
    """Packs what a student hands in."""
    from keras_gen.course import submit

    out = Path(options.out) if options.out else None
    return submit.run(Path(options.path), out, options.sets or (), options.name)


def run_grade(options):
    """Grades a cohort."""
    from keras_gen.grading import command

    return command.run(options)


def run_doctor(options):
    """Prints what runs here."""
    from keras_gen import doctor

    return doctor.main(as_json=options.json)


COMMANDS = {
    "demo": run_demo,
    "train": run_train,
    "generate": run_generate,
    "morph": run_morph,
    "translate": run_translate,
    "evaluate": run_evaluate,
    "presets": run_presets,
    "data": run_data,
    "playground": run_playground,
    "start": run_start,
    "submit": run_submit,
    "grade": run_grade,
    "doctor": run_doctor,
}


# -------------------------------------------------------------------------- helpers


def _kept(options):
    """What an interruption leaves behind."""
    if options.command == "grade":
        return f" What was graded is in {options.output}; --resume goes on from it."
    if options.command != "train":
        return ""
    path = _out(options) / "model.keras"
    if options.model in TOOLS:
        return f" {options.model} is stored at the end only, so nothing is kept."
    if not path.is_file():
        return " No epoch was finished, so there is no checkpoint."
    return f" The last whole epoch is in {path}; --resume goes on from it."


if __name__ == "__main__":
    sys.exit(main())
