"""The shape of the database, one numbered function for each step it ever took.

`PRAGMA user_version` says how many have run. A step is never edited once a release has shipped it.
From step 12 on none changes rows of a table in `arrangements.TABLES`: steps run before anything is taken down, and `fieldapp verify` would
name what they changed for ever. Columns in the clear hold what numbering, access and reports need and name nobody; content is `Sealed`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from fieldapp.errors import FieldappError
from fieldapp.store.noun import Connections

TIME = "TEXT"
"""Times are text as on the wire, `2026-11-21T18:16:51.123Z`: they sort as they read."""

M001 = f"""
CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE teams (id TEXT PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE people (
  id TEXT PRIMARY KEY, email TEXT NOT NULL UNIQUE, name TEXT NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('keyworker','practitioner','supervisor','administrator','auditor')),
  password_hash TEXT NOT NULL, totp_sealed BLOB, totp_step INTEGER NOT NULL DEFAULT 0,
  active_from {TIME} NOT NULL, ended_at {TIME}, team TEXT REFERENCES teams(id));
CREATE TABLE memberships (
  person TEXT NOT NULL REFERENCES people(id), team TEXT NOT NULL REFERENCES teams(id),
  role TEXT NOT NULL, from_at {TIME} NOT NULL, until_at {TIME},
  PRIMARY KEY (person, team, role, from_at));
CREATE INDEX memberships_by_team ON memberships (team);
CREATE TABLE sign_in_attempts (key TEXT PRIMARY KEY, at {TIME} NOT NULL, count INTEGER NOT NULL, next_at {TIME});
CREATE TABLE sessions (
  id TEXT PRIMARY KEY, person TEXT NOT NULL REFERENCES people(id), made_at {TIME} NOT NULL, seen_at {TIME} NOT NULL,
  ended_at {TIME}, second_factor_at {TIME});
CREATE INDEX sessions_by_person ON sessions (person);

CREATE TABLE devices (
  id TEXT PRIMARY KEY, token_hash TEXT NOT NULL UNIQUE, made_at {TIME} NOT NULL, seen_at {TIME} NOT NULL,
  status TEXT NOT NULL DEFAULT 'ok' CHECK (status IN ('ok','lost','cloned','ended')),
  oldest_waiting_at {TIME}, waiting INTEGER NOT NULL DEFAULT 0, app TEXT NOT NULL DEFAULT '');
CREATE TABLE signers (
  kid TEXT PRIMARY KEY, person TEXT NOT NULL REFERENCES people(id), device TEXT NOT NULL REFERENCES devices(id),
  jwk TEXT NOT NULL, enrolled_at {TIME} NOT NULL, read_token_hash TEXT NOT NULL, replaces TEXT NOT NULL DEFAULT '',
  ended_at {TIME}, end_reason TEXT NOT NULL DEFAULT '', seen_at {TIME},
  said_n INTEGER NOT NULL DEFAULT 0, said_id TEXT NOT NULL DEFAULT '', keyset_n INTEGER NOT NULL DEFAULT 0);
CREATE INDEX signers_by_device ON signers (device);
CREATE INDEX signers_by_person ON signers (person);
CREATE TABLE enrolments (
  n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, kid TEXT NOT NULL, jws TEXT NOT NULL,
  received_at {TIME} NOT NULL, log_hash TEXT NOT NULL);
CREATE INDEX enrolments_by_kid ON enrolments (kid);
CREATE TABLE setup_nonces (
  hash TEXT PRIMARY KEY, person TEXT NOT NULL REFERENCES people(id), device TEXT NOT NULL,
  until_at {TIME} NOT NULL, used_at {TIME}) WITHOUT ROWID;
CREATE TABLE slips (kid TEXT NOT NULL, n INTEGER NOT NULL, id TEXT NOT NULL, PRIMARY KEY (kid, n)) WITHOUT ROWID;

