"""Saved methods and recurring bills: what pays a subscription is not deleted, it is replaced (S4.7-S4.12)."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from attrs import evolve
from tests.office import FIRM, JANE, PRIYA, Office, a_line

from billcore import events
from billcore.actors import Contact
from billcore.clients import Client
from billcore.errors import MethodInUse, MethodNotAllowed, NotFound, NotPermitted
from billcore.ids import FirmId, MethodId
from billcore.permissions import AllowListed, Permission
from billcore.policy import PRO_FIRM
from billcore.recurring.cadence import Cadence
from billcore.recurring.schedule import Schedule


@pytest.fixture
def office() -> Office:
    """Jane may do everything; Priya, the client, may look."""
    granted = {JANE.id: frozenset(Permission), PRIYA.id: frozenset({Permission.VIEW})}
    return Office.open(PRO_FIRM, authorizer=AllowListed(granted))


def subscribed(office: Office, client: Client, autopay: MethodId | bool) -> Schedule:
    return office.desk.schedules.start(client.id, Cadence.monthly(), lines=[a_line()], autopay=autopay)


def expired(office: Office, method: MethodId) -> MethodId:
    with office.store.begin(FirmId(FIRM)) as work:
        card = work.methods.get(method)
        work.methods.save(evolve(card, expires_on=office.today - timedelta(days=1)))
        work.commit()
    return method


@pytest.mark.rule("S4.8")
@pytest.mark.parametrize("named", [True, False], ids=["its own method", "the client's default"])
def test_what_pays_an_active_subscription_cannot_be_deleted(office: Office, named: bool) -> None:
    client = office.client()
    card = office.card(client)
    schedule = subscribed(office, client, card if named else True)

    with pytest.raises(MethodInUse):
        office.by(PRIYA).methods.detach(card)
    assert [method.id for method in office.by(PRIYA).methods.of_client(client.id)] == [card]

    office.desk.schedules.end(schedule.id)
    assert not office.by(PRIYA).methods.detach(card).is_active


@pytest.mark.rule("S4.8")
def test_what_pays_a_paused_subscription_cannot_be_deleted_either(office: Office) -> None:
    client = office.client()
    card = office.card(client)
    office.desk.schedules.pause(subscribed(office, client, card).id)

    with pytest.raises(MethodInUse):
        office.by(PRIYA).methods.detach(card)


@pytest.mark.rule("S4.7")
def test_a_method_beside_the_one_that_pays_is_deleted(office: Office) -> None:
    client = office.client()
    card, spare = office.card(client), office.card(client, "card_mastercard")
    subscribed(office, client, card)
    subscribed(office, client, True)
    office.desk.schedules.change_method(subscribed(office, client, spare).id, False)

    assert not office.by(PRIYA).methods.detach(spare).is_active


@pytest.mark.rule("S4.8", "S4.12")
def test_with_a_replacement_the_subscriptions_move_and_the_old_card_goes_in_one_command(office: Office) -> None:
    client = office.client()
    old, new = office.card(client), office.card(client, "card_mastercard")
    named, by_default = subscribed(office, client, old), subscribed(office, client, True)
    other = subscribed(office, client, new)

    office.by(PRIYA).methods.detach(old, replacement=new)

    schedules = office.by(PRIYA).schedules
    assert schedules.get(named.id).method_id == new
    assert (schedules.get(by_default.id).autopay, schedules.get(by_default.id).method_id) == (True, None)
    assert schedules.get(other.id) == other
    default = office.by(PRIYA).methods.default(client.id)
    assert default is not None
    assert default.id == new
    told = office.happened()[-3:]
    assert [type(event) for event in told] == [
        events.ScheduleMethodChanged,
        events.MethodMadeDefault,
        events.MethodDetached,
    ]
    assert {event.by for event in told} == {PRIYA}


def test_a_replacement_must_be_able_to_pay(office: Office) -> None:
    client, smith = office.client(), office.client("Smith")
    card, gone = office.card(client), office.card(client)
    office.desk.methods.detach(gone)
    old = expired(office, office.card(client, "card_mastercard"))
    anothers = office.card(smith)
    subscribed(office, client, card)
    before = office.books()

    for unfit in (card, gone, old, anothers):
        with pytest.raises(MethodNotAllowed):
            office.desk.methods.detach(card, replacement=unfit)
    with pytest.raises(NotFound):
        office.by(PRIYA).methods.detach(card, replacement=anothers)

    assert office.books() == before
    assert office.by(PRIYA).methods.get(card).is_active
    assert office.desk.schedules.all(client.id)[0].method_id == card


def test_a_client_has_one_default_and_may_choose_another(office: Office) -> None:
    client = office.client()
    priya = office.by(PRIYA).methods
    assert priya.default(client.id) is None
    first, second = office.card(client), office.card(client, "card_mastercard")

    defaults = [priya.default(client.id)]
    office.days_later(1)
    priya.make_default(second)
    priya.make_default(second)
    defaults.append(priya.default(client.id))
    priya.detach(second)
    defaults.append(priya.default(client.id))

    assert [default and default.id for default in defaults] == [first, second, first]
    chosen = [event for event in office.happened() if isinstance(event, events.MethodMadeDefault)]
    assert [event.method_id for event in chosen] == [second]
    with pytest.raises(MethodNotAllowed):
        priya.make_default(second)


@pytest.mark.rule("S4.11")
def test_a_client_sees_its_subscriptions_with_what_pays_them(office: Office) -> None:
    client, smith = office.client(), office.client("Smith")
    card = office.card(client)
    schedule = subscribed(office, client, card)
    subscribed(office, smith, False)

    seen = office.by(PRIYA).schedules.all(client.id)

    assert [(each.id, each.cadence, each.method_id) for each in seen] == [(schedule.id, Cadence.monthly(), card)]


@pytest.mark.rule("S4.12")
def test_a_client_changes_the_method_of_its_subscription_and_nothing_else(office: Office) -> None:
    client, smith = office.client(), office.client("Smith")
    card, spare = office.card(client), office.card(client, "card_mastercard")
    schedule = subscribed(office, client, card)
    priya = office.by(PRIYA)

    changed = priya.schedules.change_method(schedule.id, spare)

    assert (changed.autopay, changed.method_id) == (True, spare)
    assert not priya.methods.detach(card).is_active
    with pytest.raises(MethodNotAllowed):
        priya.schedules.change_method(schedule.id, card)
    with pytest.raises(NotFound):
        priya.schedules.change_method(schedule.id, office.card(smith))
    forbidden: list[Callable[[], object]] = [
        lambda: priya.schedules.change_method(schedule.id, False),
        lambda: priya.schedules.pause(schedule.id),
        lambda: priya.schedules.end(schedule.id),
        lambda: office.by(Contact("eve", "Eve", client.id)).schedules.change_method(schedule.id, spare),
    ]
    for command in forbidden:
        with pytest.raises(NotPermitted):
            command()
