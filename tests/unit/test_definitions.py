"""Definition files: what ships loads, and each way to be wrong is refused with the file, the place and the
reason."""

import argparse
import importlib.resources
import json
import re

import pytest

from fieldapp.practice import DefinitionError, forms, library, shipped
from fieldapp.practice.commands import add_measure_commands
from fieldapp.practice.definitions import read_definition, read_vocabulary
from fieldapp.practice.measures import read_measure
from fieldapp.practice.policy import is_final_when_sent, read_policy, why_sign_off
from fieldapp.practice.programmes import read_programme
from fieldapp.practice.reading import hash_of

PRACTICE = shipped()
FOLDER = importlib.resources.files("fieldapp.practice")
KINDS = {definition.kind for definition in PRACTICE.definitions.values()}


def text_of(name):
    return (FOLDER / name).read_text(encoding="utf-8")


def changed(name, *path, to):
    """One shipped file with one value changed (or, with `to` given as ..., taken out)."""
    plain = json.loads(text_of(name))
    place = plain
    for step in path[:-1]:
        place = place[step]
    if to is ...:
        del place[path[-1]]
    else:
        place[path[-1]] = to
    return json.dumps(plain).encode()


def refusal_of(read, *args, **named):
    with pytest.raises(DefinitionError) as caught:
        read(*args, **named)
    return caught.value


def definition(raw):
    return refusal_of(read_definition, "records/visit-note.1.json", raw, PRACTICE.vocabularies)


def measure(raw):
    return refusal_of(read_measure, "phq-9.1.json", raw)


def programme(raw):
    return refusal_of(
        read_programme,
        "programmes/joint-team.1.json",
        raw,
        schemas={schema: one.kind for schema, one in PRACTICE.definitions.items()},
        measures=set(PRACTICE.measures),
        vocabularies=set(PRACTICE.vocabularies),
    )


def fields_of(plain):
    for section in plain["sections"]:
        for field in section["fields"]:
            yield field
            yield from field.get("item", [])


# --- what ships
# ---------------------------------------------------------------------------------------------------


def test_every_file_is_served_under_the_hash_of_its_bytes():
    for hash, kept in PRACTICE.files.items():
        assert hash_of(kept.raw) == hash
        assert PRACTICE.served(hash) == kept.raw
    assert PRACTICE.served("not a hash") is None


def test_index_names_every_file_and_is_served_itself():
    index = json.loads(PRACTICE.served(PRACTICE.index_hash) or b"")
    assert set(index) == {"records", "measures", "programmes", "vocabularies", "policy"}
    named = {hash for room in index.values() if isinstance(room, dict) for hash in room.values()} | {index["policy"]}
    assert named | {PRACTICE.index_hash} == set(PRACTICE.files)


def test_newest_definition_of_a_kind_is_found():
    assert PRACTICE.newest("visit_note").schema == "visit-note.1"
    with pytest.raises(KeyError):
        PRACTICE.newest("diary")


def test_nothing_that_would_be_evidence_starts_filled_in():
    for schema in PRACTICE.definitions:
        starts = [one for one in fields_of(PRACTICE.plain("records", schema)) if "starts_as" in one]
        assert {one["type"] for one in starts} <= {"date", "time"}, schema
        assert not (starts and schema.startswith("visit-note")), schema


def test_every_label_is_plain_and_short():
    for schema in PRACTICE.definitions:
        for field in fields_of(PRACTICE.plain("records", schema)):
            assert 0 < len(field["label"]) <= 60, (schema, field["id"])
            assert not re.search(r"\b(entry|casefile|payload|envelope|outbox|sync|JSON)\b", field["label"])


def test_every_way_of_being_in_touch_opens_a_form_that_offers_it():
    offered = {
        option["value"]
        for schema, id in (("visit-note.1", "contact_type"), ("contact.1", "how"))
        for field in fields_of(PRACTICE.plain("records", schema))
        if field["id"] == id
        for option in field["options"]
    }
    vocabulary = PRACTICE.plain("vocabularies", "contact-types.1")["options"]
    assert {option["value"] for option in vocabulary} == offered
    assert {option["group"] for option in vocabulary} <= set(PRACTICE.definitions)


def test_rejected_assessment_factors_are_not_used():
    factors = {factor for option in PRACTICE.vocabularies["risk-indicators.1"].options for factor in option.factors}
    assert not factors & {"18A", "19A"}
    assert {"1A", "3B", "10A", "18B", "24A"} <= factors


