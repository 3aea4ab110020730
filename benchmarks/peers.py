"""The same work in PyTorch: what `generation.py` and `training.py` compare us with.

A direct port of our U-Net, diffusers and denoising-diffusion-pytorch, their networks
chosen to cost as many floating-point operations as ours.  No peer is a dependency: the
scripts take `--peer-python PYTHON`, or make an environment of their own beside `.venv`.

Nothing here imports Keras, and nothing at the top of this file imports PyTorch: the
peers' Python has the one, ours the other.
"""

import os
import subprocess
import venv
from importlib import metadata
from pathlib import Path

from timing import Task

PROJECT = Path(__file__).resolve().parent.parent
PACKAGES = ("torch", "diffusers", "denoising-diffusion-pytorch", "numpy")
# By default the C library gives PyTorch's large tensors back to the system and asks for
# them anew in the next step; peers are measured at their best.
KEEPS_MEMORY = {
    "MALLOC_MMAP_THRESHOLD_": str(2**30),
    "MALLOC_TRIM_THRESHOLD_": str(2**34),
}
IMAGE_SIZE, WIDTHS, DEPTH = 32, (32, 64, 96, 128), 2


def add_option(options):
    """Adds `--peer-python` and `--no-peers`."""
    options.add_argument("--peer-python", help="a Python that has the peers")
    options.add_argument("--no-peers", action="store_true")


def variants(options):
    """The peers as a variant of `timing.measure`; none if they are not wanted."""
    if options.no_peers:
        return {}
    if options.work:  # a worker measures itself
        return {}
    python = options.peer_python or install()
    return {"torch": (str(python), {"TQDM_DISABLE": "1", **KEEPS_MEMORY})}


def install(name=".venv-peers", packages=PACKAGES):
    """Makes an environment with the peers, or finds the one made before."""
    folder = PROJECT / name
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not (folder / "installed").exists():
        venv.create(folder, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "-q", *packages], check=True)
        (folder / "installed").touch()
    return python


# ------------------------------------------------------------------------- networks


def port():
    """Our U-Net, layer by layer, as a PyTorch module."""
    import torch
    from torch import nn
    from torch.nn import functional

    class Block(nn.Module):
        def __init__(self, channels, width):
            super().__init__()
            self.skip = nn.Conv2d(channels, width, 1) if channels != width else None
            self.norm = nn.BatchNorm2d(channels, 1e-3, 0.01, affine=False)
            self.first = nn.Conv2d(channels, width, 3, padding=1)
            self.second = nn.Conv2d(width, width, 3, padding=1)

        def forward(self, x):
            skip = x if self.skip is None else self.skip(x)
            return self.second(functional.silu(self.first(self.norm(x)))) + skip

    class Unet(nn.Module):
        def __init__(self):
            super().__init__()
            self.begin = nn.Conv2d(3, WIDTHS[0], 1)
            self.down, self.up, channels = nn.ModuleList(), nn.ModuleList(), []
            now = WIDTHS[0] + 1
            for width in WIDTHS:
                for _ in range(DEPTH):
                    self.down.append(Block(now, width))
                    now = width
                    channels.append(width)
            channels = channels[:-DEPTH]  # the middle has no skips
            for width in reversed(WIDTHS[:-1]):
                for _ in range(DEPTH):
                    self.up.append(Block(now + channels.pop(), width))
                    now = width
            self.end = nn.Conv2d(now, 3, 1)
            nn.init.zeros_(self.end.weight)

        def forward(self, noisy_images, noise_rates):
            maps = noise_rates.expand(-1, -1, *noisy_images.shape[2:])
            x, skips = torch.cat([self.begin(noisy_images), maps], 1), []
            for number, block in enumerate(self.down):
                x = block(x)
                stage, place = divmod(number, DEPTH)
                if stage < len(WIDTHS) - 1:
                    skips.append(x)
                    if place == DEPTH - 1:
                        x = functional.avg_pool2d(x, 2)
            for number, block in enumerate(self.up):
                if number % DEPTH == 0:
                    x = functional.interpolate(x, scale_factor=2, mode="bilinear")
                x = block(torch.cat([x, skips.pop()], 1))
            return self.end(x)

    return Unet().to(memory_format=torch.channels_last)


def diffusers_unet():
    """A U-Net of diffusers without attention, of as many FLOPs as ours."""
    from diffusers import UNet2DModel

    return UNet2DModel(
        sample_size=IMAGE_SIZE,
        block_out_channels=(32, 64, 80, 112),
        layers_per_block=1,
        norm_num_groups=16,
        down_block_types=["DownBlock2D"] * 4,
        up_block_types=["UpBlock2D"] * 4,
        add_attention=False,
    )


def lucidrains_unet():
    """The U-Net of denoising-diffusion-pytorch, of about as many FLOPs as ours."""
    from denoising_diffusion_pytorch import Unet

    return Unet(dim=24, dim_mults=(1, 2, 3, 4))


