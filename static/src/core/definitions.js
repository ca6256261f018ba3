/** Record definitions, measures, programmes and vocabularies as the office serves them: named by their hash, checked against it, kept for offline. */
import { b64u } from "../sync/entry.js";
import { NoAnswer, Refused } from "../sync/errors.js";
import { hash, text, utf8 } from "./keys.js";
import { bytesOf } from "./outside.js";
import { exchange } from "./push.js";

/** @typedef {import("./outside.js").Outside} Outside */
/** @typedef {import("./vault.js").Vault} Vault */
/** @typedef {import("../practice/forms.js").Definition} Definition */
/** @typedef {{records: {[schema: string]: string}, measures: {[id: string]: string}, programmes: {[id: string]: string}, vocabularies: {[id: string]: string}, policy: string}} Index */
/** @typedef {ReturnType<typeof openDefinitions>} Definitions */

/** How many are asked for in one request; the office gives twice as many. */
const FETCHED = 256;

/** @param {Outside} outside @param {Vault} vault */
export function openDefinitions(outside, vault) {
  /** @type {Map<string, any>} */
  const parsed = new Map();
  /** @type {Index | null} */
  let index = null;

  /** @param {string} name @returns {Promise<Uint8Array>} */
  async function fetched(name) {
    let bytes;
    try {
      const response = await outside.ask(`/sync/v1/practice/${name}`);
      bytes = response.ok && (await bytesOf(response));
    } catch {
      throw new NoAnswer("offline");
    }
    if (!bytes) throw new NoAnswer("definition_missing");
    if (!(await isNamed(bytes, name))) throw new NoAnswer("definition_changed");
    return bytes;
  }

  /** What lies in the store is checked like what came: it is not sealed, and a form asks for whatever it says. @param {Uint8Array | undefined} bytes @param {string} name */
  const isNamed = async (bytes, name) => bytes !== undefined && b64u(await hash(bytes)) === name;
  const take = (/** @type {string} */ name, /** @type {Uint8Array} */ bytes) => {
    try {
      const value = JSON.parse(text(bytes));
      parsed.set(name, value);
      return value;
    } catch {
      throw new NoAnswer("definition_changed");
    }
  };

  /** @param {string} name @returns {Promise<any>} */
  async function byHash(name) {
    if (parsed.has(name)) return parsed.get(name);
    await readIn([name]);
    if (parsed.has(name)) return parsed.get(name);
    const bytes = await fetched(name);
    await vault.keepDefinitions([[name, bytes]]);
    return take(name, bytes);
  }

  /** Reads into memory what lies in the store. @param {string[]} names @returns {Promise<string[]>} those that do not */
  async function readIn(names) {
    const kept = await vault.definitions(names);
    const are = await Promise.all(names.map(async (name) => parsed.has(name) || isNamed(kept.get(name), name)));
    for (const [i, name] of names.entries())
      if (are[i] && !parsed.has(name)) take(name, /** @type {Uint8Array} */ (kept.get(name)));
    return names.filter((_, i) => !are[i]);
  }

  /** Fetches many in one request: one for each would cost a slow line half a minute. @param {string[]} names */
  async function fetchAll(names) {
    for (let i = 0; i < names.length; i += FETCHED) {
      const asked = names.slice(i, i + FETCHED);
      const { status, answer } = await exchange(outside, "/sync/v1/practice", {
        method: "POST",
        body: JSON.stringify({ v: 1, hashes: asked }),
        headers: { "Content-Type": "application/json" },
        patience: 120_000,
      });
      if (status !== 200) throw new NoAnswer(status === 0 ? "no_signal" : "office_not_answering", { status });
      const told = asked.flatMap((name) =>
        typeof answer.files?.[name] === "string" ? [/** @type {const} */ ([name, utf8(answer.files[name])])] : [],
      );
      const are = await Promise.all(told.map(([name, bytes]) => isNamed(bytes, name)));
      const came = told.filter((_, i) => are[i]);
      await vault.keepDefinitions(came);
      for (const [name, bytes] of came) take(name, bytes);
      // What came is kept before anything is said of what did not.
      if (told.length < asked.length) throw new NoAnswer("definition_missing");
      if (came.length < told.length) throw new NoAnswer("definition_changed");
    }
  }

  const definitions = {
    byHash,

    /** Takes the newest index and fetches what is not here yet. @param {string} name hash of the index */
    async follow(name) {
      /** @type {Index} */
      const told = await byHash(name);
      const rooms = [told.records, told.vocabularies, told.measures, told.programmes].flatMap((room) => Object.values(room));
      await fetchAll(await readIn([...new Set([...rooms, told.policy])]));
      index = told;
      // How long the cache is kept is asked at unlocking, before any form is read.
      await vault.keepFact("practice", { name, days: parsed.get(told.policy)?.cache_kept_days });
    },

    /** Opens what was followed last. */
    async open() {
      const known = await vault.fact("practice");
      if (!known) return;
      index = await byHash(known.name).catch(() => null);
      if (!index) return;
      const rooms = [index.records, index.vocabularies, index.measures].flatMap((room) => Object.values(room));
      const missing = await readIn(rooms).catch(() => []);
      // Unlocking waits for no network.
      void fetchAll(missing).catch(() => undefined);
    },

    /** @returns {Index} */
    index() {
      if (!index) throw new Refused("definitions_missing");
      return index;
    },
    hasIndex: () => index !== null,

    /** @param {string} schema @returns {Promise<{form: string, definition: Definition}>} */
    async newest(schema) {
      const form = definitions.index().records[schema];
      if (!form) throw new Refused("unknown_schema");
      return { form, definition: await byHash(form) };
    },

    /** What is already in memory, for lists that cannot wait: a form, or a measure by its id. @param {string} form @param {string} schema @returns {any} */
    known: (form, schema) =>
      parsed.get(form) ?? (index ? parsed.get(index.records[schema] ?? index.measures[schema]) : undefined),

    /** The vocabularies, as forms.js wants them. @returns {Promise<Record<string, any>>} */
    async vocabularies() {
      const named = Object.entries(definitions.index().vocabularies);
      return Object.fromEntries(await Promise.all(named.map(async ([id, name]) => [id, await byHash(name)])));
    },

    /** A definition with the options of its vocabularies, programmes and their statuses written in, ready to be rendered. @param {Definition} definition @returns {Promise<Definition>} */
    async filled(definition) {
      const vocabularies = await definitions.vocabularies();
      /** @type {Record<string, {value: string, label: string, of?: string}[]>} */
      const written = { programme: [], status: [] };
      if (definition.sections.some((section) => section.fields.some((field) => Object.hasOwn(written, field.type))))
        for (const [id, name] of Object.entries(definitions.index().programmes)) {
          const programme = await byHash(name);
          written.programme.push({ value: id, label: programme.title });
          for (const status of programme.statuses) written.status.push({ value: status.id, label: status.label, of: id });
        }
      /** @param {import("../practice/forms.js").Field} field @returns {import("../practice/forms.js").Field} */
      const fill = (field) => ({
        ...field,
        ...(field.vocabulary ? { options: vocabularies[field.vocabulary]?.options ?? [] } : {}),
        ...(Object.hasOwn(written, field.type) ? { options: written[field.type] } : {}),
        ...(field.item ? { item: field.item.map(fill) } : {}),
      });
      return {
        ...definition,
        sections: definition.sections.map((section) => ({ ...section, fields: section.fields.map(fill) })),
      };
    },
  };
  return definitions;
}