CREATE TABLE casefiles (
  id TEXT PRIMARY KEY, sort TEXT NOT NULL CHECK (sort IN ('main','restricted')),
  about TEXT NOT NULL CHECK (about IN ('family','person','group')), title_sealed BLOB NOT NULL,
  key_wrapped BLOB NOT NULL, team TEXT REFERENCES teams(id), seq INTEGER NOT NULL DEFAULT 0,
  log_hash TEXT NOT NULL DEFAULT '', opened_at {TIME} NOT NULL, opened_by TEXT NOT NULL,
  active_at {TIME} NOT NULL, practice INTEGER NOT NULL DEFAULT 0);
CREATE INDEX casefiles_by_team ON casefiles (team);
CREATE TABLE readers (
  casefile TEXT NOT NULL REFERENCES casefiles(id), person TEXT NOT NULL REFERENCES people(id),
  from_at {TIME} NOT NULL, until_at {TIME}, why TEXT NOT NULL DEFAULT 'assigned',
  PRIMARY KEY (casefile, person, from_at)) WITHOUT ROWID;
CREATE INDEX readers_by_person ON readers (person);
CREATE TABLE removals_heard (
  casefile TEXT NOT NULL, kid TEXT NOT NULL, at {TIME} NOT NULL, PRIMARY KEY (casefile, kid)) WITHOUT ROWID;

CREATE TABLE entries (
  casefile TEXT NOT NULL REFERENCES casefiles(id), seq INTEGER NOT NULL, id TEXT NOT NULL, record TEXT NOT NULL,
  kind TEXT NOT NULL, schema TEXT NOT NULL, author TEXT NOT NULL, kid TEXT NOT NULL, n INTEGER NOT NULL,
  written_at TEXT NOT NULL, received_at {TIME} NOT NULL, log_hash TEXT NOT NULL, sealed BLOB NOT NULL,
  flags TEXT NOT NULL DEFAULT '');
CREATE UNIQUE INDEX entries_by_seq ON entries (casefile, seq);
CREATE UNIQUE INDEX entries_by_id ON entries (id);
CREATE INDEX entries_by_record ON entries (record, seq);
CREATE INDEX entries_flagged ON entries (flags, received_at) WHERE flags <> '';
CREATE TABLE records (
  id TEXT PRIMARY KEY, casefile TEXT NOT NULL REFERENCES casefiles(id), kind TEXT NOT NULL, schema TEXT NOT NULL,
  author TEXT NOT NULL, first_seq INTEGER NOT NULL, last_seq INTEGER NOT NULL, entries INTEGER NOT NULL,
  first_received_at {TIME} NOT NULL, last_received_at {TIME} NOT NULL, is_stale INTEGER NOT NULL DEFAULT 1,
  standing TEXT NOT NULL DEFAULT 'sent', why TEXT NOT NULL DEFAULT '', is_forked INTEGER NOT NULL DEFAULT 0,
  later INTEGER NOT NULL DEFAULT 0, asked_at {TIME}, reviewed_at {TIME}, happened_at TEXT, summary_sealed BLOB);
CREATE INDEX records_by_casefile ON records (casefile, last_seq);
CREATE INDEX records_by_author ON records (author, first_received_at);
CREATE INDEX records_stale ON records (is_stale) WHERE is_stale = 1;
CREATE INDEX records_by_standing ON records (standing, last_received_at);

CREATE TABLE quarantine (
  hash TEXT PRIMARY KEY, device TEXT NOT NULL, kid TEXT NOT NULL DEFAULT '', entry TEXT NOT NULL DEFAULT '',
  casefile TEXT NOT NULL DEFAULT '', reason TEXT NOT NULL, is_believed INTEGER NOT NULL DEFAULT 0,
  received_at {TIME} NOT NULL, day TEXT NOT NULL, size INTEGER NOT NULL, envelope BLOB NOT NULL,
  placed_at {TIME}, discarded_at {TIME}, discarded_by TEXT, discard_why TEXT);
