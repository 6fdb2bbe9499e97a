"""What is in a document, what was repaired in it, and what each operation became."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from ._analysis import Analysis
from ._became import Became, methods
from ._ir import Operation
from ._report import counted, example_lines, repair_lines, repairs_as_json
from ._unfit import unfit_examples

__all__ = ["inspection", "inspection_text"]


def inspection(analysis: Analysis) -> dict[str, Any]:
    """Return everything as values of JSON."""
    source, api = analysis.loaded.source, analysis.api
    became = methods(analysis)
    groups: dict[str, list[dict[str, Any]]] = {}
    for item in became.values():
        groups.setdefault(".".join(item.operation.group), []).append(item.as_json())
    return {
        "title": api.title,
        "version": api.version,
        "openapi": str(source.document.get("openapi", "")),
        "document": source.name,
        "bytes": len(source.content),
        "files": [name for name, _ in source.parts],
        "operations": len(api.operations),
        "schemas": len(api.components),
        "groups": groups,
        "skipped": [
            {"pointer": item.pointer, "operation": item.route, "rule": item.rule}
            for item in analysis.skipped
        ],
        "content_types": {
            "requests": _counted(_requests(api.operations)),
            "answers": _counted(_answers(api.operations)),
        },
        "servers": [server.url for server in api.servers],
        "security": {scheme.id: _scheme(scheme) for scheme in api.security_schemes},
        "streams": _routes(became, _streams),
        "pagination": {
            item.route: item.operation.pagination.type
            for item in became.values()
            if item.operation.pagination is not None
        },
        "deprecated": _routes(became, lambda operation: operation.deprecated),
        "webhooks": [webhook.name for webhook in api.webhooks],
        "repairs": repairs_as_json(analysis.repairs),
        "unfit_examples": list(unfit_examples(analysis)),
    }


def _counted(names: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(names).items(), key=lambda item: (-item[1], item[0])))


def _requests(operations: Iterable[Operation]) -> Iterator[str]:
    for operation in operations:
        yield from {body.media_type for body in operation.bodies}


def _answers(operations: Iterable[Operation]) -> Iterator[str]:
    for operation in operations:
        yield from {
            content.media_type for response in operation.responses for content in response.contents
        }


def _scheme(scheme: Any) -> str:
    parts = (scheme.kind, scheme.scheme, scheme.location, scheme.name)
    return " ".join(str(part) for part in parts if part)


def _streams(operation: Operation) -> bool:
    return any(
        content.kind in ("events", "lines")
        for response in operation.responses
        for content in response.contents
    )


def _routes(became: dict[str, Became], chosen: Any) -> list[str]:
    return [item.route for item in became.values() if chosen(item.operation)]


def inspection_text(value: dict[str, Any], analysis: Analysis, *, verbose: bool = False) -> str:
    """Return what *value*, made by `inspection`, says, as lines for a person."""
    size = value["bytes"] / 1_000_000
    files = len(value["files"])
    lines = [
        f"{value['title']} {value['version']}",
        _row("document", f"{value['document']}, {size:.1f} MB, OpenAPI {value['openapi']}"),
        *([_row("files", str(files))] if files > 1 else []),
        _row("operations", f"{value['operations']} in {counted(len(value['groups']), 'group')}"),
        _row("schemas", str(value["schemas"])),
        _row("requests", _listed(value["content_types"]["requests"])),
        _row("answers", _listed(value["content_types"]["answers"])),
        _row("servers", ", ".join(value["servers"]) or "none"),
        _row("auth", ", ".join(f"{k} ({v})" for k, v in value["security"].items()) or "none"),
        _row("streams", str(len(value["streams"]))),
        _row("pagination", str(len(value["pagination"]))),
        _row("deprecated", str(len(value["deprecated"]))),
        _row("webhooks", str(len(value["webhooks"]))),
        *(_row("skipped", f"{item['operation']} ({item['rule']})") for item in value["skipped"]),
    ]
    lines += example_lines(value["unfit_examples"], verbose=verbose)
    lines += repair_lines(analysis.repairs, verbose=verbose)
    for group, members in value["groups"].items():
        lines += ["", group]
        lines += [f"  {_line(member)}" for member in members]
    return "\n".join(" ".join(line.splitlines()) if "\n" in line else line for line in lines) + "\n"


def _row(name: str, words: str) -> str:
    return f"{name:<12}{words}"


def _listed(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items()) or "none"


def _line(member: dict[str, Any]) -> str:
    required = [item["name"] for item in member["arguments"] if item["required"]]
    more = ["..."] if len(required) < len(member["arguments"]) else []
    call = f"{member['call']}({', '.join([*required, *more])})"
    note = " (deprecated)" if member["deprecated"] else ""
    return f"{member['operation']} -> {call} -> {member['result']}{note}"
