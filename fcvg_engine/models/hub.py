# SPDX-License-Identifier: GPL-3.0-or-later
"""Asks the model hub where a file is to be downloaded from, and logs the artist in and out there.

It is asked through huggingface_hub, so that mirrors (HF_ENDPOINT), tokens (HF_TOKEN, or the login that its own tools
have saved) and HF_HUB_OFFLINE work as in other programs. The files themselves come through `transfer`, from the commit
that the hub has named.
"""

from __future__ import annotations

import contextlib
import os
import re
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from ..shared import file_records, own_files, small_files
from ..shared.errors import BadRequest, DiskError, DownloadFailed, FcvgError, MissingPart
from ..transfer.addresses import cleaned, shown
from ..transfer.download import Download, is_offline
from .registry import File, Model, Source

_TOKENS_PAGE = "settings/tokens"
_SHA256 = re.compile(r"[0-9a-f]{64}")
_TOKEN = re.compile(r"[!-~]{8,500}")
_FROM_DISK = "import the model from disk"
_LARGEST_TOKENS_BYTES = 1 << 20
_WAITS_S = (0.3, 1.0)


def page(source: Source) -> str:
    """Return the address of the page on which a person reads about the model and accepts its licence."""
    return f"{shown(_endpoint())}/{source.where}"


def ask(model: Model, source: Source, file: File, expected: str, path: Path) -> Download:
    """Return the download of `file` to `path`, with its size and, where the hub knows it, its sha256.

    `expected`: the sha256 that it has to have, pinned or recorded; empty is any. Raises DownloadFailed, with a hint
    what to do: for a gated model without a token, a token that is refused, a file that is gone or not the expected one,
    no network. Raises MissingPart when huggingface_hub is missing.
    """
    library = _library()
    if _is_offline(library):
        raise DownloadFailed(
            f"{model.title} cannot be downloaded while working offline.",
            f"Allow online access (unset FCVG_OFFLINE and HF_HUB_OFFLINE), or {_FROM_DISK}.",
        )
    token = library.get_token() or ""
    try:
        name, found = _patiently(lambda: _find(library, model, source, file.path, token or False))
    except FcvgError:
        raise
    except Exception as error:  # the library's own, its web client's and the system's, which share no class
        raise _explained(error, model, source, bool(token)) from error
    published = found.etag if found.etag and _SHA256.fullmatch(found.etag) else ""
    size_bytes = found.size or file.size_bytes
    if (expected and published and published != expected) or (file.size_bytes and size_bytes != file.size_bytes):
        raise DownloadFailed(
            f"{file.path} of {model.title} is not the file any more that was published before, so it was not fetched.",
            f"Update the add-on, or look at {page(source)} what has changed and {_FROM_DISK}.",
        )
    commit = found.commit_hash or source.revision or None
    return Download(
        url=library.hf_hub_url(source.where, name, revision=commit, endpoint=_endpoint()),
        path=path,
        sha256=expected or published,
        size_bytes=size_bytes,
        title=model.title,
        headers={"Authorization": f"Bearer {token}"} if token else {},
    )


def log_in(token: str) -> str:
    """Check the token with the hub and save it where the hub's own tools do. Return a sentence that says whose it is.
    Raises BadRequest, DownloadFailed when the hub cannot be asked, DiskError."""
    library = _library()
    if not _TOKEN.fullmatch(token):
        raise BadRequest("That is no token of the hub.", _make_token())
    if _is_offline(library):
        raise DownloadFailed(
            "Nobody can log in to the model hub while working offline.",
            "Allow online access (unset FCVG_OFFLINE and HF_HUB_OFFLINE), or give the token in the environment "
            "variable HF_TOKEN.",
        )
    try:
        library.login(token=token, add_to_git_credential=False)
        user = library.whoami(token=token)["name"]
    except PermissionError as error:
        raise DiskError(f"The token could not be saved in {library.constants.HF_HOME}: {error.strerror}.") from error
    except Exception as error:  # see `ask`
        if _status(error) in (401, 403):
            raise BadRequest("The hub does not know this token.", _make_token()) from error
        raise _unreachable(error) from error
    but = ", but the token in the environment variable HF_TOKEN goes before it" if os.environ.get("HF_TOKEN") else ""
    return f"Logged in to the model hub as {user}{but}."


def log_out() -> str:
    """Forget the saved token. Return a sentence that says so, or which token still counts. Raises DiskError."""
    library = _library()
    file = Path(library.constants.HF_TOKEN_PATH)
    try:
        saved = _read_token(file)
        for name in [name for name, token in library.utils.get_stored_tokens().items() if token == saved]:
            with contextlib.suppress(FileNotFoundError):  # it wants to tell git too, which may be missing
                library.logout(name)
        is_forgotten = own_files.delete(file, file_records.Recognised(_is_token))
    except OSError as error:
        raise DiskError(f"The token could not be removed from {file}: {error.strerror or error}.") from error
    if saved and not is_forgotten:
        raise DiskError(f"{file} is no plain file with a token, so it stays.", "Look at it, and delete it there.")
    if os.environ.get("HF_TOKEN"):
        return "Logged out; the token in the environment variable HF_TOKEN still counts."
    return "Logged out." if saved else "There was no saved token."


def has_token() -> bool:
    """Return whether there is a token, saved or in the environment."""
    try:
        return bool(_library().get_token())
    except (MissingPart, DiskError):
        return bool(os.environ.get("HF_TOKEN"))