CREATE INDEX quarantine_open ON quarantine (reason, casefile) WHERE placed_at IS NULL AND discarded_at IS NULL;
CREATE INDEX quarantine_by_day ON quarantine (device, day);
CREATE INDEX quarantine_by_entry ON quarantine (entry) WHERE entry <> '';
CREATE TABLE drafts (
  kid TEXT NOT NULL, slot TEXT NOT NULL, n INTEGER NOT NULL, device TEXT NOT NULL, envelope BLOB NOT NULL,
  kept_at {TIME} NOT NULL, PRIMARY KEY (kid, slot));
CREATE TABLE blobs (
  id TEXT PRIMARY KEY, casefile TEXT NOT NULL, record TEXT NOT NULL, size INTEGER NOT NULL, type TEXT NOT NULL,
  chunks INTEGER NOT NULL, completed_at {TIME});
CREATE TABLE blob_chunks (
  blob TEXT NOT NULL REFERENCES blobs(id), n INTEGER NOT NULL, sealed BLOB NOT NULL, PRIMARY KEY (blob, n));
CREATE TABLE erased (id TEXT PRIMARY KEY, erasure TEXT NOT NULL, at {TIME} NOT NULL) WITHOUT ROWID;

CREATE TABLE audit (
  n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, at {TIME} NOT NULL, person TEXT NOT NULL, what TEXT NOT NULL,
  casefile TEXT NOT NULL DEFAULT '', record TEXT NOT NULL DEFAULT '', detail_sealed BLOB,
  prev TEXT NOT NULL, hash TEXT NOT NULL);
CREATE INDEX audit_by_person ON audit (person, at);
CREATE INDEX audit_by_casefile ON audit (casefile, at) WHERE casefile <> '';
CREATE TABLE office_keys (
  kid TEXT PRIMARY KEY, use TEXT NOT NULL CHECK (use IN ('office','ingest','receipt','desk')),
  private_wrapped BLOB NOT NULL, jwk TEXT NOT NULL, from_at {TIME} NOT NULL, until_at {TIME}, burned_at {TIME});
CREATE TABLE keysets (n INTEGER PRIMARY KEY, jws TEXT NOT NULL, issued_at {TIME} NOT NULL);
CREATE TABLE checkpoints (n INTEGER PRIMARY KEY, at {TIME} NOT NULL, root TEXT NOT NULL, jws TEXT NOT NULL);
"""


def _run(connections: Connections, statements: str) -> None:
    """Runs them one by one: what sqlite3 runs as one script commits the transaction it stands in."""
    for statement in statements.split(";\n"):
        if statement.strip():
            connections.raw.execute(statement)


def m001_first_light(connections: Connections) -> None:
    """Makes every table."""
    _run(connections, M001)


M002 = f"""
CREATE TABLE phone_alarms (
  n INTEGER PRIMARY KEY, kid TEXT NOT NULL, device TEXT NOT NULL, what TEXT NOT NULL CHECK (what IN ('gap','lost')),
  first INTEGER NOT NULL, last INTEGER NOT NULL, at {TIME} NOT NULL, waiting INTEGER NOT NULL DEFAULT 0,
  oldest_at {TIME}, settled_at {TIME}, settled_by TEXT);
CREATE UNIQUE INDEX phone_alarms_standing ON phone_alarms (kid, what, first, last) WHERE settled_at IS NULL;
CREATE INDEX phone_alarms_by_device ON phone_alarms (device);
"""


def m002_phone_alarms(connections: Connections) -> None:
    """Makes room for what somebody must look into about a phone, and for who did."""
    _run(connections, M002)


M003 = f"""
CREATE TABLE master_keys (n INTEGER PRIMARY KEY, name TEXT NOT NULL, from_at {TIME} NOT NULL, settled_at {TIME});
CREATE TABLE secret_keys (n INTEGER PRIMARY KEY, key_wrapped BLOB NOT NULL, from_at {TIME} NOT NULL)
"""


def m003_names_of_master_keys(connections: Connections) -> None:
    """Makes room for which master key this office needs, and for the keys of secrets, so that the master key can be replaced."""
    _run(connections, M003)


M004 = """
CREATE INDEX entries_unnumbered ON entries (kid, received_at) WHERE n < 0;
"""


def m004_numbers_not_known(connections: Connections) -> None:
    """Lets entries be found that came back after a restore without their signer's number."""
    connections.raw.execute(M004)


