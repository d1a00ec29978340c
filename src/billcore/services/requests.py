"""The caller's retries: the same request id with the same parameters is the same command, with others a conflict."""

import hashlib
import json

from attrs import frozen

from billcore.errors import RequestIdReused
from billcore.ports.store import Request, UnitOfWork
from billcore.texts import text

Parameter = str | int | bool | None | tuple[str, ...]


@frozen(kw_only=True)
class Asked:
    """A command as the caller asked for it: its id and a digest of what they want, if they gave an id."""

    request_id: str | None
    fingerprint: str

    def result_in(self, work: UnitOfWork) -> str | None:
        """The id of the record that this request made before, None if it is new.

        RequestIdReused for other parameters.
        """
        if self.request_id is None:
            return None
        known = work.requests.find(self.request_id)
        if known is None:
            return None
        if known.fingerprint != self.fingerprint:
            raise RequestIdReused(
                "this request id was used before with other parameters; repeat it unchanged, or take a new id"
            )
        return known.result_id

    def remember(self, work: UnitOfWork, result_id: str) -> None:
        """Bind the request id to the record, in the transaction that makes the record."""
        if self.request_id is not None:
            work.requests.add(Request(request_id=self.request_id, fingerprint=self.fingerprint, result_id=result_id))


def asked(request_id: str | None, command: str, **parameters: Parameter) -> Asked:
    """The request to *command*; only a digest of the parameters is kept, never a client's data."""
    if request_id is None:
        return Asked(request_id=None, fingerprint="")
    text(request_id, "request id", longest=200, required=True)
    # What JSON cannot write is no valid parameter either: the command itself refuses it.
    canonical = json.dumps([command, parameters], sort_keys=True, ensure_ascii=True, default=_kind_only)
    return Asked(request_id=request_id, fingerprint=hashlib.sha256(canonical.encode()).hexdigest())


def _kind_only(value: object) -> str:
    return type(value).__name__
