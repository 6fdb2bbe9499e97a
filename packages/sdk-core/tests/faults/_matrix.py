"""The faults, as data: what a server does, and what the caller must see."""

from __future__ import annotations

from . import _answers, _connections, _sources

FAULTS = (
    *_connections.CONNECTING,
    *_connections.SENDING,
    *_connections.ENDING,
    *_answers.FRAMING,
    *_answers.HEADERS,
    *_answers.INTERIM,
    *_answers.CODINGS,
    *_connections.TLS,
    *_connections.PROXY,
    *_answers.REDIRECTS,
    *_answers.STATUSES,
    *_answers.BODIES,
    *_answers.STREAMS,
    *_sources.SOURCES,
    *_connections.KEPT,
)
