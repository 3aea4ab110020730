"""Grading past one machine: Dask hands each submission to a worker of a cluster.

The same function grades, and every worker must have what this machine has: this
package, a box, the grading environment. `pip install keras-gen[grade-cluster]`.
"""

from collections.abc import Iterator, Sequence

from keras_gen.grading.cohort import Crashed, Grade, Outcome, Runner
from keras_gen.grading.intake import Submission
from keras_gen.grading.results import Settings


def cluster(address: str) -> Runner:
    """Make a runner that grades on a Dask cluster.

    Args:
        address: of the scheduler, such as `"tcp://10.0.0.1:8786"`.

    Returns:
        The runner. A submission whose worker dies goes to another; its result counts
        once, and what is already here is not asked for again.

    Raises:
        ImportError: where `distributed` is not installed.
        ConnectionError: where no scheduler answers there.
    """
    try:
        import distributed
    except ImportError:
        raise ImportError(
            "--scheduler needs Dask: pip install 'keras-gen[grade-cluster]'."
        ) from None

    def run(
        submissions: Sequence[Submission], settings: Settings, grade: Grade
    ) -> Iterator[Outcome]:
        try:
            client = distributed.Client(address, timeout=20, set_as_default=False)
        except (OSError, ValueError) as error:
            raise ConnectionError(
                f"No Dask scheduler answers at {address!r}: {error}."
            ) from None
        with client:
            futures = {}
            for submission in submissions:
                future = client.submit(grade, submission, settings, pure=False)
                futures[future] = submission
            for future in distributed.as_completed(list(futures), loop=client.loop):
                submission = futures.pop(future)
                try:
                    outcome = future.result()
                except distributed.KilledWorker:
                    outcome = Crashed("several workers died over it.")
                except Exception as error:
                    outcome = RuntimeError(f"{type(error).__name__}: {error}")
                future.release()
                yield submission, outcome

    return run
