"""Browsers of tests: httpx without certificates, whose loading takes longer than the test."""

from __future__ import annotations

from functools import partial
from typing import Final

import httpx

get: Final = partial(httpx.get, verify=False)
post: Final = partial(httpx.post, verify=False)
request: Final = partial(httpx.request, verify=False)
