"""Measures that are asked for by name, each with an interval, beside real pictures'.

`keras-gen evaluate MODEL --metrics frechet precision recall` prints their table.
"""

from typing import NamedTuple

from keras_gen import presets
from keras_gen.evaluation.samples import READER, are_drawn, real_pictures
from keras_gen.metrics import (
    bootstrap_interval,
    class_probabilities,
    density_coverage,
    frechet_distance,
    inception_score,
    kernel_distance,
    mean_pairwise_distance,
    precision_recall,
    reader_features,
    vendi_score,
)
from keras_gen.metrics.inception import inception_features

# Name -> function of the features of real and of generated pictures.
MEASURES = {
    "frechet": frechet_distance,
    "kernel": kernel_distance,
    "precision": lambda real, drawn: precision_recall(real, drawn).precision,
    "recall": lambda real, drawn: precision_recall(real, drawn).recall,
    "density": lambda real, drawn: density_coverage(real, drawn).density,
    "coverage": lambda real, drawn: density_coverage(real, drawn).coverage,
    "diversity": lambda real, drawn: mean_pairwise_distance(drawn),
    "vendi": lambda real, drawn: vendi_score(drawn),
    "inception_score": lambda real, drawn: inception_score(drawn),  # of classes
}
DIGIT_READER = "digit_reader"
HALVES = 100  # for each interval
LEAST = 12  # pictures: half of them must have more than 5 neighbours


class Measured(NamedTuple):
    """One measure of a model.

    Args:
        name: one of `MEASURES`, or of `per_picture.MEASURES`.
        value: of the generated pictures, or the mean over pictures.
        low: lower bound of its 95 % interval.
        high: upper bound.
        of_real: of as many other real pictures; None where there are too few, or where
            it means nothing.
        pictures: how many there are.
    """

    name: str
    value: float
    low: float
    high: float
    of_real: float | None
    pictures: int


class Report(NamedTuple):
    """What was measured, and on what.

    Args:
        rows: list of `Measured`.
        pictures: number of generated ones, and of real ones.
        features: where the features come from; None where there are none.
        dimensions: length of a feature vector; likewise.
        notes: sentences that say what is to be doubted.
    """

    rows: list
    pictures: int
    features: str | None
    dimensions: int | None
    notes: list

    def __str__(self):
        """A table, and the notes below it."""
        title = f"{self.pictures} pictures"
        if self.features:
            title += f", {self.dimensions} features of {self.features}"
        lines = [f"{'':<20}{'value':>12}{'95 % interval':>24}{'real pictures':>16}"]
        for row in self.rows:
            interval = f"{row.low:.4g} to {row.high:.4g}"
            of_real = "–" if row.of_real is None else f"{row.of_real:.4g}"
            line = f"{row.name:<20}{row.value:>12.4g}{interval:>24}{of_real:>16}"
            lines.append(line)
            if row.pictures != self.pictures:
                lines[-1] += f" ({row.pictures} pictures)"
        return "\n".join([title, *lines, *self.notes])

    def as_dict(self):
        """What is written as JSON."""
        rows = {row.name: row._asdict() for row in self.rows}
        for row in rows.values():
            del row["name"]
        facts = self._asdict()
        del facts["rows"]
        return {**facts, "metrics": rows}


def joined(reports, names):
    """Makes one report of several.

    Args:
        reports: list of `Report`; the first one's numbers are the whole's.
        names: of their rows, in the order of the table.

    Returns:
        A `Report`.
    """
    rows = {row.name: row for report in reports for row in report.rows}
    notes = [note for report in reports for note in report.notes]
    return reports[0]._replace(rows=[rows[name] for name in names], notes=notes)


def measure_samples(samples, test, names, features=None, seed=0):
    """Measures generated pictures beside as many held-out real ones.

    Args:
        samples: uint8 `(n, height, width, channels)`, as a model draws them.
        test: held-out pictures, `Pictures` or a `Folder`; of drawn flowers there are
            always as many as are needed.
        names: of `MEASURES`.
        features: `"flower_reader"`, `"digit_reader"` or `"inception"`; None takes the
            reader of flowers for drawn ones of its size, and Inception-v3 for all else.
        seed: of more flowers, and of the intervals.

    Returns:
        A `Report`.

    Raises:
        ValueError: for an unknown name, too few pictures, or features that do not fit.
        FileNotFoundError: if Inception's weights can't be had.
    """
    unknown = [name for name in names if name not in MEASURES]
    if unknown:
        raise ValueError(
            f"metrics must be among {', '.join(MEASURES)}; got {unknown[0]!r}."
        )
    drawn = are_drawn(test, samples.shape[1:])
    features = features or (READER if drawn else "inception")
    _check_features(features, names, samples.shape[1:], drawn)
    real, more_real = real_pictures(test, len(samples), samples.shape[1:], seed)
    num = min(len(samples), len(real))
    if num < LEAST:
        raise ValueError(f"num must be at least {LEAST} to be measured; got {num}.")
    enough = len(more_real) >= num
    sets = real[:num], samples[:num], more_real[:num] if enough else None
    known = _extracted(features, reader_features, sets)
    classes = None
    if "inception_score" in names:
        classes = _extracted(features, class_probabilities, sets)
    rows = [
        _measured(name, *(classes if name == "inception_score" else known), seed)
        for name in names
    ]
    dimensions = known[0].shape[1]
    return Report(rows, num, features, dimensions, _doubts(num, dimensions, names))


def _check_features(features, names, image_shape, drawn):
    of_digits = tuple(image_shape) == (28, 28, 1)
    fit = {READER: drawn, DIGIT_READER: of_digits, "inception": True}
    if not fit.get(features):
        raise ValueError(
            f"features must be {READER}, of drawn flowers of 32 x 32 pixels, "
            f"{DIGIT_READER}, of digits of 28 x 28, or inception; got {features!r}."
        )
    if "inception_score" in names and features == "inception":
        raise ValueError(
            f"inception_score needs --features {READER} or {DIGIT_READER}: the classes "
            "of Inception-v3 are not those of these pictures."
        )


def _extracted(features, of_reader, sets):
    """What a network knows of each set of pictures; None of a set that is None."""
    if features == "inception":
        extract = inception_features
    else:
        reader = presets.load(features)

        def extract(images):
            return of_reader(reader, images)

    return [None if images is None else extract(images) for images in sets]


def _measured(name, real, made, other, seed):
    figure = MEASURES[name]
    low, high = bootstrap_interval(figure, real, made, num=HALVES, seed=seed)
    of_real = None if other is None else figure(real, other)
    return Measured(name, figure(real, made), low, high, of_real, len(made))


def _doubts(num, dimensions, names):
    notes = []
    if "frechet" in names and num <= dimensions:
        notes.append(
            f"{num} pictures are too few for a Fréchet distance in {dimensions} "
            "dimensions: their covariance is singular. The kernel distance has no bias."
        )
    elif "frechet" in names and num < 10 * dimensions:
        notes.append(
            f"{num} pictures make a Fréchet distance in {dimensions} dimensions too "
            "large: compare it with that of as many real pictures only."
        )
    return notes
