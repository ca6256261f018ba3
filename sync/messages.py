"""Every request and answer between a phone and the office, as strict structs; docs/protocol.md §7 settles it.

Phones speak them as plain JSON; the office decodes and describes them (`/sync/v1/openapi.json`) from here alone.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

HAVE_IDS = 2_000
PRACTICE_HASHES = 512
READS = 1_000

HashText = Annotated[str, Meta(pattern="^[A-Za-z0-9_-]{43}$")]
RandomId = Annotated[str, Meta(pattern="^[A-Za-z0-9_-]{22}$")]
Time = Annotated[str, Meta(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")]
Count = Annotated[int, Meta(ge=0, le=9_007_199_254_740_991)]
Jws = Annotated[str, Meta(max_length=65_536)]
V = Literal[1]


class PersonBrief(Struct, frozen=True):
    """Who somebody is, as far as everybody may know."""

    id: RandomId
    name: str
    role: str


class OfficeBrief(Struct, frozen=True):
    """What a phone pins: the office key and the newest key set."""

    jwk: dict[str, str]
    keyset: Jws


class ChallengeRequest(Struct, frozen=True):
    """Asks what a passkey is to sign in place of a code."""

    v: V


class ChallengeAnswer(Struct, frozen=True, kw_only=True):
    """What a passkey of this office's address signs: good once, for five minutes, with the cookie that comes beside it."""

    v: V = 1
    challenge: str


class BeginRequest(Struct, frozen=True, kw_only=True):
    """Password and second factor, to set up a phone: a code, or what a passkey answered as the JSON of WebAuthn."""

    v: V
    email: Annotated[str, Meta(max_length=254)]
    password: Annotated[str, Meta(max_length=1024)]
    code: Annotated[str, Meta(max_length=16)] = ""
    passkey: Annotated[str, Meta(max_length=16_384)] = ""


class BeginAnswer(Struct, frozen=True, kw_only=True):
    """Everything a phone needs to make its signer. `nonce` is good once."""

    v: V = 1
    person: PersonBrief
    device: RandomId
    nonce: str
    office: OfficeBrief
    check_words: list[str]
    practice: str
    policy: dict[str, Any]


class EnrolRequest(Struct, frozen=True, kw_only=True):
    """The enrolment, signed by the new key. `replaced`: that of the signer it replaces, for an office which a restore made forget it."""

    v: V
    enrolment: Jws
    replaced: str = ""


class EnrolAnswer(Struct, frozen=True, kw_only=True):
    """The read token, and the nonce of the first proof; the device token comes as a cookie."""

    v: V = 1
    read_token: str
    proof_nonce: str
    time: Time
    epoch: Count


class RenewRequest(Struct, frozen=True, kw_only=True):
    """Asks for a new device token. The reading proof stands for the old one, which the browser has dropped."""

    v: V


class RenewAnswer(Struct, frozen=True, kw_only=True):
    """The device token comes as a cookie."""

    v: V = 1


class SignerHead(Struct, frozen=True):
    """The head of a signer's own chain: n is 0 and id "" before its first entry."""

    kid: HashText
    n: Count
    id: Annotated[str, Meta(pattern="^([A-Za-z0-9_-]{43})?$")]


class Waiting(Struct, frozen=True):
    """How much lies unsent on a phone, and since when; never what."""

    count: Count
    oldest_at: Time | None = None


class PhoneRead(Struct, frozen=True, array_like=True):
    """One record that was opened on a phone, on one day of the phone's own calendar."""

    casefile: RandomId
    record: RandomId
    day: Annotated[str, Meta(pattern=r"^\d{4}-\d\d-\d\d$")]


class HelloRequest(Struct, frozen=True, kw_only=True):
    """A phone's greeting. `digest` needs the reading proof. `checkpoint_n` is the number of the one it keeps, which it need not show each time.
    `resealed`: envelopes the office could not read, by their hash, and the entries that were sealed anew instead."""

    v: V
    signers: Annotated[list[SignerHead], Meta(max_length=64)]
    keyset_n: Count = 0
    removals_done: Annotated[list[RandomId], Meta(max_length=2000)] = []
    waiting: Waiting = Waiting(0)
    app: Annotated[str, Meta(max_length=40)] = ""
    digest: HashText | UnsetType = UNSET
    checkpoint: Jws | UnsetType = UNSET
    checkpoint_n: Count = 0
    responders: Annotated[str, Meta(pattern="^([A-Za-z0-9_-]{43})?$")] = ""
    resealed: Annotated[dict[HashText, HashText], Meta(max_length=512)] = {}
    reads: Annotated[list[PhoneRead], Meta(max_length=READS)] = []
    dropped: Annotated[list[HashText], Meta(max_length=64)] = []


class DeviceState(Struct, frozen=True):
    """Anything but ok ends fetching, never sending."""

    status: Literal["ok", "lost", "cloned", "ended"]


class Elsewhere(Struct, frozen=True):
    """What waits on other phones, or in other browsers, that this person set up and has not opened for hours; `seen_at` is when the first of them was last heard."""

    count: Count
    seen_at: Time


class Responder(Struct, frozen=True):
    """Who is told when a questionnaire shows risk, and how they are reached."""

    who: str
    how: str


class Responders(Struct, frozen=True):
    """Who responds, by id of the questionnaire without its version; `hash` is for the next hello."""

    hash: Annotated[str, Meta(pattern="^([A-Za-z0-9_-]{43})?$")]
    named: dict[str, Responder]


