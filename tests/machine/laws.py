"""The machine: any deeds in any order, some of them at the same moment, and after each step what must be true all the same."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from tests.machine import deeds
from tests.machine.deeds import Dice, Ready
from tests.machine.town import WITNESSES, Phone, Town, at_once

DICE = st.binary(min_size=4, max_size=14).map(Dice)

AT_ONCE: tuple[Ready, ...] = (
    deeds.send, deeds.send, deeds.send, deeds.send_junk, deeds.pull, deeds.greet, deeds.ask, deeds.name_reader, deeds.end_reading,
    deeds.put_on_phone, deeds.transfer, deeds.tell_of_phone, deeds.sort, deeds.review, deeds.new_office_key, deeds.back_up,
)  # fmt: skip


class OfficeMachine(RuleBasedStateMachine):
    """Which rule comes is drawn from the same choices whatever threads made of the last one, so that a run can be told again."""

    def __init__(self) -> None:
        super().__init__()
        self.town = Town()
        self.steps = 0
        deeds.begin(self.town)

    def teardown(self) -> None:
        try:
            everything_comes_home(self.town)
        finally:
            self.town.close()

    def do(self, *ready: tuple[Ready, Dice]) -> None:
        made = [deed for deed in (each(self.town, dice) for each, dice in ready) if deed is not None]
        for deed, answer in zip(made, at_once(self.town, [deed.do for deed in made]) if made else (), strict=True):
            deed.hear(answer)

    @rule(dice=DICE)
    def writes(self, dice: Dice) -> None:
        deeds.write(self.town, dice)

    @rule(dice=DICE, then=DICE)
    def writes_and_sends(self, dice: Dice, then: Dice) -> None:
        deeds.write(self.town, dice)
        self.do((deeds.send, then))

    @rule(deed=st.sampled_from((deeds.send, deeds.send, deeds.send_junk)), dice=DICE)
    def sends(self, deed: Ready, dice: Dice) -> None:
        self.do((deed, dice))

    @rule(deed=st.sampled_from((deeds.pull, deeds.pull, deeds.greet, deeds.ask)), dice=DICE)
    def asks(self, deed: Ready, dice: Dice) -> None:
        self.do((deed, dice))

    @rule(
        deed=st.sampled_from((deeds.name_reader, deeds.end_reading, deeds.put_on_phone, deeds.transfer, deeds.leave)), dice=DICE
    )
    def changes_access(self, deed: Ready, dice: Dice) -> None:
        self.do((deed, dice))

    @rule(deed=st.sampled_from((deeds.set_up, deeds.copy_phone, deeds.tell_of_phone)), dice=DICE)
    def changes_phones(self, deed: Ready, dice: Dice) -> None:
        self.do((deed, dice))

    @rule(deed=st.sampled_from((deeds.sort, deeds.sort, deeds.review)), dice=DICE)
    def decides(self, deed: Ready, dice: Dice) -> None:
        self.do((deed, dice))

    @rule(deed=st.sampled_from((deeds.back_up, deeds.new_office_key)), dice=DICE)
    def keeps_house(self, deed: Ready, dice: Dice) -> None:
        self.do((deed, dice))

    @rule(what=st.sampled_from((deeds.put_back, deeds.start_again, deeds.time_passes, deeds.time_passes)), dice=DICE)
    def is_interrupted(self, what: Callable[[Town, Dice], None], dice: Dice) -> None:
        what(self.town, dice)

    @rule(dice=DICE, several=st.lists(st.tuples(st.sampled_from(AT_ONCE), DICE), min_size=2, max_size=3))
    def happens_at_once(self, dice: Dice, several: list[tuple[Ready, Dice]]) -> None:
        deeds.write(self.town, dice)
        self.do(*several)

    @rule(dice=DICE, several=st.lists(st.tuples(st.sampled_from(AT_ONCE), DICE), min_size=2, max_size=3))
    def happens_at_once_again(self, dice: Dice, several: list[tuple[Ready, Dice]]) -> None:
        self.happens_at_once(dice, several)

    @invariant()
    def every_law_holds(self) -> None:
        self.steps += 1
        look(self.town, self.town.phones[self.steps % len(self.town.phones)])


def run(runs: int, steps: int, chance: int | None = None, *, shrink: bool = False) -> None:
    """Lets machines run; the same `chance` draws the same steps, and None those that every run of the tests draws."""
    phases = [Phase.generate, Phase.shrink] if shrink else [Phase.generate]
    asked = settings(
        max_examples=runs, stateful_step_count=steps, derandomize=chance is None, database=None, phases=phases, deadline=None,
        suppress_health_check=list(HealthCheck), report_multiple_bugs=False,
    )  # fmt: skip

    class Machine(OfficeMachine):
        """Takes the seed, which would stay with the class."""

    run_state_machine_as_test(Machine if chance is None else seed(chance)(Machine), settings=asked)


def look(town: Town, phone: Phone) -> None:
    """Asks the oracle about everything; `phone` is the one whose questions are answered besides."""
    answers = {who: deeds.read_anew(town, who) for who in WITNESSES}
    oracle = town.oracle()
    told = town.told
    faults = [
        *oracle.numbers(),
        *oracle.chains(told, town.served),
        *oracle.receipts(told),
        *oracle.kept(told),
        *oracle.says(),
        *oracle.first_readers(told),
    ]
    for who, answer in answers.items():
        faults += oracle.served(told, town.place.id(who), town.at, answer)
    device = oracle.device_of(phone.token())
    if device is not None:
        ids = [sent.id for other in town.phones for sent in other.written]
        asked = phone.line().post("/have", {"v": 1, "ids": ids})
        faults += oracle.have(device, ids, deeds.fine(asked, 200).get_json())
    assert faults == [], "\n".join(faults)


def everything_comes_home(town: Town) -> None:
    """Every phone offers again what the office lacks; then all that anybody ever saved is there and can be opened."""
    for phone in town.phones:
        ids = [sent.id for sent in phone.written]
        answer = phone.line().post("/have", {"v": 1, "ids": ids})
        if answer.status_code == 401:
            deeds.come_back(town, phone)
            answer = phone.line().post("/have", {"v": 1, "ids": ids})
        town.greet(phone)
        deeds.offer_again(town, phone, answer.get_json())
        phone.waiting = [town.seal_again(phone, sent) for sent in phone.waiting]
        envelopes = [sent.envelope for sent in phone.waiting]
        for at in range(0, len(envelopes), 32):
            pushed = deeds.push(town, phone, envelopes[at : at + 32])
            pushed.hear(pushed.do())
    look(town, town.phones[0])
    oracle = town.oracle()
    lost = [sent.id for phone in town.phones for sent in phone.written if not oracle.came_home(sent.id, town.told)]
    assert lost == [], f"{len(lost)} saved entries are nowhere at the office"