# --- what is refused
# ----------------------------------------------------------------------------------------------


def test_definition_with_an_unknown_name_is_refused_with_its_place():
    error = definition(changed("records/visit-note.1.json", "sections", 0, "fields", 0, "requird", to=True))
    assert error.file == "records/visit-note.1.json"
    assert error.place == "$.sections[0].fields[0]"
    assert "requird" in error.reason


@pytest.mark.parametrize(
    ("path", "to", "reason"),
    [
        (("schema",), "visit-note.2", "the file must be called"),
        (("sections", 0, "fields", 0, "type"), "slider", "Invalid enum value"),
        (("sections", 0, "fields", 0, "options"), [], "options or a vocabulary"),
        (("sections", 0, "fields", 1, "when", "field"), "contract_type", "no field"),
        (("sections", 0, "fields", 1, "when", "in"), ["failed"], "is no answer"),
        (("sections", 0, "fields", 4, "id"), "happened_on", "two fields"),
        (("sections", 2, "fields", 0, "item"), [], "needs item"),
        (("sections", 2, "fields", 0, "item", 0, "id"), "id", "own random id"),
        (("sections", 0, "fields", 6, "starts_as"), "today", "evidence"),
        (("sections", 0, "fields", 0, "options", 1, "value"), "home_visit", "same value"),
        (("risk_answers", 0, "field"), "worry", "no field"),
    ],
)
def test_definition_that_cannot_be_rendered_is_refused(path, to, reason):
    assert reason in definition(changed("records/visit-note.1.json", *path, to=to)).reason


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"\xff{}", "not UTF-8"),
        (b'{"schema": ', "not JSON"),
        (b'{"schema": "a", "schema": "b"}', "stands twice"),
        (b'{"min": 1.5}', "must be written as text"),
        (b'{"min": NaN}', "must be written as text"),
        (b'{"min": 9007199254740992}', "too large"),
        (b"[" * 100_000, "nested too deeply"),
    ],
)
def test_definition_that_is_not_read_alike_everywhere_is_refused(raw, reason):
    assert reason in definition(raw).reason


def test_vocabulary_in_a_file_of_another_name_is_refused():
    raw = text_of("vocabularies/levels.1.json").encode()
    assert "must be called" in refusal_of(read_vocabulary, "vocabularies/level.1.json", raw).reason


@pytest.mark.parametrize(
    ("path", "to", "place", "reason"),
    [
        (("resourceType",), "Patient", "$.resourceType", "not a FHIR Questionnaire"),
        (("id",), 7, "$.id", "must be text"),
        (("item",), [], "$.item", "no question"),
        (("item",), {}, "$.item", "must be a list"),
        (("item", 1, "linkId"), ..., "$.item[1].linkId", "needs this"),
        (("item", 2, "linkId"), "1", "$.item", "two questions"),
        (("item", 1, "answerOption"), [7], "$.item[1].answerOption", "list of objects"),
        (("item", 1, "text"), ..., "$.item", "has no text"),
        (("scoring", "text_required"), True, "$.scoring.text_required", "there is"),
        (("scoring", "reversd"), [], "$.scoring", "unknown field"),
        (("scoring", "reversed"), ["10"], "$.scoring.reversed", "no item “10”"),
        (("scoring", "risk_items", 0, "item"), "nine", "$.scoring.risk_items", "no item “nine”"),
        (("scoring", "unscored"), [], "$.scoring", "forgotten"),
        (("scoring", "primary"), "sum", "$.scoring.primary", "no score"),
        (("scoring", "scores", 0, "max"), 28, "$.scoring.scores[0]", "min and max must be 0 and 27"),
        (("scoring", "scores", 0, "at_most_missing"), 9, "$.scoring.scores[0].at_most_missing", "at least one"),
        (("scoring", "scores", 0, "direction"), "down", "$.scoring.scores[0].direction", "Invalid enum"),
        (("scoring", "scores", 0, "bands", 1, "from"), 0, "$.scoring.scores[0].bands", "must rise"),
        (("scoring", "scores", 0, "bands", 0, "from"), 1, "$.scoring.scores[0].bands", "first band"),
        (("scoring", "scores", 0, "reliable_change"), 0, "$.scoring.scores[0].reliable_change", "above 0"),
        (("scoring", "scores", 0, "codes", "snomed"), "720433100", "$.scoring.scores[0].codes", "check digit"),
        (("scoring", "licence", "class"), "free", "$.scoring.licence.class", "Invalid enum"),
    ],
)
def test_measure_that_cannot_be_scored_is_refused_with_its_place(path, to, place, reason):
    error = measure(changed("measures/phq-9.1.json", *path, to=to))
    assert (error.place, reason in error.reason) == (place, True), error


