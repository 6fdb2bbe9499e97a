"""
The commands of ``python -m sdk_auth``.

Shells keep what is typed, and everybody on a machine sees the arguments of its processes. So a
secret is never an argument: it is asked for, or comes from a file, standard input or the
environment. One that is given as an argument all the same is refused, and not repeated.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Mapping, Sequence
from getpass import getpass
from typing import TYPE_CHECKING, Any, Final, NoReturn, get_args

import attrs

from sdk_core.errors import ConfigurationError, SDKError

from ._oauth import OAuth
from ._sign_ins import Kind, SignIn, secret_of
from .chain import variables
from .clients import TokenClient
from .stores import FileStore, KeyringStore

if TYPE_CHECKING:
    from .tokens import Token
    from .typing import TokenStore

_SECRETS: Final = (
    "secret",
    "client-secret",
    "password",
    "token",
    "access-token",
    "refresh-token",
    "api-key",
    "key",
)
_NO_ARGUMENT: Final = (
    "a secret cannot be an argument, which shells keep and process lists show: use "
    "--client-secret-file, --password-file, --ask, or the environment (SDK_AUTH__CLIENT_SECRET, "
    "SDK_AUTH__PASSWORD); and replace this one, for it is in the history of your shell now"
)
_MINUTE: Final = 60.0


class _Parser(argparse.ArgumentParser):
    """A parser whose errors do not repeat what was typed."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong, but the words themselves."""
        super().error(message.partition(": invalid choice")[0].partition(" '")[0])


def main(arguments: Sequence[str]) -> int:
    """
    Carry out a command.

    Args:
        arguments: Those of the command line, without the program.

    Returns:
        0; 1 if it failed, or (``status``) nobody has signed in. Wrong arguments exit with 2.
    """
    parser = _parser()
    for each in arguments:
        if each.startswith("--") and each[2:].partition("=")[0] in _SECRETS:
            del arguments, each
            parser.error(_NO_ARGUMENT)
    given, rest = parser.parse_known_args(arguments)
    if rest:
        names = [each.partition("=")[0] for each in rest if each.startswith("-")]
        del rest, arguments
        parser.error(f"unknown: {', '.join(names) or 'an argument'}")
    try:
        return int(given.command(given))
    except SDKError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    except KeyboardInterrupt:
        return 130


def login(given: argparse.Namespace) -> int:
    """Sign in, and keep the token."""
    oauth, _ = _opened(given, asks=True)
    with TokenClient() as client:
        token = client.login(oauth)
    sys.stderr.write(f"signed in; the token {_end_of(token)}\n")
    return 0


def show(given: argparse.Namespace) -> int:
    """Write a token that can be used now to standard output, and nothing else."""
    oauth, sign_in = _opened(given)
    if sign_in.is_interactive and not _can_go_on(_kept(oauth)):
        sys.stderr.write("nobody has signed in: use the command login\n")
        return 1
    with TokenClient() as client:
        token = client.token(oauth)
    sys.stdout.write(f"{token.access_token}\n")
    return 0


def logout(given: argparse.Namespace) -> int:
    """Have the token revoked, and forget it."""
    oauth, _ = _opened(given)
    if _kept(oauth) is None:
        sys.stderr.write("nobody has signed in\n")
        return 0
    with TokenClient() as client:
        client.logout(oauth)
    sys.stderr.write("signed out\n")
    return 0


def status(given: argparse.Namespace) -> int:
    """Say how it stands, without asking anybody."""
    oauth, sign_in = _opened(given)
    token = _kept(oauth)
    lines = {
        "server": sign_in.issuer or sign_in.token_url,
        "client": sign_in.client_id or "none",
        "store": repr(oauth.store),
        "signed in": "no" if token is None else "yes" if _can_go_on(token) else "no longer",
    }
    if token is not None:
        lines["token"] = _end_of(token)
        lines["renewed"] = "by signing in" if token.refresh_token is None else "by refresh token"
        lines["scope"] = " ".join(token.scope) or "not said"
    sys.stdout.write("".join(f"{name}: {value}\n" for name, value in lines.items()))
    return 0 if _can_go_on(token) else 1


def _kept(oauth: OAuth) -> Token | None:
    assert oauth.store is not None  # commands keep tokens
    return oauth.store.load(oauth.grant.key)