def m005_carried_by(connections: Connections) -> None:
    """Makes room for who carried an envelope here in a file, where no device sent it."""
    connections.raw.execute("ALTER TABLE quarantine ADD COLUMN carried_by TEXT NOT NULL DEFAULT ''")


M006 = f"""
CREATE TABLE duty_turns (
  id TEXT PRIMARY KEY, person TEXT NOT NULL REFERENCES people(id), team TEXT NOT NULL REFERENCES teams(id),
  from_at {TIME} NOT NULL, until_at {TIME} NOT NULL);
CREATE INDEX duty_turns_by_person ON duty_turns (person);
CREATE INDEX duty_turns_by_team ON duty_turns (team, until_at);
CREATE TABLE pods (id TEXT PRIMARY KEY, name TEXT NOT NULL, team TEXT NOT NULL REFERENCES teams(id));
CREATE TABLE pod_people (
  pod TEXT NOT NULL REFERENCES pods(id), person TEXT NOT NULL REFERENCES people(id), from_at {TIME} NOT NULL, until_at {TIME},
  PRIMARY KEY (pod, person, from_at)) WITHOUT ROWID;
CREATE INDEX pod_people_by_person ON pod_people (person);
CREATE TABLE pod_casefiles (
  pod TEXT NOT NULL REFERENCES pods(id), casefile TEXT NOT NULL REFERENCES casefiles(id), from_at {TIME} NOT NULL, until_at {TIME},
  PRIMARY KEY (pod, casefile, from_at)) WITHOUT ROWID;
CREATE INDEX pod_casefiles_by_casefile ON pod_casefiles (casefile);
CREATE TABLE kept_out (
  casefile TEXT NOT NULL REFERENCES casefiles(id), person TEXT NOT NULL REFERENCES people(id), from_at {TIME} NOT NULL,
  until_at {TIME}, PRIMARY KEY (casefile, person, from_at)) WITHOUT ROWID;
CREATE INDEX kept_out_by_person ON kept_out (person);
CREATE TABLE sections (casefile TEXT PRIMARY KEY REFERENCES casefiles(id), family TEXT NOT NULL REFERENCES casefiles(id)) WITHOUT ROWID;
CREATE INDEX sections_by_family ON sections (family);
CREATE TABLE emergencies (
  id TEXT PRIMARY KEY, casefile TEXT NOT NULL REFERENCES casefiles(id), person TEXT NOT NULL REFERENCES people(id),
  from_at {TIME} NOT NULL, until_at {TIME} NOT NULL, reason_sealed BLOB NOT NULL, looked_at {TIME}, looked_by TEXT, word_sealed BLOB);
CREATE INDEX emergencies_by_casefile ON emergencies (casefile);
CREATE INDEX emergencies_open ON emergencies (from_at) WHERE looked_at IS NULL
"""


def m006_who_stands_in(connections: Connections) -> None:
    """Makes room for pods, turns of duty, who is kept out and emergencies; gives every auditor's part in a team an end."""
    _run(connections, M006)
    connections.raw.execute(
        "UPDATE memberships SET until_at = strftime('%Y-%m-%dT%H:%M:%fZ', from_at, '+92 days')"
        " WHERE role = 'auditor' AND until_at IS NULL"
    )


