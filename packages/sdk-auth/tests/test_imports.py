"""What importing costs: counted in modules, which no busy machine changes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import sdk_auth

MOST = 4
"""Modules that `import sdk_auth` may add to those of the standard library's `typing`."""

MOST_OF_OAUTH = 40
"""Modules that the policy may add to those of attrs and a client of sdk-core."""

_MADE_OF_PYDANTIC = {"settings"}
HEAVY = {
    "aiohttp",
    "anyio",
    "asyncio",
    "cryptography",
    "http.server",
    "httpcore",
    "httpx",
    "httpx2",
    "joserfc",
    "jwt",
    "keyring",
    "pydantic",
    "pyreqwest",
    "ssl",
    "trio",
    "webbrowser",
}
PUBLIC = sorted(
    path.stem
    for path in Path(sdk_auth.__file__).parent.iterdir()
    if not path.stem.startswith("_") and path.suffix == ".py"
)


def loaded(*statements: str) -> set[str]:
    """Return the modules that a new interpreter has when it has carried out *statements*."""
    program = "\n".join((*statements, "import sys", "print(*sys.modules)"))
    command = [sys.executable, "-W", "error", "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    return set(done.stdout.split())


def test_the_package_adds_nearly_nothing() -> None:
    """What it offers is imported when it is asked for."""
    added = loaded("import importlib, typing", "import sdk_auth") - loaded(
        "import importlib, typing"
    )
    assert "sdk_auth" in added
    assert len(added) <= MOST, sorted(added)


@pytest.mark.parametrize("module", ["", *(f".{name}" for name in PUBLIC)])
def test_importing_loads_nothing_heavy(module: str) -> None:
    """No cryptography, no keyring, no browser, no engine, no loop, no TLS, in any public module."""
    allowed = HEAVY if module[1:] in _MADE_OF_PYDANTIC else set()
    assert (HEAVY - allowed) & loaded(f"import sdk_auth{module}") == set()


def test_the_policy_adds_few_modules_to_a_client() -> None:
    """A client that signs in starts as fast as one that does not."""
    standing = loaded("import attrs, sdk_core.clients")
    added = loaded(
        "import attrs, sdk_core.clients",
        "from sdk_auth import ClientCredentials, OAuth",
        "grant = ClientCredentials(client_id='a', client_secret='b', issuer='https://x.example')",
        "OAuth(grant)",
    )
    assert HEAVY & added == set()
    assert len(added - standing) <= MOST_OF_OAUTH, sorted(added - standing)


def test_a_secret_needs_no_cryptography() -> None:
    """Neither do a refresh and a sign-out: only what signs loads it."""
    assert "cryptography" not in loaded(
        "from sdk_auth import ClientCredentials, OAuth",
        "from sdk_core.testing import play, response",
        "url = 'https://x.example/t'",
        "grant = ClientCredentials(client_id='a', client_secret='b', token_url=url)",
        "token = response(json={'access_token': 't', 'refresh_token': 'r'})",
        "oauth = OAuth(grant)",
        "play(oauth.token(), token).result",
        "play(oauth.logout()).result",
    )


def test_all_that_is_offered_is_there() -> None:
    """Every name can be had, is listed once and in order, and nothing else is offered."""
    assert sdk_auth.__all__ == sorted(sdk_auth.__all__)
    assert {*sdk_auth.__all__} - {"__version__"} == {*sdk_auth._MODULES}
    assert {*sdk_auth.__all__} <= {*dir(sdk_auth)}
    for name in sdk_auth.__all__:
        assert getattr(sdk_auth, name) is not None
    with pytest.raises(AttributeError, match="Nothing"):
        _ = sdk_auth.Nothing


def test_every_public_module_is_listed_in_the_readme() -> None:
    """Whoever looks for a module finds it in the table of public modules."""
    readme = Path(__file__).parents[1] / "README.md"
    table = readme.read_text(encoding="utf-8").partition("## Public modules")[2]
    assert [name for name in PUBLIC if f"`{name}`" not in table] == []