def _can_go_on(token: Token | None) -> bool:
    """Return whether *token* is good, or can be renewed without anybody."""
    if token is None:
        return False
    return (
        token.refresh_token is not None
        or token.expires_at is None
        or token.expires_at > time.time()
    )


def _end_of(token: Token) -> str:
    if token.expires_at is None:
        return "does not say when it ends"
    left = token.expires_at - time.time()
    span = f"{abs(left) / _MINUTE:.0f} minutes" if abs(left) >= _MINUTE else f"{abs(left):.0f} s"
    return f"ends in {span}" if left > 0 else f"ended {span} ago"


def _opened(given: argparse.Namespace, *, asks: bool = False) -> tuple[OAuth, SignIn]:
    """Return who signs in how, from the arguments, the environment and the profile, in this order."""
    sign_in = SignIn.of(_members(given), "the command line, the environment or the profile")
    if given.ask or (asks and sign_in.kind == "password" and sign_in.password is None):
        sign_in = _asked(sign_in, secret=given.ask)
    if not sign_in.has_server:
        msg = f"{sign_in.where} has neither `issuer` nor `token_url`: give --issuer or --token-url"
        raise ConfigurationError(msg)
    return OAuth(sign_in.made(), store=_store(given.store)), sign_in


def _members(given: argparse.Namespace) -> dict[str, str]:
    members: dict[str, str] = {}
    if given.settings is not None or given.profile is not None:
        from ._profiles import read  # noqa: PLC0415  # needs an extra

        members.update(read("SDK_", given.profile, given.settings)[1])
    members.update(variables("SDK_"))
    members.update({name: value for name in _plain() if (value := getattr(given, name))})
    for name in ("client_secret", "password"):
        if file := getattr(given, f"{name}_file"):
            members.pop("client_secret_file" if name == "client_secret" else "", None)
            members[name] = _line() if file == "-" else secret_of(file)
    return members


def _line() -> str:
    return sys.stdin.readline().rstrip("\r\n")


def _asked(sign_in: SignIn, *, secret: bool) -> SignIn:
    """Return *sign_in* with the secret that somebody typed in, unseen."""
    if not sys.stdin.isatty():  # where it would be seen
        msg = "nobody can be asked: standard input is no terminal; use --password-file or --client-secret-file"
        raise ConfigurationError(msg)
    name = "client_secret" if secret else "password"
    typed: Any = {name: getpass(f"{name.replace('_', ' ')}: ")}
    return attrs.evolve(sign_in, **typed)


def _store(given: str | None) -> TokenStore:
    return KeyringStore() if given == "keyring" else FileStore(given)


def _plain() -> Mapping[str, str]:
    """Return the options that are no secrets, and what they say."""
    return {
        "grant": f"how to sign in: {', '.join(get_args(Kind))}",
        "issuer": "the authorization server, for discovery",
        "token_url": "its token endpoint, where there is no discovery",
        "device_authorization_url": "where device codes are given, likewise",
        "authorization_url": "where browsers go, likewise",
        "client_id": "the name that the server has for the program",
        "scope": "what is asked for, with spaces",
        "audience": "for which API",
        "username": "of the person, for --grant password",
        "token_file": "a file with the token of a workload",
    }


def _parser() -> argparse.ArgumentParser:
    options: Any = {"allow_abbrev": False, "formatter_class": argparse.RawDescriptionHelpFormatter}
    common = _Parser(add_help=False, allow_abbrev=False)
    for name, text in _plain().items():
        common.add_argument(f"--{name.replace('_', '-')}", help=text)
    common.add_argument("--client-secret-file", metavar="FILE", help="holds it; - is stdin")
    common.add_argument("--password-file", metavar="FILE", help="holds it; - is stdin")
    common.add_argument("--ask", action="store_true", help="ask for the client's secret")
    common.add_argument("--settings", metavar="FILE", help="a TOML file with [auth]")
    common.add_argument("--profile", help="one of the profiles in it")
    common.add_argument("--store", help="a folder for tokens, or the word keyring")
    parser = _Parser(prog="python -m sdk_auth", description=__doc__, **options)
    commands = parser.add_subparsers(metavar="COMMAND", required=True, parser_class=_Parser)
    for name, command in (
        ("login", login),
        ("token", show),
        ("logout", logout),
        ("status", status),
    ):
        made = commands.add_parser(
            name, parents=[common], help=command.__doc__, description=command.__doc__, **options
        )
        made.set_defaults(command=command)
    return parser
