"""Do our measures say what other projects' say?  The same features, the same pictures.

    python benchmarks/measures.py                       installs the peers, aside
    python benchmarks/measures.py --peer-python PYTHON  takes one that has them

The features are random, correlated, of two distributions that overlap.  Prints a table
of `benchmarks/README.md`.
"""

import argparse
import json
import subprocess
import tempfile
from importlib import metadata
from pathlib import Path

import numpy as np
import peers

PACKAGES = ("torch-fidelity", "torchmetrics", "prdc", "scikit-image", "vendi-score")
NUM, DIM, CLASSES = 2000, 64, 10


def inputs(seed=0):
    """Features of real and generated pictures, logits, pictures and noisy ones."""
    rng = np.random.default_rng(seed)
    mix = rng.normal(size=(DIM, DIM)) / 8
    images = rng.integers(0, 256, (8, 24, 32, 3), dtype="uint8")
    noise = rng.integers(-50, 51, images.shape)
    return {
        "real": rng.normal(size=(NUM, DIM)) @ mix,
        "generated": 0.9 * rng.normal(size=(NUM, DIM)) @ mix + 0.1,
        "logits": 2.0 * rng.normal(size=(NUM, CLASSES)),
        "images": images,
        "noisy": np.clip(images + noise, 0, 255).astype("uint8"),
    }


def ours(real, generated, logits, images, noisy):
    """Our figures: name -> value."""
    from keras_gen import metrics

    exponentials = np.exp(logits)
    probabilities = exponentials / exponentials.sum(axis=1, keepdims=True)
    return {
        "Fréchet distance": metrics.frechet_distance(real, generated),
        "kernel distance": metrics.kernel_distance(real, generated),
        "Inception Score": metrics.inception_score(probabilities),
        **metrics.precision_recall(real, generated)._asdict(),
        **metrics.density_coverage(real, generated)._asdict(),
        "Vendi score": metrics.vendi_score(real),
        "PSNR": metrics.psnr(images, noisy).mean(),
        "SSIM": metrics.ssim(images, noisy).mean(),
    }


def theirs(real, generated, logits, images, noisy):
    """What each peer says: a list of `(figure, peer, value)`."""
    return [
        *of_torch_fidelity(real, generated, logits),
        *of_torchmetrics(images, noisy),
        *of_prdc(real, generated),
        *of_scikit_image(images, noisy),
        ("Vendi score", "vendi-score", vendi(real)),
    ]


def of_torch_fidelity(real, generated, logits):
    """Fréchet distance, kernel distance, Inception Score, precision and recall."""
    import torch
    from torch_fidelity import metric_fid, metric_isc, metric_kid, metric_prc

    a, b = torch.tensor(real), torch.tensor(generated)
    fid = metric_fid.fid_statistics_to_metric(
        *map(metric_fid.fid_features_to_statistics, (a, b)), verbose=False
    )
    # One subset, which is the whole set.
    kid = metric_kid.kid_features_to_metric(
        a, b, kid_subsets=1, kid_subset_size=len(a), verbose=False
    )
    isc = metric_isc.isc_features_to_metric(torch.tensor(logits), splits=1)
    manifold = metric_prc.prc_features_to_metric(b, a, verbose=False)
    return [
        ("Fréchet distance", "torch-fidelity", fid["frechet_inception_distance"]),
        (
            "kernel distance",
            "torch-fidelity",
            kid["kernel_inception_distance_mean"],
        ),
        ("Inception Score", "torch-fidelity", isc["inception_score_mean"]),
        ("precision", "torch-fidelity", manifold["precision"]),
        ("recall", "torch-fidelity", manifold["recall"]),
    ]


def of_torchmetrics(images, noisy):
    """PSNR; its SSIM pads the pictures, which the paper's does not."""
    import torch
    from torchmetrics.functional.image import peak_signal_noise_ratio

    a, b = (torch.tensor(x.astype("float64")) for x in (images, noisy))
    ratio = peak_signal_noise_ratio(a, b, 255.0, reduction="none", dim=(1, 2, 3))
    return [("PSNR", "torchmetrics", float(ratio.mean()))]


def of_prdc(real, generated):
    """Density and coverage, by the authors of the paper."""
    from prdc import compute_prdc

    found = compute_prdc(real, generated, nearest_k=5)
    return [(name, "prdc", found[name]) for name in ("density", "coverage")]


def of_scikit_image(images, noisy):
    """SSIM with the paper's Gaussian window."""
    from skimage.metrics import structural_similarity

    how = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
    found = [
        structural_similarity(a, b, channel_axis=-1, data_range=255, **how)
        for a, b in zip(images, noisy, strict=True)
    ]
    return [("SSIM", "scikit-image", np.mean(found))]


def vendi(features):
    """The Vendi score of the cosines."""
    from vendi_score import vendi

    return vendi.score_dual(features, normalize=True)


def main():
    """Compares and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peer-python", help="a Python that has the peers")
    parser.add_argument("--peer", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.peer:
        versions = {name: metadata.version(name) for name in PACKAGES}
        found = [(*words, float(value)) for *words, value in theirs(**inputs())]
        Path(options.peer).write_text(json.dumps([versions, found]))
        return
    python = options.peer_python or peers.install(".venv-measures", PACKAGES)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "found.json")
        subprocess.run([python, __file__, "--peer", path], check=True)
        versions, found = json.loads(path.read_text())
    print(", ".join(f"{name} {version}" for name, version in versions.items()))
    print("\n| figure | ours | theirs | of | relative difference |")
    print("| --- | --- | --- | --- | --- |")
    mine = ours(**inputs())
    for name, peer, value in found:
        apart = abs(mine[name] - value) / abs(value)
        print(f"| {name} | {mine[name]:.6g} | {value:.6g} | {peer} | {apart:.1e} |")


if __name__ == "__main__":
    main()
