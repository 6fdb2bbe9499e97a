"""The server and `spec/platform.yaml` agree."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Any

import schemathesis
from hypothesis import settings
from schemathesis.generation.case import Case

from sdk_server.testing import RunningServer, running_server

SPEC = Path(__file__).parents[2] / "spec" / "platform.yaml"

schema: Any = schemathesis.openapi.from_path(
    SPEC,
    config=schemathesis.Config.from_dict(
        {
            "seed": 20261121,
            "generation": {"deterministic": True, "max-examples": 20, "database": "none"},
            "operations": [
                {
                    "include-operation-id": "createToken",
                    # RFC 6749 section 5.2 wants 400 for a well-formed grant with a wrong secret.
                    "checks": {"positive_data_acceptance": {"enabled": False}},
                },
                {
                    "include-operation-id": "revokeToken",
                    # A field that is given twice is refused (RFC 6749 section 3.1), which no
                    # schema of a form can say.
                    "checks": {"positive_data_acceptance": {"enabled": False}},
                },
            ],
        }
    ),
)


@schema.parametrize()  # type: ignore[untyped-decorator]
def test_every_answer_is_one_that_the_document_promises(
    case: Case[Any], server: RunningServer
) -> None:
    """Valid requests are accepted, invalid ones refused, and both as the document says."""
    case.call_and_validate(base_url=server.platform_url, headers=authorized(server))


def test_keys_and_models_behave_over_several_calls() -> None:
    """What was created can be had, what was deleted is gone, along the links of the document."""

    class Workflow(schema.as_state_machine()):  # type: ignore[misc]  # a class made at run time
        def setup(self) -> None:
            # A server for each sequence of calls: one may delete the key that the next needs.
            self.stack = ExitStack()
            self.server = self.stack.enter_context(running_server())

        def get_call_kwargs(self, case: Case[Any]) -> dict[str, object]:
            return {"base_url": self.server.platform_url, "headers": authorized(self.server)}

        def teardown(self) -> None:
            self.stack.close()

    same = settings(derandomize=True, database=None, deadline=None)
    Workflow.run(settings=settings(same, max_examples=10, stateful_step_count=6))


def test_a_session_from_sign_in_to_sign_out_is_as_promised(server: RunningServer) -> None:
    """Every way to get tokens, and the end of the session, answers as the document says."""
    credentials = {"username": server.admin_user, "password": server.admin_password}
    first = call(server, "login", 200, body=credentials)
    second = call(server, "refreshToken", 200, body={"refresh_token": first["refresh_token"]})
    call(server, "refreshToken", 401, body={"refresh_token": first["refresh_token"]})
    call(server, "getCurrentUser", 401, token=second["access_token"])
    third = call(server, "createToken", 200, body={"grant_type": "password", **credentials})
    refresh = {"grant_type": "refresh_token", "refresh_token": third["refresh_token"]}
    fourth = call(server, "createToken", 200, body=refresh)
    call(server, "getCurrentUser", 200, token=fourth["access_token"])
    call(server, "logout", 204, token=fourth["access_token"])
    call(server, "getCurrentUser", 401, token=fourth["access_token"])
    call(server, "createToken", 400, body=refresh)


def test_an_api_key_from_creation_to_deletion_is_as_promised(server: RunningServer) -> None:
    """A key works, gives tokens, is described, and stops working when it is deleted."""
    created = call(server, "createKey", 201, body={"name": "contract"}, token=server.api_key)
    key_id, secret = created["key"]["id"], created["secret"]
    call(server, "createKey", 409, body={"name": "contract"}, token=server.api_key)
    form = {"grant_type": "client_credentials", "client_id": key_id, "client_secret": secret}
    tokens = call(server, "createToken", 200, body=form)
    path = {"key_id": key_id}
    described = call(server, "getKey", 200, path_parameters=path, token=tokens["access_token"])
    assert {**created["key"], "last_used_at": None} == described
    call(server, "deleteKey", 204, path_parameters=path, token=secret)
    call(server, "getCurrentUser", 401, token=secret)
    call(server, "getKey", 404, path_parameters=path, token=server.api_key)


def test_tokens_are_revoked_as_promised(server: RunningServer) -> None:
    """An access token ends alone, a refresh token with all that it gave."""
    credentials = {"username": server.admin_user, "password": server.admin_password}
    tokens = call(server, "login", 200, body=credentials)
    call(server, "revokeToken", 200, body={"token": tokens["access_token"]})
    call(server, "getCurrentUser", 401, token=tokens["access_token"])
    fresh = call(server, "refreshToken", 200, body={"refresh_token": tokens["refresh_token"]})
    call(server, "revokeToken", 200, body={"token": fresh["refresh_token"]})
    call(server, "getCurrentUser", 401, token=fresh["access_token"])


def test_the_files_of_a_model_are_sent_and_kept_as_promised(server: RunningServer) -> None:
    """Whole, in part, with a part that is not there, and from upload to deletion."""
    model = {"model_id": "echo-1"}
    place = {**model, "file_name": "contract.bin"}

    def ask(operation_id: str, status: int, **kw: Any) -> Any:
        case = schema.find_operation_by_id(operation_id).Case(**kw)
        response = case.call_and_validate(base_url=server.platform_url, headers=authorized(server))
        assert status == response.status_code
        return response

    sent = {"path_parameters": place, "body": b"0123456789"}
    sent["media_type"] = "application/octet-stream"
    file = ask("uploadModelFile", 201, **sent).json()
    ask("uploadModelFile", 200, **sent)
    listed = ask("listModelFiles", 200, path_parameters=model).json()
    assert "contract.bin" in [each["name"] for each in listed["items"]]
    assert b"0123456789" == ask("downloadModelFile", 200, path_parameters=place).content
    for wanted, status in (("bytes=4-", 206), ("bytes=10-", 416)):
        headers = {"Range": wanted, "If-Range": file["etag"]}
        response = ask("downloadModelFile", status, path_parameters=place, headers=headers)
        assert ["bytes 4-9/10" if status == 206 else "bytes */10"] == response.headers[
            "content-range"
        ]
    ask("deleteModelFile", 204, path_parameters=place)
    ask("deleteModelFile", 404, path_parameters=place)


def test_a_model_that_exists_is_described_as_promised(server: RunningServer) -> None:
    """The description of a model follows the document."""
    path = {"model_id": "echo-1"}
    model = call(server, "getModel", 200, path_parameters=path, token=server.api_key)
    assert "echo-1" == model["id"]


def call(
    server: RunningServer, operation_id: str, status: int, *, token: str | None = None, **kw: Any
) -> Any:
    """Call an operation, hold the answer against the document, and return its body."""
    operation = schema.find_operation_by_id(operation_id)
    media_types = list(operation.definition.raw.get("requestBody", {}).get("content", {}))
    case = operation.Case(media_type=media_types[0] if media_types else None, **kw)
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    response = case.call_and_validate(base_url=server.platform_url, headers=headers)
    assert status == response.status_code
    return response.json() if response.content else None


def authorized(server: RunningServer) -> dict[str, str]:
    """Return the headers of a caller who may do everything."""
    return {"Authorization": f"Bearer {server.api_key}"}
