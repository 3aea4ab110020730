"""A box: one worker process that answers requests, with all it may do and use bounded.

    with Box("jax") as box:
        header, arrays = box.request({"op": "call"}, {"x": x}, seconds=10)

Whatever the worker does, the judge gets an answer that is well formed, or `Died` with a
verdict, within a known time; and when the box is closed, nothing of it is left.
"""

import math
import secrets
import select
import signal
import socket
import subprocess
import time
from pathlib import Path

from keras_gen.grading import wire, zygote
from keras_gen.grading.limits import Limits, cpu_seconds, memory
from keras_gen.grading.printed import Printed

FILES = ("worker.py", "wire.py", "lockdown.py", "operations.py", "gradients.py")
FILES += ("landlock.py", "forks.py", "source.py", "statements.py", "choice.py")
FILES += ("beginning.py",)
FILES += tuple(f"probes_{name}.py" for name in ("vae", "diffusion", "text_to_image"))
GLANCE = 0.05  # seconds between two looks at what a worker uses
LAST_WORDS = 2.0  # seconds that a worker may take to end when it has hung up


class Died(Exception):
    """The worker is no more.

    Attributes:
        verdict: timeout, memory, output, died, protocol or harness_error.
        message: one sentence.
    """

    def __init__(self, verdict: str, message: str):
        super().__init__(message)
        self.verdict = verdict
        self.message = message


def own_files() -> dict[str, bytes]:
    """The contents, by name, of this library's files that run in a box."""
    folder = Path(__file__).parent
    paths = [folder / name for name in FILES]
    return {path.name: path.read_bytes() for path in paths if path.exists()}


