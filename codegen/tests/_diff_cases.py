"""Edits of the shop's document, and what each means to the users of its package."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ._shop import JSON, SHOP, answer, removing, setting

GET = "/paths/~1shops~1{shop}~1cups~1{cup}/get"
POST = "/paths/~1cups/post"
BODY = f"{POST}/requestBody/content/application~1json/schema"
SCHEMAS = "/components/schemas"
REF = {"$ref": f"#{SCHEMAS}/Cup"}
TRAY = {"$ref": f"#{SCHEMAS}/Tray"}

Edit = Callable[[dict[str, Any]], object]


def all_of(*edits: Edit) -> Edit:
    """Return an edit that is several."""

    def edit(document: dict[str, Any]) -> None:
        for one in edits:
            one(document)

    return edit


def rename_path(old: str, new: str) -> Edit:
    """Return an edit that gives an operation another path."""

    def edit(document: dict[str, Any]) -> None:
        document["paths"] = {
            new if path == old else path: item for path, item in document["paths"].items()
        }

    return edit


def rename_cup(document: dict[str, Any]) -> None:
    """Call the path's variable `cup` something else."""
    rename_path("/shops/{shop}/cups/{cup}", "/shops/{shop}/cups/{mug}")(document)
    document["paths"]["/shops/{shop}/cups/{mug}"]["get"]["parameters"][1]["name"] = "mug"


def swap_variables(document: dict[str, Any]) -> None:
    """List the variables of the path the other way round."""
    parameters = document["paths"]["/shops/{shop}/cups/{cup}"]["get"]["parameters"]
    parameters[:2] = [parameters[1], parameters[0]]


def rename_model(document: dict[str, Any]) -> None:
    """Call `Lost` something else."""
    schemas = document["components"]["schemas"]
    schemas["Missing"] = schemas.pop("Lost")
    setting(f"{GET}/responses/404", answer({"$ref": f"#{SCHEMAS}/Missing"}))(document)


def stream(document: dict[str, Any]) -> None:
    """Answer with a stream, too."""
    content = document["paths"]["/cups"]["post"]["responses"]["200"]["content"]
    content["text/event-stream"] = {"schema": TRAY}


def parameter(name: str, **more: Any) -> dict[str, Any]:
    """Return a parameter of the query."""
    return {"name": name, "in": "query", "schema": {"type": "string"}, **more}


