"""Why a request got no page, in words that a person can use."""

import pytest
from scrapy.exceptions import DownloadFailedError
from twisted.internet.error import ConnectionDone, ConnectionLost
from twisted.web.client import ResponseFailed

from crawler.fetch.middlewares.errors import cause_of


class Wrapped:
    """What Twisted's Failure is to us."""

    def __init__(self, value: Exception) -> None:
        self.value = value


def never_received(origin: Exception) -> Exception:
    """Return what Twisted makes of an error while it waits for an answer."""
    made: Exception = ResponseFailed.__new__(ResponseFailed)
    made.args = (f"[<twisted.python.failure.Failure {type(origin).__name__}>]",)
    made.reasons = [Wrapped(origin)]  # type: ignore[attr-defined] # as ResponseFailed does
    return made


class ParseError(Exception):
    """Twisted's, for a header that is none."""


class SslError(Exception):
    """OpenSSL's own, which tests do not need."""


SslError.__module__ = "OpenSSL.SSL"


def failed(origin: Exception) -> Exception:
    """Return what Scrapy makes of that."""
    wrapped = never_received(origin)
    try:
        raise DownloadFailedError(str(wrapped)) from wrapped
    except DownloadFailedError as error:
        return error


@pytest.mark.parametrize(
    ("origin", "said"),
    [
        (ConnectionLost(), "the connection was closed before the answer was whole"),
        (ConnectionDone(), "the connection was closed before the answer was whole"),
        (SslError([("SSL routines", "", "tlsv1 alert")]), "the TLS connection failed"),
        (SslError("certificate verify failed"), "its TLS certificate cannot be verified"),
        (never_received(ConnectionLost()), "the connection was closed"),
        (ParseError("wrong number of parts"), "ParseError: wrong number of parts"),
        (ValueError("<twisted.python.failure.Failure object>"), "ValueError"),
    ],
)
def test_twisted_s_own_words_are_not_passed_on(origin: Exception, said: str) -> None:
    for error in (failed(origin), never_received(origin), origin):
        text = cause_of(error, "a.vn")
        assert text.startswith(said)
        assert "<twisted" not in text
