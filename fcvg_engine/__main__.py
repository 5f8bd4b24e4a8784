"""Start of the engine: `python -m fcvg_engine …`, or `python -I …/fcvg_engine/__main__.py …` from the add-on.

Libraries print, some from C. So the first act, before any other import, is to keep the real standard output for our
own messages and to point file descriptor 1 at standard error.
"""

import os


def _guard_stdout() -> int:
    """The file descriptor of the real standard output."""
    for descriptor in (0, 1, 2):  # one that was closed would be taken by the next file opened
        try:
            os.fstat(descriptor)
        except OSError:
            os.dup2(os.open(os.devnull, os.O_RDWR), descriptor)
    real = os.dup(1)
    os.dup2(2, 1)
    return real


def main() -> None:
    """Runs the command line and leaves with its exit code."""
    output_fd = _guard_stdout()
    # Threads of torch that spin while they wait take the cores from Blender and from each other. Measured with RIFE on
    # two cores: asleep, a frame takes 0.31 s instead of 0.50 s with one core busy, and 6 to 16 % longer with none.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

    import signal
    import sys
    from pathlib import Path

    for number in (signal.SIGINT, signal.SIGTERM):  # until the command that runs decides
        signal.signal(number, lambda *_: os._exit(130))

    if not __package__:  # run as a file, perhaps with -I: nothing has told Python where the package is
        sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    try:
        from fcvg_engine.cli.app import run
    except ImportError as error:
        sys.stderr.write(f"error: A part of the engine is missing: {error}\nhint: Install the engine again.\n")
        sys.exit(3)
    sys.exit(run(sys.argv[1:], output_fd))


if __name__ == "__main__":
    main()
