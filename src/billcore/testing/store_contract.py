"""Proof that a store keeps the contract of ``billcore.ports.store``: one class to inherit from, one fixture to write.

    from billcore.testing import StoreContract

    class TestAcmeStore(StoreContract):
        @pytest.fixture
        def store(self) -> AcmeStore:
            return AcmeStore()                          # new and empty for every check

        @pytest.fixture
        def second_store(self, store: AcmeStore) -> AcmeStore:
            return AcmeStore(books=store.books)         # optional: another handle on the same books

A check that does not apply is skipped, and says why: ``has_threads = False`` is for a store that one thread uses. A
check that is known to fail is overridden with ``pytest.mark.xfail(reason="…")``; any other override is refused when the
class is made.
"""

from billcore.testing.store_checks.answers import AnswerChecks
from billcore.testing.store_checks.asked import AskedChecks
from billcore.testing.store_checks.claims import ClaimChecks
from billcore.testing.store_checks.firms import FirmChecks
from billcore.testing.store_checks.locks import LockChecks
from billcore.testing.store_checks.numbers import NumberChecks
from billcore.testing.store_checks.once import HearingChecks, PaymentRefChecks, RequestChecks
from billcore.testing.store_checks.outbox import OutboxChecks
from billcore.testing.store_checks.pages import PageChecks
from billcore.testing.store_checks.records import RecordChecks
from billcore.testing.store_checks.runs import RunChecks
from billcore.testing.store_checks.units import UnitChecks


class StoreContract(
    UnitChecks,
    RecordChecks,
    FirmChecks,
    LockChecks,
    NumberChecks,
    RequestChecks,
    HearingChecks,
    PaymentRefChecks,
    OutboxChecks,
    AskedChecks,
    PageChecks,
    RunChecks,
    AnswerChecks,
    ClaimChecks,
):
    """Every promise of ``billcore.ports.store``, asked of a store through the port alone."""
