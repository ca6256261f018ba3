"""What another hand changed of who may read, who may sign in and who responds to risk, and two administrators let stand: verify would name it for ever, and what is new beside it would be missed."""

from __future__ import annotations

from datetime import datetime

from fieldapp import accounts, vouching
from fieldapp.errors import FieldappError
from fieldapp.keys import Keys
from fieldapp.people import Person
from fieldapp.store import Store
from fieldapp.store.arrangements import WRITTEN_DOWN
from fieldapp.verifying import sentence
from fieldapp.verifying.arrangements import Replay, told
from fieldapp.verifying.chains import linked
from sync.entry import stamp


class NothingThere(FieldappError):
    """No such line is what verify says of who may read, who may sign in or who responds to risk as it stands now; nothing was written."""


class NoReason(FieldappError):
    """Nobody said what was found out; nothing was written."""


class NotTwo(FieldappError):
    """These are not two administrators of whom neither let the other in; nothing was written."""


class InDoubt(NotTwo):
    """The database says that they are two, and another hand may have written it there; nothing was written."""


def require_named(store: Store, keys: Keys, line: str) -> None:
    """Raises NothingThere where `accept` would. Ask it before anybody types a password for nothing."""
    with store.reading():
        if not any(sentence(told(each)) == line for each in _Heard(keys).to_the_end(store).named(store)):
            raise NothingThere


def accept(store: Store, keys: Keys, asks: Person, confirms: Person, line: str, why: str, now: datetime) -> None:
    """Takes down what is at one place as it stands, and what verify named of it until now. Raises NoReason, NotTwo, InDoubt, NothingThere.

    `line` is the whole line that verify said of it, with the digest of what stood there then: what was changed since was not looked at by anybody.

    What stands there is not put right by it: whoever was let in stays in until somebody takes them out. Changed again by another hand, it is named again.

    Who is an administrator and who let whom in stands in the same tables as what is accepted. So nothing of theirs may be in doubt itself.
    """
    if not why.strip():
        raise NoReason
    heard = _Heard(keys)
    with store.reading():
        # All of the audit, before anybody is kept waiting; what is added until the lock is held is heard under it.
        heard.to_the_end(store)
    with store.writing() as tx:
        both = {asks.role, confirms.role} == {"administrator"}
        if not both or not vouching.could_confirm(tx, asks.id, "", confirms, ()):
            raise NotTwo
        replay = heard.to_the_end(tx)
        strange = replay.named(tx)
        if _is_in_doubt(tx, replay, {(each.table, each.key) for each in strange}, (asks.id, confirms.id)):
            raise InDoubt
        # No two places read alike, so this is one or none.
        each = next((one for one in strange if sentence(told(one)) == line), None)
        if each is None:
            raise NothingThere
        tx.arrangements.accept({each.table: {each.key: [each.now]}} if each.code == "arranged" else {}, each)
        # The place names a casefile, maybe a private section: administrators are told the reason and never the place.
        accounts.note(tx, keys, asks, "what verify named accepted", confirms.id, why, stamp(now))


class _Heard:
    """What the audit took down, heard in parts."""

    def __init__(self, keys: Keys) -> None:
        self._replay = Replay(keys)
        self._n, self._head = 0, ""

    def to_the_end(self, tx: Store) -> Replay:
        """Replays what was not heard yet, if every link of it holds: a row left out would have what it took down be believed as it was before. Raises InDoubt."""
        for row, holds in linked(tx, self._n, self._head):
            if not holds:
                raise InDoubt
            if row.what == WRITTEN_DOWN:
                self._replay.hear(row)
            self._n, self._head = row.n, row.hash
        if tx.audit.next()[:2] != (self._n + 1, self._head):
            # Its end was cut off or changed since the first part was heard.
            raise InDoubt
        return self._replay


def _is_in_doubt(tx: Store, replay: Replay, named: set[tuple[str, str]], both: tuple[str, str]) -> bool:
    """Says whether anything of what is `named`, by table and key, may have made either of the two what they seem to be.

    Whose a reset was that another hand took out or changed, nobody can tell any more: it counts for each of the two, unless their account was set up anew since.
    """
    if any(not table or (table, key) in theirs for theirs in map(tx.arrangements.of_account, both) for table, key in named):
        return True
    lost = [at for table, key in named if table == "resets" and (at := replay.reset_at(key)) is not None]
    vouched = [0 if row is None else replay.reset_at(row.id) or 0 for row in map(tx.resets.newest_used, both)]
    return bool(lost) and min(vouched) <= max(lost)
