/**
 * What people do to one record on two or three phones that meet the office when they can, and what stands by their intentions alone: an account
 * that is kept while they type, without heads, frontiers or comparisons. The fold has to come to the same.
 */
import fc from "fast-check";

/** @typedef {string | string[] | {id: string, text: string}} Said */
/** @typedef {{id: string, parents: string[], fields: {[name: string]: any}}} Version */
/** @typedef {{id: string, changed: Map<string, Said | undefined>, knew: Set<string>}} Act what somebody meant to change, knowing what */
/** @typedef {{versions: Version[], acts: Act[]}} History in the order of arrival at the office */

export const TEXTS = ["purpose", "seen"];
export const LONG = "diary";
export const TAGS = "tags";
export const LISTS = ["actions", "people"];
const IDS = ["a", "b", "c", "1", "0"];

/** No text and no item: what nobody could write. */
export const IS_LIST = "";
/** @param {string} name @param {string} item */
export const placeOf = (name, item) => `${name}/${item}`;

const edit = fc.oneof(
  { weight: 3, arbitrary: fc.record({ does: fc.constant("text"), name: fc.constantFrom(...TEXTS) }) },
  {
    weight: 3,
    arbitrary: fc.record({ does: fc.constant("append"), name: fc.constant(LONG), where: fc.constantFrom("end", "start") }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ does: fc.constant("same"), name: fc.constantFrom(...TEXTS), value: fc.constantFrom("yes", "no") }),
  },
  { weight: 2, arbitrary: fc.record({ does: fc.constant("tag"), name: fc.constant(TAGS), tag: fc.constantFrom("x", "y", "z") }) },
  {
    weight: 3,
    arbitrary: fc.record({ does: fc.constant("item"), name: fc.constantFrom(...LISTS), item: fc.constantFrom(...IDS) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ does: fc.constant("drop"), name: fc.constantFrom(...LISTS), item: fc.constantFrom(...IDS) }),
  },
  { weight: 1, arbitrary: fc.record({ does: fc.constant("clear"), name: fc.constantFrom(...TEXTS, LONG, TAGS, ...LISTS) }) },
);

const step = fc.record({
  who: fc.nat({ max: 2 }),
  does: fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        edits: fc.array(edit, { minLength: 1, maxLength: 3 }),
        choices: fc.array(fc.nat({ max: 7 }), { minLength: 1, maxLength: 6 }),
      }),
    },
    // How many entries come down before the signal goes again; those of one's own go up first.
    { weight: 4, arbitrary: fc.record({ pulls: fc.oneof(fc.constant(99), fc.nat({ max: 3 })) }) },
    { weight: 1, arbitrary: fc.constant({ sends: true }) },
  ),
});

/** @typedef {{phones: number, steps: any[]}} Script */
export const script = fc.record({
  phones: fc.integer({ min: 2, max: 3 }),
  steps: fc.oneof(fc.array(step, { maxLength: 24 }), crissCross()),
});

/** Two people who each settle what the other wrote, both ways, as often as they like, and never see the other's settling in time. */
function crissCross() {
  const round = fc
    .tuple(edits(), edits())
    .map(([a, b]) => [
      ...[0, 1].map((who) => ({ who, does: { pulls: 99 } })),
      { who: 0, does: a },
      { who: 1, does: b },
      ...[0, 1].map((who) => ({ who, does: { sends: true } })),
    ]);
  return fc.array(round, { minLength: 2, maxLength: 5 }).map((rounds) => rounds.flat());
}

function edits() {
  return fc.record({
    edits: fc.array(edit, { minLength: 1, maxLength: 2 }),
    choices: fc.array(fc.nat({ max: 7 }), { minLength: 1, maxLength: 4 }),
  });
}

/** The different things that stand at one place for who knows these acts: what nobody wrote over who had it before them. @param {Iterable<Act>} known @param {string} place @returns {(Said | undefined)[]} */
export function standing(known, place) {
  const acts = [...known].filter(({ changed }) => changed.has(place));
  const last = acts.filter(({ id }) => !acts.some((other) => other.knew.has(id)));
  const found = new Map(last.map(({ changed }) => [JSON.stringify(changed.get(place)) ?? "", changed.get(place)]));
  return [...found.values()];
}

/** @param {Iterable<Act>} known */
export const placesIn = (known) => new Set([...known].flatMap(({ changed }) => [...changed.keys()]));