def _read_token(file: Path) -> str:
    try:
        return small_files.read_text(file, _LARGEST_TOKENS_BYTES).strip()
    except (FileNotFoundError, UnicodeDecodeError):
        return ""


def _is_token(content: bytes) -> bool:
    """Whether a file holds a token and nothing else, as the hub's own tools write it."""
    return bool(_TOKEN.fullmatch(content.decode("utf-8", "replace").strip()))


def _library() -> ModuleType:
    """Return huggingface_hub, set to send no telemetry and to keep to FCVG_PROXY. Raises MissingPart."""
    if proxy := os.environ.get("FCVG_PROXY"):
        os.environ.update({"HTTP_PROXY": proxy, "HTTPS_PROXY": proxy})
    try:
        import huggingface_hub.constants
        import huggingface_hub.errors
        import huggingface_hub.utils
    except ImportError as error:
        raise MissingPart(f"The engine's library {error.name} is missing.", "Install the engine again.") from error
    # Not through the environment: the library reads that only once, when anybody first imports it.
    huggingface_hub.constants.HF_HUB_DISABLE_TELEMETRY = True
    _check_token_files(huggingface_hub)
    return huggingface_hub


def _is_offline(library: ModuleType) -> bool:
    """Whether the artist has chosen to work offline. The library's own switch is asked too, but not set: it is one for
    the whole process."""
    return is_offline() or bool(library.constants.HF_HUB_OFFLINE)


def _check_token_files(library: ModuleType) -> None:
    """Raise DiskError where the library would wait for ever, or fail without a word, when it reads a saved token."""
    for file in (library.constants.HF_TOKEN_PATH, library.constants.HF_STORED_TOKENS_PATH):
        try:
            small_files.read_text(Path(file), _LARGEST_TOKENS_BYTES)
        except FileNotFoundError:
            continue
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is no text"
            raise DiskError(
                f"The saved token in {file} cannot be read: {reason or error}.",
                "Move that away, or give the token in the environment variable HF_TOKEN.",
            ) from error


def _find(library: ModuleType, model: Model, source: Source, path: str, token: str | bool) -> tuple[str, Any]:
    """Return the file's name in the repository, in which the model may lie in a folder, and the hub's metadata of
    it."""

    def look(name: str) -> Any:
        url = library.hf_hub_url(source.where, name, revision=source.revision or None, endpoint=_endpoint())
        return library.get_hf_file_metadata(url, token=token, endpoint=_endpoint())

    try:
        return path, look(path)
    except library.errors.EntryNotFoundError:
        api = library.HfApi(endpoint=_endpoint(), token=token)
        names = set(api.list_repo_files(source.where, revision=source.revision or None))
        folders = [name.removesuffix(path) for name in names if name.endswith(f"/{path}")]
        whole = [folder for folder in folders if all(f"{folder}{each.path}" in names for each in model.files)]
        if len(whole) != 1:
            raise
        return f"{whole[0]}{path}", look(f"{whole[0]}{path}")


def _patiently(ask: Callable[[], Any]) -> Any:
    """Return what `ask` returns. It is called again after a moment when the hub or the network may have failed only for
    that moment. The library itself would try for half a minute, during which nobody could cancel."""
    for wait_s in _WAITS_S:
        try:
            return ask()
        except FcvgError:  # a signal that says stop
            raise
        except Exception as error:
            status = _status(error)
            if 0 < status < 500 and status not in (408, 429):
                raise
            time.sleep(wait_s)
    return ask()


def _status(error: Exception) -> int:
    """Return the status of the hub's answer; 0 where there was none."""
    return getattr(getattr(error, "response", None), "status_code", 0)


def _endpoint() -> str:
    return os.environ.get("HF_ENDPOINT", "").rstrip("/") or "https://huggingface.co"


def _make_token() -> str:
    return f"Make a new one at {shown(_endpoint())}/{_TOKENS_PAGE} (kind Read) and paste it as it is."


def _explained(error: Exception, model: Model, source: Source, has_token: bool) -> FcvgError:
    """Return the error that says what has happened and what to do about it."""
    from huggingface_hub import errors

    status = _status(error)
    is_gated = isinstance(error, errors.GatedRepoError) or source.gated
    # Of a repository that is not there the hub says 401 to those who have not logged in.
    if status == 404 or (isinstance(error, errors.RepositoryNotFoundError) and not is_gated):
        return DownloadFailed(
            f"{model.title} is not published at {page(source)} any more.", f"Update the add-on, or {_FROM_DISK}."
        )
    if status in (401, 403) and not has_token:
        return DownloadFailed(
            f"{model.title} is given only to those who have accepted its licence on its page.",
            f"Open {page(source)}, log in and accept the licence. Then make a token at "
            f"{shown(_endpoint())}/{_TOKENS_PAGE} "
            "(kind Read) and paste it in the preferences, or give it to: models login",
        )
    if status == 401:
        return DownloadFailed("The hub does not accept the token.", _make_token())
    if status == 403:
        return DownloadFailed(
            f"The token's account may not download {model.title}.",
            f"Open {page(source)}, log in with that account and accept the licence. A token with chosen permissions "
            "also needs the one to read gated repositories.",
        )
    return _unreachable(error)


def _unreachable(error: Exception) -> DownloadFailed:
    reason = str(error).strip().splitlines() or [type(error).__name__]
    return DownloadFailed(
        f"The hub at {shown(_endpoint())} cannot be reached: {cleaned(reason[0]):.200}",
        f"Check the network, or set HF_ENDPOINT to a mirror or FCVG_PROXY to a proxy; or {_FROM_DISK}.",
    )