def note_of(name, network, flops):
    """Parameters, FLOPs and version in words."""
    parameters = sum(p.numel() for p in network.parameters())
    package = "torch" if name == "PyTorch port" else name
    return (
        f"{parameters / 1e6:.2f} M parameters, {flops / 1e9:.3f} GFLOP, "
        f"{package} {metadata.version(package)}"
    )


def flops_of(network, *inputs):
    """Floating-point operations of one picture's convolutions and matrix products."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter, torch.no_grad():
        network(*inputs)
    return counter.get_total_flops()


def networks():
    """name -> (network, FLOPs of its forward pass a picture)."""
    import torch

    image = torch.zeros(1, 3, IMAGE_SIZE, IMAGE_SIZE)
    made = {
        "PyTorch port": (port(), (image, torch.zeros(1, 1, 1, 1))),
        "diffusers": (diffusers_unet(), (image, torch.zeros(1))),
        "denoising-diffusion-pytorch": (lucidrains_unet(), (image, torch.zeros(1))),
    }
    return {
        name: (network, flops_of(network.eval(), *inputs))
        for name, (network, inputs) in made.items()
    }


def rates(times):
    """Noise and signal rates of the lecture's cosine schedule."""
    import math

    import torch

    start, end = math.acos(0.95), math.acos(0.02)
    angles = start + times * (end - start)
    return torch.sin(angles), torch.cos(angles)


# ----------------------------------------------------------------------- generation


def generation(pictures, steps):
    """Tasks: pictures from noise, by each peer's own means."""
    import torch
    from denoising_diffusion_pytorch import GaussianDiffusion
    from diffusers import DDIMPipeline, DDIMScheduler

    torch.set_num_threads(1)
    made = networks()
    unet = made["PyTorch port"][0]
    pipeline = DDIMPipeline(made["diffusers"][0], DDIMScheduler())
    pipeline.set_progress_bar_config(disable=True)
    process = GaussianDiffusion(
        made["denoising-diffusion-pytorch"][0],
        image_size=IMAGE_SIZE,
        sampling_timesteps=steps,
    )
    runs = {
        "PyTorch port": lambda: draw(unet, pictures, steps),
        "diffusers": lambda: pipeline(
            batch_size=pictures, num_inference_steps=steps, output_type="np"
        ),
        "denoising-diffusion-pytorch": lambda: process.sample(batch_size=pictures),
    }
    tasks = {
        name: Task(run, pictures, steps * made[name][1], note_of(name, *made[name]))
        for name, run in runs.items()
    }
    tasks["convolutions"] = convolutions(unet, pictures, steps)
    return tasks


def draw(unet, pictures, steps):
    """The lecture's reverse process in PyTorch."""
    import torch

    with torch.inference_mode():
        noisy_images = torch.randn(pictures, 3, IMAGE_SIZE, IMAGE_SIZE)
        noisy_images = noisy_images.contiguous(memory_format=torch.channels_last)
        ones = torch.ones(pictures, 1, 1, 1)
        for step in range(steps):
            noise_rates, signal_rates = rates(ones * (1 - step / steps))
            noise_masks = unet(noisy_images, noise_rates)
            images = (noisy_images - noise_rates * noise_masks) / signal_rates
            noise_rates, signal_rates = rates(ones * (1 - (step + 1) / steps))
            noisy_images = signal_rates * images + noise_rates * noise_masks
        return images.clamp(-3, 3).numpy()


def convolutions(unet, pictures, times, backward=False):
    """Task: the convolutions of a network and nothing else, each on its own."""
    import torch

    found = []
    hooks = [
        module.register_forward_hook(
            lambda module, inputs, output: found.append((module, inputs[0], output))
        )
        for module in unet.modules()
        if isinstance(module, torch.nn.Conv2d)
    ]
    image = torch.randn(pictures, 3, IMAGE_SIZE, IMAGE_SIZE)
    image = image.contiguous(memory_format=torch.channels_last)
    with torch.no_grad():
        unet(image, torch.zeros(pictures, 1, 1, 1))
    for hook in hooks:
        hook.remove()

    def run():
        with torch.set_grad_enabled(backward):
            for _ in range(times):
                for module, x, y in found:
                    result = module(x.requires_grad_(backward))
                    if backward:
                        torch.autograd.grad(result, (x, module.weight), y)

    flops = flops_of(unet, image[:1], torch.zeros(1, 1, 1, 1))
    scale = 3 if backward else times
    return Task(run, pictures * (times if backward else 1), scale * flops)


# ------------------------------------------------------------------------- training


def training(flowers, digits, batch, diffusion, vae, limit):
    """Tasks: one pass over pictures in memory, by each peer's own means.

    Args:
        flowers: how many pictures diffusion learns from.
        digits: how many the VAE learns from.
        batch: how many a step.
        diffusion: what the names of the diffusion tasks begin with.
        vae: what the name of the VAE's task begins with.
        limit: name of the task that is the limit.
    """
    import torch

    torch.set_num_threads(1)
    images = torch.randint(0, 256, (flowers, 3, IMAGE_SIZE, IMAGE_SIZE))
    images = images.to(torch.uint8).contiguous(memory_format=torch.channels_last)
    steps = {
        "PyTorch port": step_of_port,
        "diffusers": step_of_diffusers,
        "denoising-diffusion-pytorch": step_of_lucidrains,
    }
    tasks = {}
    for name, (network, flops) in networks().items():
        run = in_batches(steps[name](network.train()), images, batch)
        note = note_of(name, network, flops)
        tasks[diffusion + name] = Task(run, flowers, 3 * flops, note)
    tasks[vae + "PyTorch port"] = vae_task(digits, batch)
    tasks[diffusion + limit] = convolutions(port(), batch, 1, backward=True)
    return tasks


