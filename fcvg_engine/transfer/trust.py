# SPDX-License-Identifier: GPL-3.0-or-later
"""Which certificates to trust on the web: those of Python, of the computer and of a studio."""

from __future__ import annotations

import os
import ssl
import sys
from collections.abc import Mapping
from pathlib import Path

from ..shared.errors import DownloadFailed

VARIABLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "PIP_CERT")
# Where systems keep their authorities: Debian, Fedora, openSUSE, macOS and BSD.
SYSTEM_FILES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)


def context(environment: Mapping[str, str] = os.environ) -> ssl.SSLContext:
    """Return settings for https that trust what Python trusts, and the files or folders that `VARIABLES` name. Raises
    DownloadFailed when one of those cannot be read.

    Blender's Python on Linux and macOS has no certificates of its own: its OpenSSL is built to look in /dev/null.
    Blender sets SSL_CERT_FILE, which child processes inherit, to the library certifi that it brings. That lacks the
    authorities that an administrator has added to the system, so the system's file is read as well. Certifi itself is
    read where nothing else is there: when that Python is started from a terminal, on a system without such a file.
    """
    made = ssl.create_default_context()
    for file, name in {environment[name]: name for name in VARIABLES if environment.get(name)}.items():
        _add(made, name, Path(file))
    if sys.platform != "win32" and not _has_own_store():
        for file in filter(os.path.exists, SYSTEM_FILES):
            made.load_verify_locations(cafile=file)
    if not made.cert_store_stats()["x509_ca"] and not _has_own_store():
        _add_certifi(made)
    return made


def _add(made: ssl.SSLContext, name: str, path: Path) -> None:
    try:
        made.load_verify_locations(**{"capath" if path.is_dir() else "cafile": str(path)})
    except OSError as error:  # SSLError is one
        raise DownloadFailed(
            f"The certificates in {path} cannot be read: {error.strerror or error}.",
            f"Correct or remove the environment variable {name}, which names that file.",
        ) from error


def _has_own_store() -> bool:
    """Whether Python's OpenSSL finds certificates by itself. It reads a folder only when it needs one of them, so the
    context cannot tell."""
    paths = ssl.get_default_verify_paths()
    folder = Path(paths.openssl_capath)
    return Path(paths.openssl_cafile).is_file() or (folder.is_dir() and any(folder.iterdir()))


def _add_certifi(made: ssl.SSLContext) -> None:
    try:
        import certifi
    except ImportError:
        return
    made.load_verify_locations(cafile=certifi.where())
