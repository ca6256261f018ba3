/**
 * Reads the items of a FHIR R4 Questionnaire, ours or a foreign one, as plain data.
 * Twin: `fieldapp/practice/questionnaire.py`.
 *
 * @typedef {{value: number | string, label: string}} Choice
 * @typedef {{
 *   id: string, number: string, text: string | null, type: string, choices: Choice[],
 *   low_label: string | null, high_label: string | null, code: string | null,
 * }} Item `text` is null in a skeleton: the screen then says "Item `number`"
 * @typedef {{url?: string, valueDecimal?: number, valueString?: string}} Extension
 * @typedef {{
 *   valueInteger?: number, valueString?: string, extension?: Extension[],
 *   valueCoding?: {code?: string, display?: string, extension?: Extension[]},
 * }} AnswerOption
 * @typedef {{
 *   linkId: string, prefix?: string, text?: string, type: string, code?: {code?: string}[],
 *   answerOption?: AnswerOption[], extension?: Extension[], item?: QuestionnaireItem[],
 * }} QuestionnaireItem
 * @typedef {{from: number | string, label: string}} Band from this score upwards
 * @typedef {{
 *   id: string, title: string, method: 'sum' | 'mean' | 'sum_of_scores', items?: string[], of?: string[],
 *   at_most_missing?: number, decimals?: number, times?: number, table?: Record<string, string>,
 *   min: number, max: number, direction: 'high_better' | 'high_worse', direction_why: string,
 *   bands?: Band[], reliable_change?: number | string, sources?: string, codes?: Record<string, string>,
 * }} ScoreRule
 * @typedef {{
 *   text_required: boolean, respondent: string, ages: {from: number, to?: number}, primary: string,
 *   reversed: string[], scores: ScoreRule[], risk_items: {item: string, at_least: number, why: string}[],
 *   unscored: string[], notes?: string,
 *   licence: {class: string, holder: string, url: string, evidence: string, credit?: string},
 * }} Scoring
 * @typedef {{
 *   resourceType: string, id?: string, url?: string, version?: string, title?: string,
 *   item?: QuestionnaireItem[], scoring?: Scoring,
 * }} Questionnaire
 */

const ORDINAL = ["http://hl7.org/fhir/StructureDefinition/ordinalValue", "http://hl7.org/fhir/StructureDefinition/itemWeight"];
const SCALE_ENDS = "https://fieldapp.example/scale-ends";

/** Why an answer is missing; kept apart because they mean different things, and none of them is a zero. */
export const MISSING_STATES = ["declined", "not_asked", "not_appropriate"];

/**
 * Lists the questions in order, those inside groups too; headings and instructions are left out.
 * @param {Questionnaire} definition
 * @returns {Item[]}
 */
export function itemsOf(definition) {
  /** @type {Item[]} */
  const found = [];
  const pending = [...(definition.item ?? [])].reverse();
  for (let item = pending.pop(); item !== undefined; item = pending.pop()) {
    pending.push(...[...(item.item ?? [])].reverse());
    if (item.type === "display" || item.type === "group") continue;
    const [low, high] = ends(item);
    found.push({
      id: item.linkId,
      number: item.prefix || String(found.length + 1),
      text: item.text ?? null,
      type: item.type,
      choices: (item.answerOption ?? []).map(choice),
      low_label: low,
      high_label: high,
      code: item.code?.[0]?.code ?? null,
    });
  }
  return found;
}

/**
 * Lists the instructions printed above the questions.
 * @param {Questionnaire} definition
 * @returns {string[]}
 */
export function introOf(definition) {
  return (definition.item ?? []).flatMap((item) => (item.type === "display" && item.text ? [item.text] : []));
}

/**
 * Names a measure with its version, such as `phq-9@1`.
 * @param {Questionnaire} definition
 * @returns {string}
 */
export function measureId(definition) {
  return `${definition.id || definition.url}@${definition.version || "0"}`;
}

/** @type {(item: QuestionnaireItem) => [string | null, string | null]} */
function ends(item) {
  const text = (item.extension ?? []).find((extension) => extension.url === SCALE_ENDS)?.valueString;
  if (text === undefined) return [null, null];
  const [low = "", high = ""] = text.split(" | ");
  return [low, high];
}

/** @type {(option: AnswerOption, position: number) => Choice} */
function choice(option, position) {
  if (option.valueInteger !== undefined) return { value: option.valueInteger, label: String(option.valueInteger) };
  const coding = option.valueCoding ?? {};
  const label = coding.display || coding.code || option.valueString || String(position);
  for (const extension of [...(option.extension ?? []), ...(coding.extension ?? [])]) {
    if (ORDINAL.includes(extension.url ?? "") && Number.isInteger(extension.valueDecimal)) {
      return { value: Number(extension.valueDecimal), label };
    }
  }
  return { value: coding.code || label, label };
}
