"""One error lists all that is wrong with a document, each with its path, and repeats nothing of what stands in it."""

import subprocess
import sys
import traceback
from pathlib import Path

import pytest
from attrs import frozen
from tests.unit.codec.everything import EVERYTHING, VIEWED, Way, an_invoice, problems, put, spelled, ways, without

from billcore.codec import event_from_json, from_json, to_json
from billcore.errors import BadDocument
from billcore.invoices.invoice import Invoice
from billcore.testing import builders


def test_all_problems_are_told_at_once_each_with_its_path() -> None:
    document = to_json(an_invoice())
    spoilt: tuple[tuple[Way, object], ...] = (
        (("content", "lines", 0, "quantity"), 2.5),
        (("content", "lines", 0, "unit_price"), "abc"),
        (("content", "lines", 0, "taxes", 0, "name"), " "),
        (("content", "colour"), "red"),
        (("policy", "vocabulary", "words", 1, "status"), "snet"),
        (("policy", "manual_methods", 2), "barter"),
        (("sums", "paid"), "5.001 USD"),
        (("origin",), None),
        (("issue", "on"), "20260504"),
    )
    for way, value in spoilt:
        document = put(document, way, value)
    document = without(document, ("totals", "tax"))

    with pytest.raises(BadDocument) as refused:
        from_json(Invoice, document)

    assert sorted(problem.partition(":")[0] for problem in refused.value.problems) == [
        "$.content.colour",
        "$.content.lines[0].quantity",
        "$.content.lines[0].taxes[0]",
        "$.content.lines[0].unit_price",
        "$.issue.on",
        "$.origin",
        "$.policy.manual_methods[2]",
        "$.policy.vocabulary.words[1].status",
        "$.sums.paid",
        "$.totals.tax",
    ]
    assert "$.content.lines[0].quantity: expected a decimal string, got float" in refused.value.problems
    assert "$.totals.tax: missing" in refused.value.problems
    assert "$.content.colour: no such field" in refused.value.problems
    assert refused.value.code == "bad_document"
    assert str(refused.value).startswith("this document cannot be read as Invoice: $.content.colour: no such field; ")
    assert str(refused.value).endswith("; and 5 more, see problems")


def test_totals_in_two_currencies_are_refused() -> None:
    document = put(to_json(an_invoice()), ("totals", "net"), "1.00 EUR")

    with pytest.raises(BadDocument) as refused:
        from_json(Invoice, document)

    assert refused.value.problems == ("$.totals: expected figures of one currency, got two",)


@pytest.mark.parametrize(
    ("way", "value", "problem"),
    [
        (("content", "lines", 0, "quantity"), "0", "$.content.lines[0]: quantity must be above 0"),
        (("content", "lines", 0, "unit_price"), "0.123456789", "$.content.lines[0]: unit price may have at most 8"),
        (("terms", "days"), 9999, "$.terms: terms take a whole number of days"),
        (("policy", "grace_days"), 366, "$.policy: grace days must be"),
        (("sums", "paid"), "1.00 XXX", "$.sums.paid: 'XXX' is not an ISO 4217 currency"),
    ],
)  # fmt: skip
def test_what_the_domain_refuses_is_a_problem_at_its_path(way: Way, value: object, problem: str) -> None:
    (found,) = problems(Invoice, put(to_json(an_invoice()), way, value))

    assert found.startswith(problem)


@pytest.mark.parametrize("record", [an_invoice(), VIEWED, EVERYTHING], ids=["invoice", "event", "everything"])
def test_every_missing_field_and_every_field_too_many_is_told(record: object) -> None:
    document = to_json(record)
    for way in ways(document):
        if isinstance(way[-1], int):
            continue

        assert problems(type(record), without(document, way)) == (f"{spelled(way)}: missing",)

        extra = (*way[:-1], "extra")
        assert problems(type(record), put(document, extra, 1)) == (f"{spelled(extra)}: no such field",)


@pytest.mark.parametrize("record", [an_invoice(), VIEWED, EVERYTHING], ids=["invoice", "event", "everything"])
def test_a_value_of_a_wrong_type_is_told_wherever_it_stands(record: object) -> None:
    document = to_json(record)
    for way in ways(document):
        (problem,) = problems(type(record), put(document, way, 1.5))

        assert problem.startswith(f"{spelled(way)}: expected ")
        assert problem.endswith(", got float")


@pytest.mark.parametrize(("data", "got"), [(None, "null"), ([], "list"), ("{}", "str"), (5, "int")])
def test_what_is_no_object_is_no_record(data: object, got: str) -> None:
    assert problems(Invoice, data) == (f"$: expected an object, got {got}",)
    with pytest.raises(BadDocument, match=f"got {got}"):
        event_from_json(data)


@pytest.mark.parametrize("record", [an_invoice(), VIEWED, EVERYTHING, builders.a_firm()])
def test_an_error_repeats_nothing_of_what_stands_in_the_document(record: object) -> None:
    document, secret = to_json(record), "Zoe Zebra, 078-05-1120"
    spoilt = [put(document, way, value) for way in ways(document) for value in (secret, {secret: secret}, [secret])]
    spoilt += [{**document, secret: 1}]

    for refused in filter(None, (refusal(type(record), data) for data in spoilt)):
        told = "".join((*refused.problems, *traceback.format_exception(refused)))
        assert "Zebra" not in told
        assert "1120" not in told
        assert refused.__context__ is None


def test_what_a_constructor_raises_of_its_own_is_named_and_not_repeated() -> None:
    (problem,) = problems(Careless, {"name": "Zoe Zebra"})

    assert problem == "$: cannot be read (ValueError)"


@frozen
class Careless:
    """Tells on its client."""

    name: str

    def __attrs_post_init__(self) -> None:
        raise ValueError(f"no room for {self.name}")


def refusal(kind: type, data: object) -> BadDocument | None:
    try:
        from_json(kind, data)
    except BadDocument as refused:
        return refused
    return None


def test_importing_billcore_does_not_import_cattrs() -> None:
    script = "import sys, billcore, billcore.memory; print('cattrs' in sys.modules)"
    src = Path(__file__).parents[3] / "src"

    said = subprocess.run([sys.executable, "-c", script], cwd=src, capture_output=True, text=True, check=True)

    assert said.stdout.strip() == "False"
