/**
 * The shapes that the core tells and the screens draw; types only.
 *
 * @typedef {"draft"|"waiting"|"sent"|"sorting"|"put_away"|"question"|"signed_off"} Standing
 * @typedef {{id: string, name: string, relation?: string, group?: string, born_on?: string, due_on?: string}} Person
 * @typedef {{field: string, in: string[]}} When
 * @typedef {{value: string, label: string, group?: string, of?: string}} Option
 * @typedef {object} Field
 * @property {When} [required_when]
 * @property {string} id
 * @property {string} type
 * @property {string} label
 * @property {string} [hint]
 * @property {boolean} [required]
 * @property {When} [when]
 * @property {Option[]} [options]
 * @property {string} [vocabulary]
 * @property {boolean} [suggest_merge]
 * @property {number} [min]
 * @property {number} [max]
 * @property {string} [low_label]
 * @property {string} [middle_label]
 * @property {string} [high_label]
 * @property {number} [rows]
 * @property {"today"|"now"} [starts_as]
 * @property {Field[]} [item]
 * @typedef {{id: string, title: string, title_read?: string, hint?: string, when?: When, later?: "only"|"also", worker_only?: boolean, fields: Field[]}} Section
 * @typedef {{schema: string, kind: string, title: string, insert_only: boolean, final_when_sent: boolean, sections: Section[]}} Definition
 * @typedef {Record<string, any>} Fields
 * @typedef {{at: string, reason: string}} Problem
 *
 * @typedef {object} Family
 * @property {string} casefile
 * @property {string} title
 * @property {boolean} practice
 * @property {string} sort
 * @property {Person[]} people
 * @property {string|null} [last_contact_on]
 * @property {string|null} [next_visit_on]
 * @property {number} waiting
 * @property {number} questions
 * @property {number} drafts
 *
 * @typedef {{field?: string, text: string, id?: string}} Comment
 * @typedef {object} Brief
 * @property {string} record
 * @property {string} kind
 * @property {string} schema
 * @property {string} title
 * @property {string} [happened_on]
 * @property {string} [happened_at]
 * @property {{id: string, name: string}} author
 * @property {string} written_at
 * @property {Standing} standing
 * @property {string} [at]
 * @property {{by: unknown, at: string, text: string, comments: Comment[]}} [question]
 * @property {boolean} forked
 * @property {number} later
 * @property {string} line
 * @property {{title: string, about?: string, value?: unknown, band?: string, of?: string}} [measured] which questionnaire, whom it is about, and its main score
 * @property {Record<string, string>} [former] of the record about the family: the names, by id, of those no longer listed
 *
 * @typedef {object} Waiting
 * @property {string} id
 * @property {string} record
 * @property {string} [casefile]
 * @property {string} kind
 * @property {string} [title]
 * @property {string} [family] what the family is called
 * @property {string} written_at
 * @property {Standing} standing
 * @property {string} [at]
 * @property {number} attempts
 * @property {number|null} [next_at] when it is tried again, of what was put off
 * @typedef {{waiting: number, is_listed?: boolean, oldest_at?: string|null, sending?: boolean, last_sent_at?: string|null, fetching?: string, elsewhere?: {count: number, seen_at: string}, reach: "ok"|"no_signal"|"office_not_answering"|"unknown_device", line_next_at?: number|null, items: Waiting[]}} Outbox
 * @typedef {object} Status
 * @property {"fresh"|"locked"|"unlocked"} state
 * @property {{vault: string, label: string, passkey?: import("../page.js").Asked}[]} people
 * @property {string} [vault] of whoever has unlocked it
 * @property {{id: string, name: string, role: string}} [person]
 * @property {{persisted: boolean|null, usage?: number, quota?: number}} [storage]
 * @property {{at?: string, offset?: number}} [heard] when the office was last heard, by this phone’s clock, and how far that clock was behind the office’s, in milliseconds
 * @property {string | false} [parted] whose use of this phone the office ended lately
 * @property {boolean} [second_tab]
 *
 * @typedef {{rater?: string, rater_name?: string, points: {on: string, value: number, comment?: string, record?: string}[]}} Series
 * @typedef {{record: string, words: string, owner?: unknown, kind?: string, status?: string, bottom_line?: string, raters?: unknown[], forked?: boolean, series: Series[], change?: {rater?: string, rater_name?: string, first: number, last: number, class: string}[]}} Goal
 */
export {};
