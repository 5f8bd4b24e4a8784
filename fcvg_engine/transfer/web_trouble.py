# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a web server did not answer as it should, in plain words."""

from __future__ import annotations

import email.utils
import http.client
import re
import socket
import ssl
import time
import urllib.error
from collections.abc import Iterator
from contextlib import contextmanager

_PASSING = (408, 425, 429)  # like all of 500 … 599: another time it may work
_CONNECTION_HINT = "Check the connection to the internet, and the proxy if there is one, then try again."


class Trouble(Exception):
    """A request failed. `reason` completes the sentence "… could not be downloaded: "; `hint` says what to do. `again`:
    another try may help, after `wait_s` if the server said so. `missing`: the server has no such thing."""

    def __init__(
        self, reason: str, hint: str = "", *, again: bool = False, wait_s: float = 0.0, missing: bool = False
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.hint = hint
        self.again = again
        self.wait_s = wait_s
        self.missing = missing


def check_status(response: http.client.HTTPResponse, host: str) -> None:
    """Raise Trouble, and close the response, unless its status is 200, 206 or 416."""
    status = response.status
    if status in (200, 206, 416):
        return
    response.close()
    if status in (401, 403):
        raise Trouble(
            f"{host} refuses without a log-in or an accepted licence ({status})",
            "For a model, accept its licence on its page and give a token of that account; for a package index, "
            "check the name and password.",
        )
    if status in (404, 410):
        raise Trouble(
            f"{host} does not have it ({status})", "It was moved or withdrawn: try another source.", missing=True
        )
    if status == 407:
        raise _proxy_login()
    if status in _PASSING or status >= 500:
        wait_s = _seconds(response.headers.get("Retry-After", ""))
        raise Trouble(f"{host} is busy or has a fault ({status})", "Try again later.", again=True, wait_s=wait_s)
    raise Trouble(f"{host} answered with status {status}", "Try again later, or try another source.")


def _seconds(retry_after: str) -> float:
    """Return how long the header Retry-After, seconds or a date, asks to wait; 0 when it cannot be understood."""
    if retry_after.strip().isdecimal():
        return float(retry_after)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(retry_after).timestamp() - time.time())
    except (ValueError, OverflowError, OSError):
        return 0.0


@contextmanager
def plain_words(host: str, stall_s: float) -> Iterator[None]:
    """Turn what urllib raises in the block into Trouble. Its own texts may hold addresses with passwords, so none is
    passed on."""
    try:
        yield
    except (OSError, http.client.HTTPException, ValueError) as error:
        cause = error.reason if isinstance(error, urllib.error.URLError) else error
        raise _explain(cause, host, stall_s) from None


def _explain(error: object, host: str, stall_s: float) -> Trouble:
    tunnel = re.match(r"Tunnel connection failed: (\d+)", str(error))
    if tunnel and tunnel[1] == "407":
        return _proxy_login()
    if tunnel:
        again = tunnel[1].startswith("5")
        return Trouble(f"{host} cannot be reached ({tunnel[1]})", "Ask your administrator.", again=again)
    if isinstance(error, ssl.SSLCertVerificationError):
        return Trouble(
            f"the certificate of {host} is not trusted ({error.verify_message})",
            "Check this computer's clock. A studio's own certificate goes into the file that SSL_CERT_FILE names.",
        )
    if isinstance(error, http.client.InvalidURL | ValueError):
        return Trouble("its address cannot be understood", "Check the package index and the proxy.")
    if isinstance(error, TimeoutError):
        return Trouble(f"nothing came from {host} for {stall_s:.0f} seconds", _CONNECTION_HINT, again=True)
    if isinstance(error, socket.gaierror):
        return Trouble(f"{host} cannot be found", _CONNECTION_HINT, again=True)
    if isinstance(error, ConnectionRefusedError):
        return Trouble(f"{host} does not take connections", _CONNECTION_HINT, again=True)
    return Trouble(f"the connection to {host} was cut", _CONNECTION_HINT, again=True)


def _proxy_login() -> Trouble:
    return Trouble(
        "the proxy wants a name and a password (407)", "Write them into its address: http://NAME:PASSWORD@HOST:PORT."
    )