class HelloAnswer(Struct, frozen=True, kw_only=True):
    """What is new, in one answer. `same` true: no pull is needed."""

    v: V = 1
    time: Time
    epoch: Count
    keyset_n: Count
    keyset: Jws | UnsetType = UNSET
    device: DeviceState
    signers: list[SignerHead]
    durable_through: Time
    practice: str
    nonce: str
    same: bool | UnsetType = UNSET
    checkpoint: Jws | UnsetType = UNSET
    responders: Responders | UnsetType = UNSET
    drafts: Count | UnsetType = UNSET
    elsewhere: Elsewhere | UnsetType = UNSET


class PushResult(Struct, frozen=True, kw_only=True):
    """What happened to one envelope."""

    hash: HashText
    status: Literal["stored", "duplicate", "quarantined", "retry"]
    id: HashText | UnsetType = UNSET
    code: str | UnsetType = UNSET
    retry_after: Count | UnsetType = UNSET
    receipt: Jws | UnsetType = UNSET


class PushAnswer(Struct, frozen=True, kw_only=True):
    """One result for each frame, in their order."""

    v: V = 1
    epoch: Count
    time: Time
    durable_through: Time
    results: list[PushResult]


class DraftAnswer(Struct, frozen=True, kw_only=True):
    """Whether this draft stands now, or a newer one already did; `n` is that of the one that stands."""

    v: V = 1
    status: Literal["kept", "older"]
    n: Count


class HaveRequest(Struct, frozen=True, kw_only=True):
    """Asks which entries of this device's signers the office lacks; with the reading proof and `anybody` which of anybody's."""

    v: V
    ids: Annotated[list[HashText], Meta(max_length=HAVE_IDS)]
    anybody: bool = False


class HaveReceipt(Struct, frozen=True):
    """A receipt for an entry that is placed."""

    id: HashText
    receipt: Jws


class HaveAnswer(Struct, frozen=True, kw_only=True):
    """Missing ones are to be sent again. `put_away`: kept as they came, and a person decided not to place them."""

    v: V = 1
    missing: list[HashText]
    receipts: list[HaveReceipt]
    put_away: list[HashText] | UnsetType = UNSET


Cursor = tuple[Count, str]


class PullRequest(Struct, frozen=True, kw_only=True):
    """How far the phone has each casefile: (seq, log_hash). `removals`: casefiles it has dropped."""

    v: V
    cursors: Annotated[dict[str, Cursor], Meta(max_length=10_000)]
    removals: dict[str, Any] | UnsetType = UNSET


class Removed(Struct, frozen=True):
    """A casefile this person may no longer read."""

    casefile: str
    reason: str


class EnrolmentLink(Struct, frozen=True):
    """One link of the enrolment chain."""

    jws: Jws
    n: Count
    received_at: Time
    log_hash: HashText


class PulledEntry(Struct, frozen=True, kw_only=True):
    """One entry: its body, or the id of the erasure by which the body is gone."""

    seq: Count
    received_at: Time
    log_hash: HashText
    jws: str
    body: str | UnsetType = UNSET
    gone: str | UnsetType = UNSET


class PulledCasefile(Struct, frozen=True, kw_only=True):
    """Entries of one casefile in chain order; `seq` and `log_hash` are its head at the office."""

    id: RandomId
    seq: Count
    log_hash: str
    entries: list[PulledEntry]


class PullAnswer(Struct, frozen=True, kw_only=True):
    """What is new. `more`: ask again with the moved cursors; `total`: how many entries remain after this answer."""

    v: V = 1
    epoch: Count
    nonce: str
    added: list[RandomId]
    removed: list[Removed]
    confirm: bool
    diverged: list[str]
    people: list[PersonBrief]
    enrolments: list[EnrolmentLink]
    casefiles: list[PulledCasefile]
    more: bool
    total: Count


class DraftsRequest(Struct, frozen=True, kw_only=True):
    """Asks for this person's drafts under signers that nobody unlocks any more."""

    v: V


class LeftDraft(Struct, frozen=True):
    """One draft as it was sent: the bytes of its header and its body, as text."""

    slot: RandomId
    n: Count
    header: str
    body: str


class DraftsAnswer(Struct, frozen=True, kw_only=True):
    """What this person had not finished elsewhere."""

    v: V = 1
    drafts: list[LeftDraft]


class PracticeRequest(Struct, frozen=True, kw_only=True):
    """Definitions wanted, by hash: all in one request, because each request costs a slow line most of a second."""

    v: V
    hashes: Annotated[list[HashText], Meta(max_length=PRACTICE_HASHES)]


class PracticeAnswer(Struct, frozen=True, kw_only=True):
    """The text of each that the office has, by hash."""

    v: V = 1
    files: dict[str, str]


class ErrorAnswer(Struct, frozen=True, kw_only=True):
    """Why a request could not be answered. It never means that anything may be thrown away."""

    v: V = 1
    error: str
    nonce: str | UnsetType = UNSET
    retry_after: Count | UnsetType = UNSET


REQUESTS = (
    ChallengeRequest,
    BeginRequest,
    EnrolRequest,
    RenewRequest,
    HelloRequest,
    HaveRequest,
    PullRequest,
    DraftsRequest,
    PracticeRequest,
)
ANSWERS = (
    ChallengeAnswer,
    BeginAnswer,
    EnrolAnswer,
    RenewAnswer,
    HelloAnswer,
    PushAnswer,
    DraftAnswer,
    HaveAnswer,
    PullAnswer,
    DraftsAnswer,
    PracticeAnswer,
    ErrorAnswer,
)