def test_sum_of_scores_with_a_part_that_does_not_exist_is_refused():
    raw = changed("measures/phq-4.1.json", "scoring", "scores", 2, "of", to=["anxiety", "mood"])
    assert "no earlier score “mood”" in measure(raw).reason


def test_conversion_table_with_a_gap_is_refused():
    raw = changed("measures/swemwbs.1.json", "scoring", "scores", 1, "table", "20", to=...)
    assert "7 to 35" in measure(raw).reason


def test_foreign_questionnaire_loads_as_it_is():
    raw = b"""{"resourceType":"Questionnaire","url":"https://hospital.example/q/sleep","effectiveWeight":1.5,
      "item":[{"linkId":"g","type":"group","item":[{"linkId":"a","type":"decimal","text":"Hours?"}]}]}"""
    read = read_measure("sleep.json", raw)
    assert read.id == "https://hospital.example/q/sleep@0"
    assert read.scoring is None
    assert [item["id"] for item in read.items] == ["a"]


def test_residential_programme_is_refused_saying_why():
    error = programme(changed("programmes/joint-team.1.json", "kind", to="residential"))
    assert error.place == "$.kind"
    assert "shift log" in error.reason


@pytest.mark.parametrize(
    ("path", "to", "reason"),
    [
        (("records", 0), "family.9", "no “family.9”"),
        (("measures", 0, "measure"), "phq-9@7", "no “phq-9@7”"),
        (("transitions", 0, "to"), "acepted", "no “acepted”"),
        (("statuses", 0, "id"), "new", "no “referral_received”"),
        (("cadence", 0, "from_on"), "2024-02-30", "is no day"),
        (("recording_targets",), [], "there is none"),
        (("recording_targets", 0, "kind"), "diary", "no “diary”"),
        (("version",), 2, "must be called"),
    ],
)
def test_programme_that_does_not_hold_together_is_refused(path, to, reason):
    assert reason in programme(changed("programmes/joint-team.1.json", *path, to=to)).reason


def test_status_nobody_can_reach_is_refused():
    plain = json.loads(text_of("programmes/joint-team.1.json"))
    plain["statuses"].append({"id": "lost", "label": "Lost", "ends": True})
    assert "no step leads to “lost”" in programme(json.dumps(plain).encode()).reason


def test_wrong_file_stops_the_load_by_name(tmp_path):
    for room in ("records", "vocabularies", "measures", "programmes"):
        (tmp_path / room).mkdir()
        for entry in (FOLDER / room).iterdir():
            if entry.name.endswith(".json"):
                (tmp_path / room / entry.name).write_bytes(entry.read_bytes())
    (tmp_path / "policy.json").write_bytes((FOLDER / "policy.json").read_bytes())
    assert library.load(tmp_path).index_hash == PRACTICE.index_hash
    (tmp_path / "measures" / "phq-9.1.json").write_text("{}")
    with pytest.raises(DefinitionError, match=r"measures/phq-9\.1\.json: at \$\.resourceType"):
        library.load(tmp_path)


# --- sign-off policy
# ----------------------------------------------------------------------------------------------


def why(kind, **named):
    usual = {"risk_answered": False, "restricted": False, "ending": False, "notes_before": 100, "draw": 1}
    return why_sign_off(PRACTICE.policy, kind, **(usual | named))


def test_policy_without_a_rule_for_a_kind_is_refused():
    raw = changed("policy.json", "sign_off", "contact", to=...)
    assert "no rule for contact" in refusal_of(read_policy, "policy.json", raw, KINDS).reason


def test_plan_needs_sign_off_and_an_ordinary_note_does_not():
    assert why("plan") == "kind"
    assert why("visit_note") is None
    assert why("something new") == "kind"


def test_risk_answer_comes_up_whatever_the_kind():
    assert why("visit_note", risk_answered=True) == "risk"
    assert why("measure_response", risk_answered=True) == "risk"


