"""What a server's answer says, read from its status and headers."""

import time
from email.utils import parsedate_to_datetime

import requests


def reason(reply: requests.Response) -> str:
    """The answer's status, in words."""
    return f"the server answers {reply.status_code} {reply.reason or ''}".rstrip()


def short(error: Exception) -> str:
    """The last cause of a network error, without the objects' addresses that urllib3 prints."""
    while isinstance(inner := error.args[0] if error.args else None, Exception):
        error = inner
    cause = getattr(error, "reason", None)
    text = str(cause if isinstance(cause, Exception) else error).rpartition(">: ")[2]
    return text if isinstance(cause, Exception) else f"{type(error).__name__}: {text}"


def content_range(reply: requests.Response) -> tuple[int | None, int | None]:
    """First byte and total of a 206 answer, None for what it does not say."""
    span, _, total = reply.headers.get("Content-Range", "").removeprefix("bytes ").partition("/")
    first = span.partition("-")[0].strip()
    return int(first) if first.isdecimal() else None, int(total) if total.isdecimal() else None


def validator(reply: requests.Response) -> str | None:
    """What tells this version of the file from another: a strong ETag, or the date of change."""
    etag = str(reply.headers.get("ETag", ""))
    date = str(reply.headers.get("Last-Modified", ""))
    return etag if etag.startswith('"') else date or None


def retry_after(reply: requests.Response) -> float | None:
    """Seconds the server asks to wait: a number, or a date; None if it says nothing of use."""
    value = reply.headers.get("Retry-After", "").strip()
    if value.isdecimal():
        return float(value)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except (TypeError, ValueError, IndexError):
        return None