class Box:
    """One worker in one box.

    A context manager, for one thread: where the thread that made it ends, so does the
    worker. It starts at once, and `request` waits until it is ready, so several can
    start side by side.

    Args:
        backend: Keras's backend, or None for a worker without Keras.
        limits: what the worker may use; None takes the defaults.
        tier: how it is boxed, one of `launch.WAYS`; None takes the best that works.
        files: contents by name, put where the worker runs; `worker.py` is started. None
            takes this library's own.

    Attributes:
        tier: how it is boxed.
        cpu_seconds: seconds of the processor that it has used, its start included.
        hung: whether it was ended by the clock, not for what it used.

    Raises:
        Died: it could not be started (harness_error).
    """

    def __init__(self, backend=None, limits=None, tier=None, files=None):
        if tier is None:
            from keras_gen.grading.tiers import tier as best

            tier = best()
        self.tier = tier
        self.limits = limits or Limits()
        self.cpu_seconds = 0.0
        self.hung = False
        self._ready = False
        self._death = self._launched = self._scratch = None
        self._printed = Printed()
        self._peak = 0  # bytes of memory, the most that was seen
        self._looked = -math.inf
        self._cpu_end = math.inf  # where seconds of the processor end: of this request,
        self._cpu_last = math.inf  # and of all
        files = own_files() if files is None else files
        self.sock, channel = socket.socketpair()
        with channel:
            try:
                self._launched = zygote.start(
                    tier, files, channel, backend, self.limits
                )
            except (OSError, RuntimeError, ValueError) as fault:
                self._die("harness_error", str(fault))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    @property
    def dead(self) -> bool:
        """Whether the worker has ended, or was ended."""
        return self._death is not None

    @property
    def output(self) -> str:
        """What the worker has printed so far, cut, and safe to be shown."""
        return self._printed.text()

    def wait_until_ready(self) -> None:
        """Waits until the worker has imported what it needs.

        Raises:
            Died: it ended before (harness_error: no fault of a submission).
        """
        if self._death:
            raise self._death
        if self._ready:
            return
        header, _ = self._survive(
            lambda: wire.receive(self.sock, self.limits.start, self._wait)
        )
        if header != {"op": "ready"}:
            self._die("harness_error", "it did not say that it is ready")
        try:
            if self._launched.check:
                self._launched.check()
            most = self.limits.scratch_files
            self._scratch = self._launched.watch_scratch(most)
        except OSError as fault:
            self._die("harness_error", f"it is not as it should be: {fault}")
        self._look()
        self._cpu_last = self.cpu_seconds + self.limits.cpu
        self._ready = True

    def request(self, header: dict, arrays: dict, seconds: float) -> tuple[dict, dict]:
        """Asks the worker, and waits for its answer.

        Args:
            header: what JSON takes, without the keys `arrays` and `id`.
            arrays: NumPy arrays by name.
            seconds: seconds of the processor that the answer may take.

        Returns:
            The answer's header and its arrays.

        Raises:
            Died: the worker ended, or was ended; later requests raise the same.
            ValueError: this is no request that can be sent.
        """
        self.wait_until_ready()
        number = secrets.randbits(63)
        self._look()
        self._cpu_end = self.cpu_seconds + seconds
        end = time.monotonic() + seconds * self.limits.patience

        def exchange():
            if select.select([self.sock], [], [], 0)[0]:
                # It has hung up, or it speaks without being asked.
                wire.receive(self.sock, end - time.monotonic(), self._wait)
                raise wire.WireError("an answer came before the question")
            try:
                wire.send(self.sock, {**header, "id": number}, arrays, *left())
            except (wire.WireTimeout, wire.WireClosed):
                raise
            except wire.WireError as fault:
                raise ValueError(f"This request cannot be sent: {fault}") from None
            return wire.receive(self.sock, *left())

        def left():
            return end - time.monotonic(), self._wait

        answer, arrays = self._survive(exchange)
        if answer.pop("id", None) != number:
            self._die("protocol", "The worker answered what it was not asked.")
        self._drain()
        self._cpu_end = math.inf
        return answer, arrays

    def close(self) -> None:
        """Ends the worker and all that it started, and gives everything back."""
        if self._launched is not None:
            self._launched.kill()
            self._printed.drain(self._launched.output)
            self._launched.resources.close()
            self._launched = self._scratch = None
        self.sock.close()
        if self._death is None:
            self._death = Died("harness_error", "The box is closed.")

    def _die(self, verdict: str, message: str):
        """Ends the worker and raises `Died`, now and for every later request."""
        if not self._ready:
            verdict, message = "harness_error", f"The box did not start: {message}"
        self._death = Died(verdict, message)
        self.close()
        words = self.output.strip()
        if verdict == "harness_error" and words:
            self._death = Died(verdict, f"{message} It printed: {words}")
        raise self._death

    def _survive(self, exchange):
        """Runs an exchange of frames; what goes wrong in it becomes `Died`."""
        try:
            return exchange()
        except wire.WireTimeout:
            self.hung = True
            self._die("timeout", "No answer came; the worker waits or hangs.")
        except wire.WireClosed:
            self._die(*self._last_words())
        except wire.WireError as fault:
            self._die("protocol", f"The worker broke the protocol: {fault}")

    def _wait(self, sock, writing: bool, seconds: float) -> None:
        """Waits for the socket, and meanwhile reads what is printed, and looks."""
        poll = select.poll()
        poll.register(sock, select.POLLOUT if writing else select.POLLIN)
        if not self._printed.ended:
            poll.register(self._launched.output, select.POLLIN)
        poll.poll(math.ceil(min(seconds, GLANCE) * 1000))
        self._drain()
        if time.monotonic() - self._looked > GLANCE:
            self._look()

    def _drain(self) -> None:
        """Reads what was printed; more than the limit ends the worker."""
        self._printed.drain(self._launched.output, self.limits.output)
        if self._printed.count > self.limits.output:
            limit = self.limits.output
            self._die("output", f"The worker printed more than {limit} characters.")

    def _look(self) -> None:
        """Looks at what the worker uses; more than a limit ends it."""
        self._looked = time.monotonic()
        worker = self._launched.worker()
        if worker is None:
            return
        self.cpu_seconds = max(self.cpu_seconds, cpu_seconds(worker) or 0)
        used = memory(worker) or 0
        self._peak = max(self._peak, used)
        if self.cpu_seconds > min(self._cpu_end, self._cpu_last):
            self._die("timeout", "The worker used up its seconds of the processor.")
        if used > self.limits.memory:
            limit = self.limits.memory >> 20
            self._die("memory", f"The worker used more than {limit} MiB of memory.")
        if self._scratch is not None:
            self._look_at_scratch()

    def _look_at_scratch(self) -> None:
        """Looks at the worker's files; more than a limit ends it."""
        most, size = self.limits.scratch_files, self.limits.scratch
        try:
            count, used = self._scratch()
        except OSError:
            self._die("output", "The worker hides what it has written.")
        if count > most:
            self._die("output", f"The worker made more than {most} files.")
        if used > size:
            self._die("output", f"The worker wrote more than {size >> 20} MiB.")

    def _last_words(self) -> tuple[str, str]:
        """Verdict and sentence on a worker that has closed its end of the channel."""
        process, end = self._launched.process, time.monotonic() + LAST_WORDS
        while process.poll() is None and time.monotonic() < end:
            self._drain()
            time.sleep(0.005)
        try:
            code = process.wait(0)
        except subprocess.TimeoutExpired:
            return "protocol", "The worker closed the channel and went on."
        self._drain()
        number = -code if code < 0 else code - 128  # as Python, and as a shell, says it
        if number not in {int(s) for s in signal.Signals}:
            return "died", f"The worker ended by itself, with exit status {code}."
        name = signal.Signals(number).name
        if name == "SIGXCPU" or self.cpu_seconds > self._cpu_last - 1:
            return "timeout", "The worker used up its seconds of the processor."
        short = self._peak > 0.7 * self.limits.memory and name == "SIGKILL"
        if short or (name == "SIGABRT" and "bad_alloc" in self.output):
            return "memory", f"The worker ran out of memory ({name})."
        return "died", f"The worker was ended by the signal {name}."
