"""Processes of this machine that grade side by side.

Each is started afresh (`spawn`), takes one submission after the other, and may die:
that costs the submission it had, and another process takes its place.
"""

import contextlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from multiprocessing import connection

from keras_gen.grading.cohort import Crashed, Grade, Outcome, Runner
from keras_gen.grading.intake import Submission
from keras_gen.grading.results import Settings, SubmissionResult


def local(
    jobs: int, started: Callable[[Submission], None] = lambda submission: None
) -> Runner:
    """Make a runner that grades with so many processes of this machine.

    Args:
        jobs: number of processes.
        started: called with each submission that a process takes up.

    Returns:
        The runner. When it is closed, or an exception passes through it, its
        processes are gone, and with them the boxes they had open.
    """

    def run(
        submissions: Sequence[Submission], settings: Settings, grade: Grade
    ) -> Iterator[Outcome]:
        waiting = list(reversed(submissions))
        workers = []
        with _sigterm_is_ctrl_c():
            try:
                while waiting or any(worker.task for worker in workers):
                    while waiting and len(workers) < jobs:
                        workers.append(_Worker(settings, grade))
                    for worker in workers:
                        if waiting and worker.task is None:
                            started(waiting[-1])
                            worker.give(waiting.pop())
                    busy = {w.pipe: w for w in workers if w.task is not None}
                    for pipe in connection.wait(list(busy)):
                        worker = busy[pipe]
                        task, outcome = worker.take()
                        if isinstance(outcome, Crashed):
                            worker.stop()
                            workers.remove(worker)
                        yield task, outcome
            finally:
                for worker in workers:
                    worker.stop()

    return run


class _Worker:
    """A process, and the submission that it has."""

    def __init__(self, settings: Settings, grade: Grade):
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        arguments = (theirs, settings, grade)
        self.process = context.Process(target=_work, args=arguments, daemon=False)
        self.process.start()
        theirs.close()
        self.task = None

    def give(self, submission: Submission):
        self.task = submission
        with contextlib.suppress(OSError):  # then `take` finds it dead
            self.pipe.send(submission)

    def take(self) -> Outcome:
        task, self.task = self.task, None
        try:
            return task, self.pipe.recv()
        except (EOFError, OSError):
            self.process.join(5)
            code = self.process.exitcode
            return task, Crashed(f"its process ended with exit code {code}.")

    def stop(self):
        self.pipe.close()
        self.process.terminate()
        self.process.join(5)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()
        self.process.close()


def _work(pipe, settings: Settings, grade: Grade):
    """What the process does; Ctrl-C is its parent's business."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    while True:
        try:
            submission = pipe.recv()
        except EOFError:
            return
        try:
            outcome = grade(submission, settings)
            if not isinstance(outcome, SubmissionResult):
                outcome = TypeError(f"grade returned {type(outcome).__name__}.")
        except Exception as error:
            outcome = RuntimeError(f"{type(error).__name__}: {error}")
        pipe.send(outcome)


def _end_with_parent():
    multiprocessing.parent_process().join()
    os._exit(1)


@contextlib.contextmanager
def _sigterm_is_ctrl_c():
    """Makes SIGTERM end a run as Ctrl-C does: nothing is left running."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(*_):
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