/** Plays a script to its end; everybody sends what is left. @param {Script} given @returns {History} */
export function play({ phones: count, steps }) {
  /** @type {Version[]} */
  const office = [];
  /** @type {Map<string, Act>} */
  const acts = new Map();
  const phones = Array.from({ length: count }, () => ({ known: new Set(), unsent: /** @type {Version[]} */ ([]), cursor: 0 }));
  let made = 0;

  /** @param {number} n @param {{edits: any[], choices: number[]}} given */
  const write = (n, { edits, choices }) => {
    const phone = phones[n];
    const id = `${(made * 7) % 31}-${made}`.padStart(6, "0");
    made += 1;
    const known = [...phone.known].map((each) => /** @type {Act} */ (acts.get(each)));
    /** @type {Act} */
    const act = { id, changed: new Map(), knew: new Set(phone.known) };
    /** What the form shows: one value where one stands, and in a fork what this person chooses, which is a change. @type {Map<string, Said | undefined>} */
    const form = new Map();
    /** @type {Map<string, Said | undefined>} */
    const shown = new Map();
    let chosen = 0;
    for (const place of [...placesIn(known)].sort()) {
      const values = standing(known, place);
      const value = values[choices[chosen % choices.length] % values.length];
      if (values.length > 1) {
        chosen += 1;
        act.changed.set(place, value);
      } else shown.set(place, value);
      form.set(place, value);
    }
    for (const [at, each] of edits.entries()) change(form, act, each, `${id}.${at}`);
    // Whoever keeps an item keeps its list.
    for (const name of LISTS)
      if (itemsIn(form, name).length > 0 && form.get(placeOf(name, IS_LIST)) === undefined)
        put(form, act, placeOf(name, IS_LIST), []);
    // What was typed and taken back in one go was never said; what is chosen in a fork is, whatever it is.
    for (const [place, value] of act.changed) {
      const wasFork = placesIn(known).has(place) && !shown.has(place);
      if (!wasFork && JSON.stringify(shown.get(place)) === JSON.stringify(value)) act.changed.delete(place);
    }
    acts.set(id, act);
    const seen = [...phone.known];
    const parents = seen.filter((one) => !seen.some((other) => acts.get(other)?.knew.has(one))).sort();
    phone.unsent.push({ id, parents, fields: fieldsOf(form) });
    phone.known.add(id);
  };

  /** @param {number} n */
  const send = (n) => office.push(...phones[n].unsent.splice(0));
  for (const { who, does } of steps) {
    const n = who % count;
    if (does.edits) write(n, does);
    else send(n);
    if (does.pulls === undefined) continue;
    for (const { id } of office.slice(phones[n].cursor, phones[n].cursor + does.pulls)) phones[n].known.add(id);
    phones[n].cursor = Math.min(office.length, phones[n].cursor + does.pulls);
  }
  phones.forEach((_, n) => {
    send(n);
  });
  return { versions: office, acts: office.map(({ id }) => /** @type {Act} */ (acts.get(id))) };
}

/** @param {Map<string, any>} form @param {Act} act @param {string} place @param {Said | undefined} value */
function put(form, act, place, value) {
  if (JSON.stringify(form.get(place)) === JSON.stringify(value) && !act.changed.has(place)) return;
  form.set(place, value);
  act.changed.set(place, value);
}

/** @param {Map<string, any>} form @param {string} name */
function itemsIn(form, name) {
  return [...form].filter(
    ([place, value]) => place.startsWith(`${name}/`) && place !== placeOf(name, IS_LIST) && value !== undefined,
  );
}

/** @param {Map<string, any>} form @param {Act} act @param {any} edit @param {string} mark */
function change(form, act, { does, name, where, value, tag, item }, mark) {
  const sentence = `Sentence ${mark}.`;
  const place = item === undefined ? name : placeOf(name, item);
  if (does === "text") put(form, act, name, sentence);
  if (does === "append") put(form, act, name, [form.get(name) ?? "", sentence].sort(() => (where === "end" ? 0 : -1)).join("\n"));
  if (does === "same") put(form, act, name, value);
  if (does === "tag") put(form, act, name, [...new Set([...(form.get(name) ?? []), tag])]);
  if (does === "item") put(form, act, place, { id: item, text: sentence });
  if (does === "drop" && form.get(place) !== undefined) put(form, act, place, undefined);
  if (does === "clear")
    for (const one of [...form.keys()].filter((each) => each === name || each.startsWith(`${name}/`)))
      put(form, act, one, undefined);
}

/** @param {Map<string, any>} form */
function fieldsOf(form) {
  /** @type {{[name: string]: any}} */
  const fields = {};
  for (const [place, value] of form) if (!place.includes("/") && value !== undefined) fields[place] = value;
  for (const name of LISTS)
    if (form.get(placeOf(name, IS_LIST)) !== undefined) fields[name] = itemsIn(form, name).map(([, value]) => value);
  return fields;
}
