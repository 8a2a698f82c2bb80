"""Status, headers and errors of HTTP responses."""

import time
from email.utils import parsedate_to_datetime

import requests


def status_text(reply: requests.Response) -> str:
    """The response's status, for messages."""
    return f"the server answers {reply.status_code} {reply.reason or ''}".rstrip()


def short_message(error: Exception) -> str:
    """The innermost cause of a network error, without the object addresses that urllib3 prints."""
    while isinstance(inner := error.args[0] if error.args else None, Exception):
        error = inner
    cause = getattr(error, "reason", None)
    text = str(cause if isinstance(cause, Exception) else error).rpartition(">: ")[2]
    return text if isinstance(cause, Exception) else f"{type(error).__name__}: {text}"


def content_range(reply: requests.Response) -> tuple[int | None, int | None]:
    """First byte and total size of a 206 response, None for what it does not say."""
    span, _, total = reply.headers.get("Content-Range", "").removeprefix("bytes ").partition("/")
    first = span.partition("-")[0].strip()
    return int(first) if first.isdecimal() else None, int(total) if total.isdecimal() else None


def validator(reply: requests.Response) -> str | None:
    """What identifies this version of the file: a strong ETag, or the modification date."""
    etag = str(reply.headers.get("ETag", ""))
    date = str(reply.headers.get("Last-Modified", ""))
    return etag if etag.startswith('"') else date or None


def retry_after(reply: requests.Response) -> float | None:
    """Seconds the server asks to wait, given as a number or a date; None if it gives neither."""
    value = reply.headers.get("Retry-After", "").strip()
    if value.isdecimal():
        return float(value)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except (TypeError, ValueError, IndexError):
        return None