def test_private_sections_endings_and_first_notes_come_up():
    assert why("visit_note", restricted=True) == "restricted"
    assert why("visit_note", ending=True) == "ending"
    assert why("visit_note", notes_before=9) == "new_worker"
    assert why("visit_note", notes_before=10) is None


def test_sample_takes_one_in_so_many():
    drawn = [draw for draw in range(100) if why("visit_note", draw=draw) == "sample"]
    assert len(drawn) == 10


def test_looking_again_gives_no_leave_to_rewrite():
    policy = PRACTICE.policy
    assert is_final_when_sent(policy, "visit_note", None)
    assert is_final_when_sent(policy, "visit_note", "risk")
    assert is_final_when_sent(policy, "visit_note", "sample")
    assert not is_final_when_sent(policy, "visit_note", "new_worker")
    assert not is_final_when_sent(policy, "plan", "kind")


# --- the commands
# -------------------------------------------------------------------------------------------------


def run(*words):
    parser = argparse.ArgumentParser()
    add_measure_commands(parser.add_subparsers(required=True))
    given = parser.parse_args(["measure", *words])
    return given.command(given)


def test_measure_check_says_what_it_found(tmp_path, capsys):
    good = tmp_path / "mine.json"
    good.write_text(text_of("measures/phq-9.1.json"), encoding="utf-8")
    assert run("check", str(good)) == 0
    assert "phq-9@1, 10 questions, 1 score(s), asks for a person at item 9" in capsys.readouterr().out


def test_measure_check_names_file_place_and_reason_and_checks_the_rest(tmp_path, capsys):
    bad, good, absent = tmp_path / "bad.json", tmp_path / "good.json", tmp_path / "absent.json"
    bad.write_bytes(changed("measures/phq-9.1.json", "scoring", "scores", 0, "max", to=30))
    good.write_text(text_of("measures/gad-7.1.json"), encoding="utf-8")
    assert run("check", str(bad), str(good), str(absent)) == 1
    told = capsys.readouterr()
    assert f"{bad}: at $.scoring.scores[0]: min and max must be 0 and 27" in told.err
    assert f"{absent}: at $: this file cannot be read" in told.err
    assert "gad-7@1" in told.out


@pytest.mark.parametrize("name", ["phq-9", "phq-9@1"])
def test_measure_score_prints_scores_bands_and_what_is_missing(name, tmp_path, capsys):
    answers = tmp_path / "answers.json"
    answers.write_text(json.dumps(dict(zip("12345678", [2, 3, 2, 2, 1, 2, 2, 1], strict=True)) | {"9": "declined"}))
    assert run("score", name, "--answers", str(answers)) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["measure"] == "phq-9@1"
    assert told["scores"][0] | {"missing": []} == {
        "id": "total", "value": 17, "band": "moderately severe", "prorated": True, "missing": [], "reason": None,
    }  # fmt: skip
    assert told["missing"] == [{"id": "9", "state": "declined"}]


def test_measure_score_takes_loinc_codes_for_items(tmp_path, capsys):
    codes = [item["code"] for item in PRACTICE.measures["gad-7@1"].items]
    answers = tmp_path / "answers.json"
    answers.write_text(json.dumps(dict.fromkeys(codes, 2)))
    assert run("score", "gad-7", "--answers", str(answers)) == 0
    assert json.loads(capsys.readouterr().out)["scores"][0]["value"] == 14


@pytest.mark.parametrize(
    ("id", "answers", "told"),
    [
        ("phq-10", "{}", "no measure has this id; there are audit-c"),
        ("phq-9", "[1, 2]", "answers are one object"),
        ("phq-9", "{", "not JSON"),
        ("phq-9", '{"1": 2, "44250-9": 3}', "answered twice"),
        ("phq-9", '{"1": 2, "q2": 3}', "phq-9@1 has no item “q2”; its items are 1, 2, 3"),
    ],
)
def test_measure_score_says_what_is_wrong(id, answers, told, tmp_path, capsys):
    file = tmp_path / "answers.json"
    file.write_text(answers)
    assert run("score", id, "--answers", str(file)) == 1
    assert told in capsys.readouterr().err


def test_the_shipped_definitions_can_all_be_answered():
    for schema in PRACTICE.definitions:
        plain = PRACTICE.plain("records", schema)
        empty = forms.problems(plain, {}, PRACTICE.plain_vocabularies())
        assert {problem["reason"] for problem in empty} <= {"required"}, schema
