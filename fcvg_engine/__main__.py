# SPDX-License-Identifier: GPL-3.0-or-later
"""Start of the engine: `python -m fcvg_engine …`, or `python -I …/fcvg_engine/__main__.py …` from the add-on.

Libraries print, some of them from C. So first of all, before any other import, the real standard output is kept for our
own messages, and file descriptor 1 is pointed at standard error.
"""

import os

_GREETED_BY_S = 25.0  # somewhat sooner than Blender gives it up


def _guard_stdout() -> int:
    """Keeps the real standard output; returns its new file descriptor."""
    for descriptor in (0, 1, 2):  # the next file that is opened would get a descriptor that was closed
        try:
            os.fstat(descriptor)
        except OSError:
            os.dup2(os.open(os.devnull, os.O_RDWR), descriptor)
    real = os.dup(1)
    os.dup2(2, 1)
    return real


def main() -> None:
    """Runs the command line and ends the process with its exit code."""
    output_fd = _guard_stdout()
    # By default torch's threads spin while they wait, and take cores from Blender and each other. Measured with RIFE on
    # two cores: when they sleep instead, a frame takes 0.31 s instead of 0.50 s while one core is busy, and 6 to 16 %
    # longer while none is.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

    import contextlib
    import faulthandler
    import signal
    import sys
    from pathlib import Path

    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:  # it was closed when Python began
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115 - it stays open

    for number in (signal.SIGINT, signal.SIGTERM):  # until the command has its own way to stop
        signal.signal(number, lambda *_: os._exit(130))

    if sys.argv[1:2] == ["serve"]:  # Blender waits for its greeting, and only the log can say what it waits for
        with contextlib.suppress(RuntimeError):  # the system gives no more threads
            faulthandler.dump_traceback_later(_GREETED_BY_S, file=2)
    if not __package__:  # run as a file, maybe with -I: Python does not know where the package is
        sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    try:
        from fcvg_engine.cli.app import run
    except ImportError as error:
        sys.stderr.write(f"error: A part of the engine is missing: {error}\nhint: Install the engine again.\n")
        sys.exit(3)
    sys.exit(run(sys.argv[1:], output_fd))


if __name__ == "__main__":
    main()