M007 = f"""
CREATE TABLE passkeys (
  id TEXT PRIMARY KEY, person TEXT NOT NULL REFERENCES people(id), name TEXT NOT NULL, public_key BLOB NOT NULL,
  counted INTEGER NOT NULL, made_at {TIME} NOT NULL, used_at {TIME}) WITHOUT ROWID;
CREATE INDEX passkeys_by_person ON passkeys (person);
CREATE TABLE spent (hash TEXT PRIMARY KEY, until_at {TIME} NOT NULL) WITHOUT ROWID;
CREATE TABLE resets (
  id TEXT PRIMARY KEY, person TEXT NOT NULL REFERENCES people(id), asked_by TEXT NOT NULL REFERENCES people(id),
  asked_at {TIME} NOT NULL, first_hash TEXT NOT NULL, confirmed_by TEXT REFERENCES people(id), confirmed_at {TIME},
  second_hash TEXT, until_at {TIME} NOT NULL, ended_at {TIME}) WITHOUT ROWID;
CREATE INDEX resets_by_person ON resets (person);
CREATE TABLE council_accounts (
  issuer TEXT NOT NULL, subject TEXT NOT NULL, person TEXT NOT NULL UNIQUE REFERENCES people(id), bound_at {TIME} NOT NULL,
  PRIMARY KEY (issuer, subject)) WITHOUT ROWID;
ALTER TABLE sessions ADD COLUMN via TEXT NOT NULL DEFAULT 'password'
"""


def m007_second_factors(connections: Connections) -> None:
    """Makes room for passkeys, for what is good once, for resets that two people agree on, and for councils' own accounts."""
    _run(connections, M007)


M008 = f"""
CREATE TABLE deliveries (
  kid TEXT NOT NULL, casefile TEXT NOT NULL, seq INTEGER NOT NULL, first_at {TIME} NOT NULL, last_at {TIME} NOT NULL,
  PRIMARY KEY (kid, casefile)) WITHOUT ROWID;
CREATE TABLE vaults_gone (kid TEXT PRIMARY KEY, at {TIME} NOT NULL, is_signed INTEGER NOT NULL) WITHOUT ROWID;
"""


def m008_what_a_phone_was_given(connections: Connections) -> None:
    """Makes room for which casefiles each signer was given, and for whose copies a phone says are gone from it."""
    _run(connections, M008)


M009 = f"""
ALTER TABLE resets ADD COLUMN used_at {TIME};
UPDATE resets SET used_at = ended_at WHERE EXISTS (
  SELECT 1 FROM audit WHERE audit.person = resets.person AND audit.at = resets.ended_at
  AND audit.what = 'set up anew after a reset');
INSERT INTO resets (id,person,asked_by,asked_at,first_hash,confirmed_by,confirmed_at,until_at,ended_at,used_at)
  SELECT 'made|' || people.id, people.id, audit.person, audit.at, '', audit.person, audit.at, audit.at, audit.at, audit.at
  FROM people JOIN audit ON audit.at = people.active_from AND audit.what = 'person added' AND audit.person <> ''
  WHERE true GROUP BY people.id;
DELETE FROM sign_in_attempts
"""  # noqa: S608 - fixed text


def m009_who_vouched(connections: Connections) -> None:
    """Keeps which resets were used. Whom one administrator added alone, as was possible until now, stands as asked for and confirmed by that one.

    Drops the counters of tries: they were named by hashes under no key, and go on under other names.
    """
    _run(connections, M009)


M010 = """
CREATE TABLE sections_anew (casefile TEXT PRIMARY KEY REFERENCES casefiles(id), family TEXT NOT NULL) WITHOUT ROWID;
INSERT INTO sections_anew SELECT casefile, family FROM sections;
DROP TABLE sections;
ALTER TABLE sections_anew RENAME TO sections;
CREATE INDEX sections_by_family ON sections (family)
"""


def m010_sections_before_their_family(connections: Connections) -> None:
    """Lets a private section come back after a restore before the family it belongs to has come back itself."""
    _run(connections, M010)


