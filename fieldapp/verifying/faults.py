"""What can be wrong, and how a person is told."""

from __future__ import annotations

from dataclasses import dataclass

_SENTENCES = {
    "file": "SQLite finds the file itself damaged",
    "shape": "is not as this release makes it: something was put into the file, taken out, or called otherwise",
    "dangling": "a row names something that is not there, in table",
    "behind": "it has less than was noted beside the key file: an older copy was put there by hand. Starting the office raises the epoch",
    "behind_changes": "the newest changes that were noted beside the key file are not in it: an older copy was put there by hand. Starting the office raises the epoch, and *After a restore* at the desk says what to go through",
    "unreadable": "cannot be read at all",
    # casefiles and their entries
    "casefile_gone": "its entries are there, but the casefile's own row is not",
    "casefile_key": "its key does not open with this office's key file: it was changed, or belongs to another office",
    "casefile_title": "its name does not open: it was changed",
    "casefile_opening": "does not say what its opening entry says",
    "casefile_empty": "has no entries, not even its opening",
    "head": "its head does not point to its last entry: entries at the end are missing, or the head was changed",
    "gap": "a number in the chain is missing: an entry was taken out or renumbered",
    "count": "rows were taken out",
    "sealed": "does not open: its sealed content was changed, or belongs to another entry",
    "entry_id": "its id is not the hash of what was signed",
    "entry_signer": "does not say by whom it is signed, or by a key that nobody here ever had",
    "entry_desk": "its signer was enrolled for a phone but it was written at a desk, or the other way round",
    "signature": "its signature is not by the key of the one it names",
    "author": "its author or device is not the one its signer was enrolled for",
    "header": "its row does not say what was signed",
    "body": "its text is not the text that was signed",
    "slip": "its slip is not the one that was signed",
    "chain": "its link does not hold: it, what stands before it, or its time of arrival was changed",
    "via": "was written at a desk, but the audit has no such action of that person",
    "gone": "its text is gone, but no erasure in its casefile names it",
    "erased": "the list of erasures and what was erased do not agree",
    "record": "its summary row is missing, left over, or does not tell what its entries tell",
    "slip_number": "the office noted this number of the signer's own chain, but has neither the entry nor its envelope",
    "no_slip": "its number is missing from its signer's own chain",
    "emergency": "does not say what the audit says of it, or the audit has no such opening",
    "emergency_gone": "tells of an opening in an emergency, or that somebody looked at one, and the list of openings does not have it",
    # who may read, what opens an account and who responds to risk
    "arranged": "is not as the office last wrote down in the audit: it was changed by another hand",
    "arranged_then": "was not as the office had written down when the office changed it next: it was changed by another hand before",
    "arranged_row": "does not open at its place: it is not what the office wrote down of who may read, who may sign in and who responds to risk",
    "accepted": "was changed by another hand, and two administrators let it stand as it was then",
    # the office's own chains
    "enrolment": "is not what was signed, or not by the key it enrols",
    "enrolment_chain": "its link does not hold: it, or what stands before it, was changed or taken out",
    "signer": "does not say what its enrolment says",
    "signer_gone": "is enrolled, but its row is missing",
    "signer_strange": "was never enrolled",
    "audit_chain": "its link does not hold: it, or what stands before it, was changed or taken out",
    "office_key": "does not open, or is not the key it says it is",
    "office_dates": "does not bear the date of the first key set alone: it was changed",
    "master_key": "needs another master key than the one given, or its name was changed",
    "secret_key": "does not open: second factors and reasons in the audit cannot be read",
    "secret_keys_gone": "the keys of secrets, or the name of its master key, were taken out",
    "keyset": "is not what the office key signed",
    "keyset_rows": "does not list the keys that are there",
    "no_keys": "the office's keys cannot be read: its key file belongs to another office, or they were changed",
    "checkpoint": "is not what the office signed",
    "checkpoint_chain": "its link does not hold: it, or what stands before it, was changed or taken out",
    "checkpoint_audit": "the audit it covers is not there any more: rows were taken out or changed",
    "checkpoint_enrolments": "the enrolments it covers are not there any more: rows were taken out or changed",
    # what is kept aside
    "quarantine": "its bytes are not those that came",
    "quarantine_row": "does not say what its envelope says, or who brought it",
    "quarantine_away": "is marked as put away, but the audit has no such decision about it",
    "quarantine_placed": "is marked as placed, but no such entry is there",
    # held against an exported checkpoint
    "against_office": "the checkpoint was signed by another office, or this office's own key was replaced",
    "against_restored": "the office was restored since: this database has no such checkpoint, and what came after the backup may lack or have come anew",
    "against_checkpoint": "this database does not have the checkpoint that was exported: its history is another",
    "against_casefile": "a casefile that the checkpoint covers is not there any more",
    "against_cut": "the checkpoint covers more entries than there are: the end was cut off",
    "against_changed": "entries that the checkpoint covers were changed, exchanged or put into another order",
    "against_backdated": "says it came before the checkpoint, which does not know it: it was put in later, or the office's clock was set back",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong, where (by casefile and number, or by row), and a detail that quotes nobody."""

    code: str
    place: str
    detail: str = ""

    @property
    def is_accepted(self) -> bool:
        """Whether it is named only so that nobody forgets it."""
        return self.code == "accepted"


def sentence(fault: Fault) -> str:
    """Says a fault in plain words."""
    told = f"{fault.place}: {_SENTENCES[fault.code]}"
    return line(f"{told} ({fault.detail})" if fault.detail else told)


def line(text: str) -> str:
    """One line of what is printed. Whoever wrote into the database chose its ids: none of them begins a line of its own here, moves the cursor or turns the writing round."""
    return "".join(one if one.isprintable() else ascii(one)[1:-1] for one in text)


def entry_place(casefile: str, seq: object) -> str:
    """Where an entry stands."""
    return f"casefile {casefile}, entry {seq}"
