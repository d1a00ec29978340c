"""Stored documents say what kind they are and in which version, so that one written years ago can still be read.

A kind's version goes up whenever one of its fields, or of the records inside it, is added, renamed or dropped. The
upcaster that is added with it turns data of the version before into data of the new one: a plain function of dicts.
"""

from collections.abc import Callable, Mapping
from copy import deepcopy
from functools import partial
from typing import Final, Generic, TypeVar

from attrs import Factory, field, frozen

from billcore.catalog import CatalogItem
from billcore.charges.charge import Charge
from billcore.clients import Client, Firm
from billcore.codec import JsonValue, event_from_json, from_json, to_json, to_text
from billcore.codec.problems import bad_document
from billcore.codec.tags import TAG
from billcore.errors import BadDocument
from billcore.events import Event
from billcore.invoices.invoice import CreditNote, Invoice
from billcore.methods import SavedMethod
from billcore.payments.operation import Operation
from billcore.payments.payment import Payment, Refund
from billcore.policy import Policy
from billcore.ports.gateway import GatewayEvent
from billcore.recurring.occurrence import Occurrence
from billcore.recurring.schedule import Schedule

Record = TypeVar("Record")
Data = dict[str, JsonValue]
Upcaster = Callable[[Data], Data]


@frozen(eq=False)
class Envelope(Generic[Record]):
    """One kind of stored document: ``{"kind": "invoice", "v": 1, "data": {...}}``.

    The first of the ``upcasters`` reads version 1, the last one writes the present version.
    """

    kind: str
    read: Callable[[JsonValue], Record]
    upcasters: tuple[Upcaster, ...] = ()

    _head: str = field(init=False, repr=False, default=Factory(lambda self: self._opening(), takes_self=True))

    def _opening(self) -> str:
        return f'{{"kind":"{self.kind}","v":{self.version},"data":'

    @property
    def version(self) -> int:
        return len(self.upcasters) + 1

    def wrap(self, record: Record) -> Data:
        """The record as a document of the present version."""
        return {"kind": self.kind, "v": self.version, "data": to_json(record)}

    def text(self, record: Record, *, left_out: frozenset[str] = frozenset(), instead: str = "") -> str:
        """The same as JSON text; *instead* of fields that are left out it may have others, as text."""
        data = to_text(record, left_out=left_out)
        if instead:
            data = f"{data[:-1]},{instead}}}"
        return f"{self._head}{data}}}"

    def unwrap(self, document: object) -> Record:
        """The record of a document of this kind, in any version up to the present one; else BadDocument."""
        data = self._present(*self._open(document))
        try:
            return self.read(data)
        except BadDocument as error:
            problems = tuple(f"$.data{problem.removeprefix('$')}" for problem in error.problems)
        raise bad_document(self.kind, problems)

    def _open(self, document: object) -> tuple[Data, int]:
        if type(document) is not dict or document.keys() != {"kind", "v", "data"}:
            raise self._refusal("$: expected an object of kind, v and data")
        kind, version, data = document["kind"], document["v"], document["data"]
        if kind != self.kind:
            raise self._refusal(f"$.kind: expected '{self.kind}'")
        if type(version) is not int or version < 1:
            raise self._refusal("$.v: expected a whole number from 1")
        if version > self.version:
            raise self._refusal(
                f"$.v: {version} is of a newer billcore, this one reads up to {self.version}: upgrade it"
            )
        if type(data) is not dict:
            raise self._refusal("$.data: expected an object")
        return data, version

    def _present(self, data: Data, version: int) -> Data:
        if version == self.version:
            return data
        present = deepcopy(data)
        try:
            for upcast in self.upcasters[version - 1 :]:
                present = upcast(present)
            return present
        except (AttributeError, LookupError, TypeError, ValueError):
            pass  # What the data lacked is in the error, and perhaps the data too.
        raise self._refusal(f"$.data: cannot be brought from version {version} to {self.version}")

    def _refusal(self, problem: str) -> BadDocument:
        return bad_document(self.kind, (problem,))


def _with_fees_and_consent(operation: Data) -> Data:
    """Version 2 of operations: a verdict, an address to come back to, a page's platform fee, evidence of consent."""
    new: Mapping[JsonValue, Data] = {
        "charge": {"return_url": None},
        "checkout": {"platform_fee": None},
        "attach": {"consent": None},
    }
    command = operation["command"]
    if not isinstance(command, dict):
        raise TypeError("a command is an object")
    return {"verdict": None, **operation, "command": {**new.get(command[TAG], {}), **command}}


def _with_whose_wish(operation: Data) -> Data:
    """Version 3 of operations: which one asks to cancel the payment, and there for whom and why."""
    command = operation["command"]
    if not isinstance(command, dict):
        raise TypeError("a command is an object")
    whose: Data = {"reason": "", "by": None} if command[TAG] == "cancel" else {}
    return {"cancel_id": None, **operation, "command": {**whose, **command}}


FIRM: Final = Envelope("firm", partial(from_json, Firm))
POLICY: Final = Envelope("policy", partial(from_json, Policy))
CATALOG_ITEM: Final = Envelope("catalog_item", partial(from_json, CatalogItem))
CLIENT: Final = Envelope("client", partial(from_json, Client))
METHOD: Final = Envelope("method", partial(from_json, SavedMethod))
CHARGE: Final = Envelope("charge", partial(from_json, Charge))
INVOICE: Final = Envelope("invoice", partial(from_json, Invoice))
CREDIT_NOTE: Final = Envelope("credit_note", partial(from_json, CreditNote))
PAYMENT: Final = Envelope("payment", partial(from_json, Payment))
REFUND: Final = Envelope("refund", partial(from_json, Refund))
OPERATION: Final = Envelope("operation", partial(from_json, Operation), (_with_fees_and_consent, _with_whose_wish))
SCHEDULE: Final = Envelope("schedule", partial(from_json, Schedule))
OCCURRENCE: Final = Envelope("occurrence", partial(from_json, Occurrence))
GATEWAY_EVENT: Final = Envelope("gateway_event", partial(from_json, GatewayEvent))
EVENT: Final[Envelope[Event]] = Envelope("event", event_from_json)