M011 = f"""
CREATE TABLE widenings (
  id TEXT PRIMARY KEY, person TEXT NOT NULL REFERENCES people(id),
  what TEXT NOT NULL CHECK (what IN ('part','open','duty','pod','audit')), role TEXT NOT NULL, team TEXT REFERENCES teams(id),
  pod TEXT REFERENCES pods(id), from_at {TIME} NOT NULL, upto_at {TIME} NOT NULL, why_sealed BLOB NOT NULL,
  asked_by TEXT NOT NULL REFERENCES people(id), asked_at {TIME} NOT NULL, until_at {TIME} NOT NULL,
  confirmed_by TEXT REFERENCES people(id), confirmed_at {TIME}, ended_at {TIME}) WITHOUT ROWID;
CREATE INDEX widenings_standing ON widenings (asked_at) WHERE ended_at IS NULL;
CREATE TABLE refusals (
  hour TEXT NOT NULL, person TEXT NOT NULL, device TEXT NOT NULL, why TEXT NOT NULL, route TEXT NOT NULL, count INTEGER NOT NULL,
  PRIMARY KEY (hour, person, device, why, route)) WITHOUT ROWID
"""


def m011_what_takes_two(connections: Connections) -> None:
    """Makes room for what one person asks for and another confirms, because it gives somebody more to read, and for counters of refusals."""
    _run(connections, M011)


M012 = """
CREATE INDEX audit_decisions ON audit (at) WHERE what IN ('device ended','device lost','device ok','use of a phone ended',
  'accounts gone through','duty gone through','phones gone through','readers gone through')
"""


def m012_decisions_found(connections: Connections) -> None:
    """Lets what was said of phones, and what was gone through after a restore, be found without walking an audit of years."""
    _run(connections, M012)


STEPS: tuple[Callable[[Connections], None], ...] = (
    m001_first_light,
    m002_phone_alarms,
    m003_names_of_master_keys,
    m004_numbers_not_known,
    m005_carried_by,
    m006_who_stands_in,
    m007_second_factors,
    m008_what_a_phone_was_given,
    m009_who_vouched,
    m010_sections_before_their_family,
    m011_what_takes_two,
    m012_decisions_found,
)


def migrate(connections: Connections) -> int:
    """Takes the steps this database has not taken yet, all or none; returns how many have run in all.

    Raises DatabaseIsNewer when a later release has been here: an older program would write rows the newer cannot trust.
    """
    with connections.immediate():
        done: int = connections.raw.execute("PRAGMA user_version").fetchone()[0]
        if done > len(STEPS):
            raise DatabaseIsNewer(done, len(STEPS))
        for step in STEPS[done:]:
            step(connections)
        connections.raw.execute(f"PRAGMA user_version = {len(STEPS)}")
    return len(STEPS)


def contents(connections: Connections) -> dict[str, str]:
    """Says how each table, index, view and trigger of a database was made, by name. Leaves out what SQLite keeps for itself,
    and marks that one release of it sets around a name and another does not.
    """
    rows = connections.raw.execute("SELECT name, sql FROM main.sqlite_master WHERE name NOT LIKE 'sqlite|_%' ESCAPE '|'")
    return {str(name): " ".join(str(sql).replace('"', "").split()) for name, sql in rows}


@cache
def contents_as_made() -> dict[str, str]:
    """Says how they are made by the steps of this release."""
    made = Connections(":memory:")
    migrate(made)
    try:
        return contents(made)
    finally:
        made.close()


def require_shape(connections: Connections) -> None:
    """Makes sure that this release's steps have all run, and no others. Raises DatabaseIsNewer or DatabaseIsOlder."""
    done: int = connections.raw.execute("PRAGMA user_version").fetchone()[0]
    if done > len(STEPS):
        raise DatabaseIsNewer(done, len(STEPS))
    if done < len(STEPS):
        raise DatabaseIsOlder(done, len(STEPS))


class DatabaseIsOlder(FieldappError):
    """The database was made by an earlier release and no one has opened it for writing since; or it is no office at all."""

    def __init__(self, found: int, known: int) -> None:
        super().__init__(f"The database is at step {found}; this program knows {known}. Start the office once to bring it there.")
        self.found = found
        self.known = known


class DatabaseIsNewer(FieldappError):
    """The database was made by a later release than this program."""

    def __init__(self, found: int, known: int) -> None:
        super().__init__(f"The database is at step {found}; this program knows {known}. Install the newer release again.")
        self.found = found
        self.known = known