def in_batches(step, images, batch):
    """A function that takes a step for each batch of pictures."""
    import torch

    def run():
        order = torch.randperm(len(images))
        for start in range(0, len(images), batch):
            step(images[order[start : start + batch]])

    return run


def learner(network, fused=True):
    """AdamW, and a moving average of the weights: a function of the loss."""
    import torch

    weights = list(network.parameters())
    average = [w.detach().clone() for w in weights]
    optimizer = torch.optim.AdamW(weights, 1e-3, weight_decay=1e-4, fused=fused)

    def learn(loss):
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        torch._foreach_lerp_(average, [w.detach() for w in weights], 0.001)

    return learn


def step_of_port(unet):
    """The book's training step."""
    import torch

    learn = learner(unet)

    def step(images):
        images = (images.float() - 127.5) / 75.0
        noise_masks = torch.randn_like(images)
        noise_rates, signal_rates = rates(torch.rand(len(images), 1, 1, 1))
        noisy_images = signal_rates * images + noise_rates * noise_masks
        learn((unet(noisy_images, noise_rates) - noise_masks).abs().mean())

    return step


def step_of_diffusers(unet):
    """The training step of the examples of diffusers."""
    import torch
    from diffusers import DDPMScheduler
    from diffusers.training_utils import EMAModel

    scheduler, average = DDPMScheduler(), EMAModel(unet.parameters(), decay=0.999)
    optimizer = torch.optim.AdamW(unet.parameters(), 1e-3, weight_decay=1e-4)

    def step(images):
        images = images.float() / 127.5 - 1.0
        noise = torch.randn_like(images)
        times = torch.randint(0, 1000, (len(images),))
        noisy_images = scheduler.add_noise(images, noise, times)
        predicted = unet(noisy_images, times, return_dict=False)[0]
        torch.nn.functional.mse_loss(predicted, noise).backward()
        torch.nn.utils.clip_grad_norm_(unet.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        average.step(unet.parameters())

    return step


def step_of_lucidrains(unet):
    """The training step of denoising-diffusion-pytorch's `Trainer`."""
    import torch
    from denoising_diffusion_pytorch import GaussianDiffusion
    from ema_pytorch import EMA

    process = GaussianDiffusion(unet, image_size=IMAGE_SIZE)
    average = EMA(process, beta=0.995, update_every=10)
    optimizer = torch.optim.Adam(process.parameters(), 1e-3, betas=(0.9, 0.99))

    def step(images):
        process(images.float() / 255.0).backward()
        torch.nn.utils.clip_grad_norm_(process.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        average.update()

    return step


def vae_task(pictures, batch):
    """Task: our VAE of digits, layer by layer."""
    import torch
    from torch import nn

    class Vae(nn.Module):
        def __init__(self):
            super().__init__()
            self.encoder = nn.Sequential(
                nn.ZeroPad2d((0, 1, 0, 1)),
                nn.Conv2d(1, 32, 3, 2),
                nn.ReLU(),
                nn.ZeroPad2d((0, 1, 0, 1)),
                nn.Conv2d(32, 64, 3, 2),
                nn.ReLU(),
                nn.Flatten(),
                nn.Linear(7 * 7 * 64, 128),
                nn.ReLU(),
                nn.Linear(128, 4),
            )
            self.decoder = nn.Sequential(
                nn.Linear(2, 7 * 7 * 64),
                nn.ReLU(),
                nn.Unflatten(1, (64, 7, 7)),
                nn.ConvTranspose2d(64, 64, 3, 2, 1, 1),
                nn.ReLU(),
                nn.ConvTranspose2d(64, 32, 3, 2, 1, 1),
                nn.ReLU(),
                nn.Conv2d(32, 1, 3, padding=1),
            )

        def forward(self, images):
            mean, log_variance = self.encoder(images).chunk(2, 1)
            z = mean + (0.5 * log_variance).exp() * torch.randn_like(mean)
            logits = self.decoder(z)
            reconstruction = nn.functional.binary_cross_entropy_with_logits(
                logits, images, reduction="sum"
            )
            kl = -0.5 * (1 + log_variance - mean**2 - log_variance.exp()).sum()
            return (reconstruction + kl) / len(images)

    network = Vae().to(memory_format=torch.channels_last)
    images = torch.randint(0, 256, (pictures, 1, 28, 28)).to(torch.uint8)
    count = 3 * flops_of(network, images[:1].float() / 255.0)
    learn = learner(network)
    run = in_batches(lambda x: learn(network(x.float() / 255.0)), images, batch)
    return Task(run, pictures, count)