CASES: dict[str, tuple[Edit, set[tuple[str, str, str]]]] = {
    # the tree of methods
    "operation removed": (
        removing(POST),
        {("operation-removed", "breaking", "client.cups.create()")}
        | {("model-removed", "breaking", "params.GlazeParam")},
    ),
    "operation added": (
        setting(
            "/paths/~1mugs",
            {"get": {"operationId": "mugs", "responses": {"204": {"description": "Fine."}}}},
        ),
        {("operation-added", "additive", "client.mugs.mugs()")},
    ),
    "operation renamed": (
        setting(f"{POST}/operationId", "make"),
        {("operation-renamed", "breaking", "client.cups.make()")},
    ),
    "operation moved": (
        setting(f"{POST}/tags", ["mugs"]),
        {("operation-moved", "breaking", "client.mugs.create()")},
    ),
    "operation with another path": (
        rename_path("/cups", "/v2/cups"),
        {
            ("request-changed", "cosmetic", "client.cups.create()"),
        },
    ),
    "operation deprecated": (
        setting(f"{POST}/deprecated", True),
        {("operation-deprecated", "additive", "client.cups.create()")},
    ),
    "operation described": (
        setting(f"{GET}/description", "Other words."),
        {("documentation-changed", "cosmetic", "client.cups.cup()")},
    ),
    # arguments
    "argument removed": (
        removing(f"{GET}/parameters/2"),
        {("argument-removed", "breaking", "client.cups.cup(limit)")},
    ),
    "argument added": (
        setting(f"{GET}/parameters/4", parameter("page")),
        {("argument-added", "additive", "client.cups.cup(page)")},
    ),
    "required argument added": (
        setting(f"{GET}/parameters/4", parameter("page", required=True)),
        {("argument-added", "breaking", "client.cups.cup(page)")},
    ),
    "argument of the path renamed": (
        rename_cup,
        {
            ("argument-renamed", "breaking", "client.cups.cup(mug)"),
            ("request-changed", "cosmetic", "client.cups.cup()"),
            ("request-changed", "cosmetic", "client.cups.cup(mug)"),
            ("documentation-changed", "cosmetic", "client.cups.cup(mug)"),
        },
    ),
    "arguments in another order": (
        swap_variables,
        {("arguments-reordered", "breaking", "client.cups.cup()")},
    ),
    "argument by name, no longer by position": (
        all_of(
            rename_path("/shops/{shop}/cups/{cup}", "/shops/{shop}/cups"),
            setting(
                "/paths/~1shops~1{shop}~1cups/get/parameters/1", parameter("cup", required=True)
            ),
        ),
        {
            ("argument-now-keyword", "breaking", "client.cups.cup(cup)"),
            ("request-changed", "cosmetic", "client.cups.cup()"),
            ("documentation-changed", "cosmetic", "client.cups.cup(cup)"),
        },
    ),
    "argument has to be given": (
        setting(f"{BODY}/required", ["name", "size"]),
        {("argument-now-required", "breaking", "client.cups.create(size)")},
    ),
    "argument may be left out": (
        setting(f"{BODY}/required", []),
        {("argument-now-optional", "additive", "client.cups.create(name)")},
    ),
    "argument accepts more": (
        setting(f"{BODY}/properties/size", {"type": "number"}),
        {("argument-type-widened", "additive", "client.cups.create(size)")},
    ),
    "argument accepts less": (
        setting(f"{BODY}/properties/name", {"enum": ["a", "b"]}),
        {("argument-type-narrowed", "breaking", "client.cups.create(name)")},
    ),
    "argument of another type": (
        setting(f"{BODY}/properties/name", {"type": "boolean"}),
        {("argument-type-changed", "breaking", "client.cups.create(name)")},
    ),
    "value removed from what is sent": (
        setting(f"{GET}/parameters/3/schema/enum", ["g"]),
        {("argument-value-removed", "breaking", "client.cups.cup(unit)")},
    ),
    "value added to what is sent": (
        setting(f"{GET}/parameters/3/schema/enum", ["g", "kg", "t"]),
        {("argument-value-added", "additive", "client.cups.cup(unit)")},
    ),
    "argument deprecated": (
        setting(f"{GET}/parameters/2/deprecated", True),
        {("argument-deprecated", "additive", "client.cups.cup(limit)")},
    ),
    "argument described": (
        setting(f"{GET}/parameters/2/description", "How many."),
        {("documentation-changed", "cosmetic", "client.cups.cup(limit)")},
    ),
    # results
    "result changed": (
        setting(f"{POST}/responses/200", answer(TRAY)),
        {("result-type-changed", "breaking", "client.cups.create()")},
    ),
    "stream added": (
        stream,
        {("stream-added", "additive", "client.cups.create()")},
    ),
    "error without a body": (
        setting(f"{GET}/responses/404", {"description": "Fine."}),
        {
            ("error-removed", "breaking", "client.cups.cup()"),
        },
    ),
    "error with a body": (
        setting(f"{GET}/responses/500", answer(TRAY)),
        {
            ("error-added", "additive", "client.cups.cup()"),
            ("documentation-changed", "cosmetic", "client.cups.cup()"),
        },
    ),
    "error with another body": (
        setting(f"{GET}/responses/404", answer(TRAY)),
        {("error-type-changed", "breaking", "client.cups.cup() -> 404")},
    ),
    # credentials, servers, words
    "credential asked for": (
        setting(f"{POST}/security", [{"key": []}]),
        {("security-added", "breaking", "client.cups.create()")},
    ),
    "scheme removed": (
        removing("/components/securitySchemes/basic"),
        {("security-scheme-removed", "breaking", "security scheme basic")},
    ),
    "scheme added": (
        setting("/components/securitySchemes/more", {"type": "http", "scheme": "digest"}),
        {("security-scheme-added", "additive", "security scheme more")},
    ),
    "scheme changed": (
        setting("/components/securitySchemes/basic/scheme", "digest"),
        {("security-scheme-changed", "breaking", "security scheme basic")},
    ),
    "no server": (
        setting("/servers", []),
        {("server-removed", "breaking", "Client(base_url)")},
    ),
    "another server": (
        setting("/servers/0/url", "https://other.example"),
        {("server-changed", "additive", "Client(base_url)")},
    ),
    "another title": (
        setting("/info/title", "Store"),
        {("documentation-changed", "cosmetic", "title")},
    ),
    "pages": (
        setting(
            f"{GET}/x-speakeasy-pagination",
            {
                "type": "offsetLimit",
                "inputs": [{"name": "limit", "in": "parameters", "type": "page"}],
                "outputs": {"results": "$.data"},
            },
        ),
        {("pagination-added", "additive", "client.cups.cup()")},
    ),
    # webhooks
    "webhook removed": (
        removing("/webhooks/broken"),
        {("webhook-removed", "breaking", "webhook broken")},
    ),
    "webhook of another type": (
        setting("/webhooks/broken/post/requestBody/content", {JSON: {"schema": TRAY}}),
        {("webhook-type-changed", "breaking", "webhook broken")},
    ),
    # models
    "model removed": (
        removing(f"{SCHEMAS}/Tray"),
        {("model-removed", "breaking", "models.Tray")},
    ),
    "model renamed": (
        rename_model,
        {("model-renamed", "breaking", "models.Missing")},
    ),
    "model that is no class any more": (
        setting(f"{SCHEMAS}/Tray", {"enum": ["oak", "ash"]}),
        {("model-type-changed", "breaking", "models.Tray")},
    ),
    "field removed": (
        removing(f"{SCHEMAS}/Cup/properties/part"),
        {("field-removed", "breaking", "models.Cup.part")},
    ),
    "field added": (
        setting(f"{SCHEMAS}/Cup/properties/weight", {"type": "integer"}),
        {("field-added", "additive", "models.Cup.weight")},
    ),
    "field always there": (
        setting(f"{SCHEMAS}/Cup/required", ["id", "state", "glaze"]),
        {("field-now-required", "additive", "models.Cup.glaze")},
    ),
    "field may be missing": (
        setting(f"{SCHEMAS}/Cup/required", ["id"]),
        {("field-now-optional", "breaking", "models.Cup.state")},
    ),
    "field may be null": (
        setting(f"{SCHEMAS}/Cup/properties/id", {"type": ["string", "null"]}),
        {("field-type-widened", "breaking", "models.Cup.id")},
    ),
    "field of another type": (
        setting(f"{SCHEMAS}/Cup/properties/id", {"type": "integer"}),
        {("field-type-changed", "breaking", "models.Cup.id")},
    ),
    "field deprecated": (
        setting(f"{SCHEMAS}/Cup/properties/part/deprecated", True),
        {("field-deprecated", "additive", "models.Cup.part")},
    ),
    "field described": (
        setting(f"{SCHEMAS}/Cup/properties/id/description", "Of the cup."),
        {("documentation-changed", "cosmetic", "models.Cup.id")},
    ),
    "value added to what is read": (
        setting(f"{SCHEMAS}/Cup/properties/state/enum", ["whole", "broken", "chipped"]),
        {("field-value-added", "additive", "models.Cup.state")},
    ),
    "one more model in a union": (
        setting(
            f"{SCHEMAS}/Cup/properties/part",
            {"anyOf": [*SHOP["components"]["schemas"]["Cup"]["properties"]["part"]["anyOf"], TRAY]},
        ),
        {("field-variant-added", "additive", "models.Cup.part")},
    ),
    # What is sent and read has to go by both rules.
    "field of both gone": (
        removing(f"{SCHEMAS}/Glaze/properties/coats"),
        {
            ("field-removed", "breaking", "models.Glaze.coats"),
            ("field-removed", "breaking", "params.GlazeParam.coats"),
        },
    ),
    "field of both has to be given": (
        setting(f"{SCHEMAS}/Glaze/required", ["colour", "coats"]),
        {
            ("field-now-required", "additive", "models.Glaze.coats"),
            ("field-now-required", "breaking", "params.GlazeParam.coats"),
        },
    ),
    "field of both may be left out": (
        setting(f"{SCHEMAS}/Glaze/required", []),
        {
            ("field-now-optional", "breaking", "models.Glaze.colour"),
            ("field-now-optional", "additive", "params.GlazeParam.colour"),
        },
    ),
    "required field of both added": (
        all_of(
            setting(f"{SCHEMAS}/Glaze/properties/kiln", {"type": "string"}),
            setting(f"{SCHEMAS}/Glaze/required", ["colour", "kiln"]),
        ),
        {
            ("field-added", "additive", "models.Glaze.kiln"),
            ("field-added", "breaking", "params.GlazeParam.kiln"),
        },
    ),
    "field that is only read": (
        removing(f"{SCHEMAS}/Glaze/properties/batch"),
        {("field-removed", "breaking", "models.Glaze.batch")},
    ),
    "value of both gone": (
        setting(f"{SCHEMAS}/Colour/enum", ["blue"]),
        {
            ("field-value-removed", "additive", "models.Glaze.colour"),
            ("field-value-removed", "breaking", "params.GlazeParam.colour"),
            ("model-removed", "breaking", "models.Colour"),
        },
    ),
    "one of more values of both gone": (
        setting(f"{SCHEMAS}/Colour/enum", ["blue", "red"]),
        {
            ("model-value-removed", "breaking", "models.Colour"),
            ("model-value-removed", "additive", "models.Colour"),
            ("model-value-added", "additive", "models.Colour"),
        },
    ),
    "fields in another order": (
        setting(
            f"{SCHEMAS}/Handle",
            {"type": "object", "properties": {"handle": {"type": "string"}}, "title": "H"},
        ),
        {("documentation-changed", "cosmetic", "models.Handle")},
    ),
}
