/** Every sentence the phone's screens say. Each message tells what happened, that nothing was lost where that is true, and what to do. */
import { childrenAndUnborn } from "../parts/people.js";
import { dayAndTime, daysSince, longDay, months, nearDay, timeOf, years } from "./dates.js";

/** @import { Family, Field, Outbox, Person, Standing, Waiting } from "../parts/shapes.js" */

/** @param {number} count @param {string} one @param {string} [more] */
const of = (count, one, more = `${one}s`) => `${count} ${count === 1 ? one : more}`;

/** @type {Record<string, string>} */
const KINDS = {
  visit_note: "visit note",
  contact: "call or message",
  goal: "goal",
  rating: "goal rating",
  measure_response: "questionnaire",
  incident: "missing from home",
  plan: "plan",
  family: "family details",
  opening: "new record",
  review: "review",
};

/** @param {string} kind @returns {string} */
export const kindName = (kind) => KINDS[kind] ?? "note";

/** @type {Record<string, string>} */
const DUE = {
  visit: "Visit",
  rating: "Goal rating",
  measure: "Questionnaire",
  return_interview: "Return-home interview",
  recording: "Visit note still to write",
  plan_review: "Look at the plan together",
};

const capital = (/** @type {string} */ text) => text.charAt(0).toUpperCase() + text.slice(1);

export const say = {
  frame: {
    app: "fieldapp",
    about: "This is about",
    about_label: "Whom this is about",
    back: "Back",
    way_back: "Back",
    hidden: "Hidden",
    hide_names: "Hide names",
    show_names: "Show names",
    one_moment: "One moment…",
    opening: "Opening",
    settings: "Settings",
    skip: "Skip to the main part",
    tools: "Names and settings",
    try_again: "Try again",
  },

  welcome: {
    title: "Set up this phone",
    another_title: "Set up this phone for you",
    lead: "You need signal for this, once. Afterwards everything works without it.",
    email: "Work email",
    password: "Password",
    code: "Code from your authenticator app",
    code_hint: "Six digits that change every 30 seconds",
    kept: "What you typed is still here.",
    missing: { email: "Type your work email", password: "Type your password", code: "Type the six digits" },
    go_on: "Go on",
    me: "Me",
    check_title: "Is this your office?",
    check_why: "Ask your administrator, or look at their page. The four words there must be the same as these:",
    check_same: "The words are the same",
    check_differ: "The words are different",
    check_differ_do:
      "Stop here and tell your administrator. Something may be standing between this phone and your office. Nothing of yours has been kept or sent.",
    words_title: "Your unlock words",
    words_why: "These four words open this phone’s notes. Nobody else knows them, and the office cannot look them up.",
    words_keep:
      "Write them down and keep the paper away from the phone. If you forget them, nothing waiting to be sent is lost: you set up the phone again with signal.",
    words_take: "I have written them down",
    words_other: "Show me four others",
    other_words: "Four other words are shown",
    confirm_title: "Type your unlock words",
    confirm: "Your four unlock words",
    confirm_hint: "In the same order, with spaces between them",
    differ: "These are not the four words that were shown. Nothing is lost. Look at them again, or type them once more",
    label: "What should this phone call you?",
    label_hint: "Shown on the screen before it is unlocked. Your first name is enough",
    new_label: (/** @type {string} */ name) => `${name} (new words)`,
    finish: "Finish",
    making: "Locking your notes with these words…",
    see_again: "Show me the words again",
    arriving_title: "Your families are arriving",
    here_title: "Everything is here",
    here: "From now on this phone opens without signal.",
    meanwhile: "You can begin now. The rest keeps arriving while you work.",
    open: "Open my families",
    open_now: "Open what is here",
  },

  demo: {
    title: "This is a demo",
    sign_in: (/** @type {string} */ password, /** @type {string} */ code) =>
      `Every family in it is invented. The password is ${password} and the code is ${code}. Tap a person to fill in everything:`,
    fill: (/** @type {string} */ email) => `Be ${email}`,
    check: "In this demo nobody can stand in between, so you can go on.",
    families: "This is a demo with invented families. Do not write about real people here.",
  },

  unlock: {
    title: "Unlock this phone",
    who: "Who are you?",
    hello: (/** @type {string} */ label) => `Hello ${label}.`,
    words: "Your unlock words",
    words_hint: "Four words, with spaces between them. This works without signal",
    wrong: "Those are not the unlock words. Nothing is lost, and nothing is ever wiped. Check the order and the spelling",
    empty: "Type your unlock words",
    show: "Show the words",
    hide: "Hide the words",
    open: "Unlock",
    opening: "Unlocking…",
    forgot: "I have forgotten my words",
    forgot_do:
      "With signal, set up this phone again with your password and code. Notes waiting to be sent are still sent. Drafts that were not sent yet can only be opened with the old words, so try those first.",
    set_up: "Set up again",
    someone_else: "Somebody else wants to use this phone",
  },

  caseload: {
    title: "My families",
    practice: "Practice – nothing here is real or counted",
    none: "No family is shared with you yet. Your supervisor does that; they appear here by themselves.",
    none_yet: "Your families are on their way.",
    more_coming: "More is on its way. You can begin with what is here.",
    family_hidden: "A family",
  },

  find: {
    label: "Search all your notes",
    go: "Search",
    title: "Search",
    looking: "Looking…",
    count: (/** @type {number} */ count) =>
      count === 0
        ? "Nothing found in the notes on this phone. Try fewer or shorter words."
        : `${of(count, "note")} found on this phone`,
  },

  family: {
    notes: "Notes",
    all: "My families",
    parts: "Parts of this record",
    tabs: [
      { part: "", label: "Notes" },
      { part: "goals", label: "Goals" },
      { part: "results", label: "Questionnaires" },
      { part: "about", label: "Family" },
    ],
    record: "Write something down",
    visit: "Visit note",
    contact: "Call or text",
    rate: "Goal ratings",
    measure: "Questionnaire",
    more_kinds: "More to write",
    others: [
      { schema: "incident.1", label: "Missing from home" },
      { schema: "plan.1", label: "Family plan" },
      { schema: "goal.1", label: "New goal" },
    ],
    before_you_go: "Before you go:",
    drafts: (/** @type {number} */ count) => (count === 1 ? "Not finished" : `Not finished (${count})`),
    carry_on: (/** @type {string} */ kind) => `Carry on with the ${kind}`,
    not_kept: "Not kept yet: open it and try again",
    due: "What is due",
    what: (/** @type {string} */ what, /** @type {string} */ about) =>
      `${DUE[what] ?? capital(what.replaceAll("_", " "))}${about ? `: ${about}` : ""}`,
    written: "What has been written",
    nothing_yet: "Nothing has been written yet.",
    older: (/** @type {number} */ count) => `Show ${of(count, "older one")}`,
    about: "The family",
    change: "Change these details",
  },

  form: {
    error: "Error:",
    optional: (/** @type {string} */ label) => `${label} (optional)`,
    yes_no: [
      { value: "yes", label: "Yes" },
      { value: "no", label: "No" },
    ],
    today: "Today",
    yesterday: "Yesterday",
    now: "Now",
    choose: "Choose one",
    add_someone: "Add someone else",
    someone_else: (/** @type {number} */ number) => (number === 1 ? "Someone else" : `Someone else (${number})`),
    no_children: "No child is listed in this family.",
    child_not_listed: "A child who is no longer listed",
    item: (/** @type {string} */ type, /** @type {number} */ number) =>
      `${{ actions: "Action", risk: "Worry" }[type] ?? "Part"} ${number}`,
    add: (/** @type {string} */ type, /** @type {number} */ count) =>
      `Add ${count ? "another" : ({ actions: "an", risk: "a" }[type] ?? "one")} ${{ actions: "action", risk: "worry" }[type] ?? ""}`.trim(),
    remove: "Take this out",
    parts: "Parts of this note",
    left: (/** @type {number} */ count) => (count === 0 ? "answered" : `${of(count, "question")} left`),
    problem_title: (/** @type {number} */ count) =>
      count === 1 ? "One thing is missing before this can be sent" : `${count} things are missing before this can be sent`,
    still_here: "Everything you typed is still here.",
    nothing_lost: "Everything you typed is still here, and kept as a draft.",
    something_missing: "Something is missing",
    check_and_send: "Check and send",
    save_and_send: "Save and send",
    go_on: "Go on",
    check_title: "Check before you send",
    check_intro: "This is what your office will read. Once sent it cannot be rewritten, only added to.",
    check_adding: "This is what will be added. What was sent before stays as it was.",
    back_to_writing: "Go back and change something",
    send: "Send",
    what_sending_does: "Without signal it is saved on this phone and sent by itself as soon as there is signal.",
    not_kept: "Not kept yet – see below",
    discard: "Throw this draft away",
    discard_sure: "Throw this draft away? What you typed here cannot be brought back.",
    discard_yes: "Throw it away",
    discard_no: "Keep it",
    gone_title: "This draft is not here any more",
    use_this: "Take these words",
    gone: "It was sent, thrown away, or nothing had been typed. If it was sent, you find it among the family’s notes.",
    to_family: "Go to the family",
  },

  saved: {
    title: "Saved, waiting to send",
    title_sent: "Sent",
    next: (/** @type {string} */ reach) =>
      reach === "no_signal"
        ? "There is no signal. It is safe on this phone and is sent by itself as soon as there is signal. You do not have to do anything."
        : "It is safe on this phone and is being sent. You do not have to wait.",
    next_sent: "Your office has it. It stays readable on this phone.",
    to_family: "Back to the family",
    to_note: "See what I sent",
  },

  goals: {
    title: "Goals",
    add: "Add a goal",
    none: "No goal has been written down yet.",
    hidden: "A goal",
    owner: (/** @type {string} */ name) => `${name}’s goal`,
    chart: "Ratings from 0, not started, to 10, reached, over time",
    change: (/** @type {string} */ name, /** @type {number} */ first, /** @type {number} */ last, /** @type {string} */ what) =>
      `${name}: ${first} at first, ${last} now – ${what}`,
    edit: "Change this goal",
  },

  rate: {
    title: "Goal ratings",
    low: "not started",
    high: "reached",
    last: (/** @type {number} */ value, /** @type {string} */ day) => `Last time: ${value}, on ${day}`,
    first: "This is the first rating.",
    why: "What makes it that number? (optional)",
    someone: "Somebody else rates this goal too",
    day: "Which day?",
    save: (/** @type {number} */ count) => (count === 0 ? "Save ratings" : `Save ${of(count, "rating")}`),
    saved: (/** @type {number} */ count) => `${of(count, "rating")} saved, waiting to send`,
    none: "There is no goal to rate. Goals are written down first, in the family’s own words.",
    to_goals: "Go to the goals",
  },

  results: {
    title: "Questionnaires",
    none: "No questionnaire has been filled in yet.",
    chart: (/** @type {string} */ title) => `${title}: scores over time`,
    change: (/** @type {unknown} */ first, /** @type {unknown} */ last, /** @type {string} */ what) =>
      `${first} at first, ${last} now – ${what}`,
    open: (/** @type {string} */ on) => `Answers of ${longDay(on)}`,
  },

  chart: {
    nothing: "Nothing to show yet.",
    numbers: "The same numbers in a table",
    day: "Day",
    band: (/** @type {number} */ width, /** @type {string} */ name) =>
      `The shaded band is ${width} points either side of ${name ? `${name}’s` : "the"} first rating. At its edge or outside it, the change is clear.`,
  },

  measure: {
    pick: "Which questionnaire?",
    paper_only: "On paper – type in the score",
    off: (/** @type {number} */ count) => `${of(count, "questionnaire")} not switched on`,
    off_why: "A supervisor switches these on, once it is settled who responds when an answer is worrying.",
    give_title: "Hand over the phone",
    give: (/** @type {boolean} */ aloud) =>
      aloud
        ? "Read each question aloud as it is written, and tap the answer you are given."
        : "Tap Start, then give the phone to the person who answers. Until you have it back it shows only the questions, nothing of the record.",
    start: "Start",
    question: (/** @type {number} */ at, /** @type {number} */ count) => `Question ${at} of ${count}`,
    item: (/** @type {string} */ number) => `Question ${number}`,
    not_answered: "No answer is chosen. You can leave it out.",
    leave_out: "Leave it out",
    next: "Next",
    done: "Finish",
    before: "Go back one question",
    rather_not: "I would rather not answer this",
    stop_here: "Stop here and give the phone back",
    back_title: "Thank you",
    back: "Please give the phone back now.",
    is_back: "I have the phone back",
    result_title: "Scores",
    out_of: (/** @type {number} */ max) => `out of ${max}`,
    estimated_short: (/** @type {number} */ count) =>
      count === 1 ? "one answer missing (estimated)" : `${count} answers missing (estimated)`,
    from_paper: "from paper",
    missing: (/** @type {string[]} */ numbers) =>
      numbers.length === 1 ? `Question ${numbers[0]} has no answer.` : `These questions have no answer: ${numbers.join(", ")}.`,
    no_rule: "This questionnaire has no rule for a score. The answers are kept.",
    no_score:
      "Too many answers are missing to work out a score. The answers are kept as they are; a gap is never counted as zero.",
    estimated: "The score is estimated from the other answers, as the questionnaire’s own rule allows, and is marked so.",
    risk_title: "Only for you: an answer that needs you now",
    risk_answer: (/** @type {string} */ number, /** @type {string} */ answer) => `Question ${number} was answered “${answer}”.`,
    risk_do:
      "Ask about it now, in your own words and in private. Stay with them until you know they are safe. If somebody is in danger, ring 999.",
    responds: (/** @type {string} */ who, /** @type {string|undefined} */ how) => `Then tell ${who}${how ? `: ${how}` : "."}`,
    responds_nobody: "Then tell your supervisor or the duty worker today, and write down below whom you told.",
    look_again: "Look at the answers again",
    which_score: "Which score?",
    paper_score: "The score on the paper",
    between: (/** @type {number} */ low, /** @type {number} */ high) => `A number from ${low} to ${high}`,
    paper_error: "Type the score as a number, for example 12",
    paper_by: "Who worked it out? (optional)",
    answer: (/** @type {unknown} */ value, /** @type {string|undefined} */ label) => {
      if (value === "declined") return "Would rather not answer";
      if (value === undefined || value === "not_asked" || value === "not_appropriate") return "No answer";
      return label && label !== String(value) ? `${label} (${value})` : String(value);
    },
  },

  record: {
    title: "Note",
    back: "Back to the family",
    no_answer: "Not answered",
    person_not_listed: "Somebody no longer listed",
    goal_not_listed: "A goal no longer listed",
    asked_here: "Asked:",
    asks: (/** @type {string} */ name, /** @type {string} */ when) => `${name || "Your supervisor"} asks, ${when}`,
    written: (/** @type {string} */ name, /** @type {string} */ when, /** @type {string|undefined} */ received) =>
      `Written by ${name || "you"}, ${when}${received ? `; at the office ${received}` : ""}`,
    answer: "Answer the question",
    add: "Add to this note",
    change: "Change this",
    choose: "Choose between the two versions",
    two_versions: "Two versions, you choose",
    two_versions_long:
      "Two people wrote different things at the same time. Both are kept and shown side by side. Choose or write what should stand.",
    added_later: (/** @type {number} */ count) => (count === 1 ? "added later" : `${count} added later`),
    added_after: (/** @type {number} */ count) => `${of(count, "version was", "versions were")} added after that.`,
    later: "added later",
    waiting: "waiting to send",
    reviews: "What your supervisor said",
    versions: (/** @type {number} */ count) => `All ${count} versions`,
    versions_what: "Nothing is ever overwritten. Open one to see what changed in it.",
    version: (/** @type {number} */ number, /** @type {string} */ name, /** @type {string} */ when) =>
      `Version ${number} · ${name} · ${when}`,
    first_version: "This is how it was first sent.",
    nothing_changed: "Nothing that is shown here changed.",
    added: "added:",
    taken_out: "taken out:",
    answers: "Each answer",
    unknown: "This note was written with a newer version of the app. Everything in it is kept; here it is as it came.",
    print: "Print",
  },

  sending: {
    title: "Sending",
    label: "Where sending stands",
    now: "Send and receive",
    busy: "Sending and receiving…",
    none: "Nothing is waiting.",
    written: (/** @type {string} */ when) => `Written ${when}`,
    explain: (/** @type {Outbox} */ told) => {
      if (told.reach === "no_signal")
        return "There is no signal. Everything is kept on this phone and is sent by itself when signal returns.";
      if (told.reach === "office_not_answering")
        return "There is signal, but the office does not answer. Everything is kept on this phone; it tries again by itself. On wifi that is not yours, open any web page: it may want you to log in.";
      return told.waiting > 0
        ? "Everything is kept on this phone until the office has confirmed each one."
        : "The office has everything you sent.";
    },
  },

  settings: {
    title: "Settings",
    you: "You",
    person: (/** @type {string} */ name) => `This phone is open for ${name}.`,
    lock: "Lock",
    lock_what: "Locking closes your notes until the unlock words are typed. Notes waiting to be sent are still sent.",
    update: "A newer version is ready",
    update_what: "It takes a few seconds. Your notes and drafts stay.",
    update_waits: "It waits until what you are writing is kept.",
    update_now: "Use the newer version",
    storage: "Keeping notes on this phone",
    persisted: "The browser has promised not to clear what is kept on this phone.",
    not_persisted:
      "The browser has not promised to keep what is on this phone. It may clear it when space runs out. Send as soon as you have signal.",
    persist: "Ask the browser to keep it",
    home_screen: "On your home screen",
    installed: "The app is on your home screen. It opens without signal.",
    install: "Put it on the home screen",
    install_what: "From the home screen the app opens like any other, also without signal.",
    install_menu: "Open your browser’s menu and choose “Install app” or “Add to home screen”.",
    apple:
      "On an iPhone or iPad, notes that were not sent are only safe when the app is on the home screen. Outside it the phone may clear them after seven days.",
    apple_steps: [
      "Tap the share button of Safari.",
      "Choose “Add to Home Screen”.",
      "Open the app from there and set it up once.",
    ],
    another: "Somebody else on this phone",
    another_what:
      "Lock first, then choose “Somebody else wants to use this phone”. Nobody can read another person’s notes, and both people’s waiting notes are sent.",
    version: (/** @type {string} */ release) => `Version ${release}`,
  },

  stopped: {
    title: "The app has stopped",
    what: "Everything that was saved, and your last kept draft, is on this phone. Open it again to go on.",
    again: "Open it again",
  },

  elsewhere: {
    title: "fieldapp is open in another tab",
    what: "Only one tab may write, so that nothing is mixed up. What you typed in the other one is kept as a draft.",
    here: "Continue here",
  },

  /**
   * @param {string} code what the core refused
   * @param {Record<string, any>} told its fields
   * @returns {{happened: string, kept?: string, next?: string}}
   */
  trouble: (code, told) => {
    const found = TROUBLES[code];
    if (!found)
      return {
        happened: "Something went wrong",
        kept: STAYS,
        next: `Try again. If it keeps happening, tell your administrator this word: ${code}.`,
      };
    return typeof found === "function" ? found(told) : found;
  },
};

const STAYS = "Everything that was saved is still on this phone.";
const TYPED = "What you typed is still on this screen.";

/** @typedef {{happened: string, kept?: string, next?: string}} Trouble */
/** @type {Record<string, Trouble | ((told: Record<string, any>) => Trouble)>} */
const TROUBLES = {
  offline: { happened: "There is no signal", kept: "Nothing was lost.", next: "Go where there is signal and try again." },
  office_not_answering: { happened: "The office does not answer", kept: STAYS, next: "Try again in a few minutes." },
  sign_in_refused: ({ wait_s }) => ({
    happened: "Email, password or code is not right",
    kept: "Nothing was lost.",
    next:
      wait_s > 0
        ? `Check all three, and try again in ${wait(wait_s)}.`
        : "Check all three. The code changes every 30 seconds: use the newest.",
  }),
  setup_failed: {
    happened: "Setting up did not finish",
    kept: "Nothing was lost.",
    next: "Try again. If it keeps happening, tell your administrator.",
  },
  nonce_expired: {
    happened: "Setting up took longer than 15 minutes",
    kept: "Nothing was lost.",
    next: "Begin again with your email, password and code.",
  },
  words_too_weak: { happened: "These words are too easy to guess", next: "Take four words that the app offers." },
  store_unreadable: {
    happened: "This phone cannot read what is kept on it",
    kept: "Nothing has been deleted.",
    next: "Close other tabs of this app and restart the phone. If it stays like this, do not clear the browser: take the phone to your administrator.",
  },
  vault_unreadable: {
    happened: "The families on this phone cannot be read",
    kept: "Notes waiting to be sent are kept apart and are still sent.",
    next: "With signal, set up this phone again; your families come back from the office.",
  },
  kdf_below_floor: {
    happened: "The lock of this phone’s notes has been weakened",
    kept: STAYS,
    next: "Do not use this phone. Take it to your administrator.",
  },
  locked: { happened: "This phone is locked", kept: STAYS, next: "Unlock it and go on where you were." },
  store_failed: ({ reason }) => ({
    happened:
      reason === "QuotaExceededError" ? "This phone has no room left, so this was not saved" : "This phone could not save this",
    kept: TYPED,
    next:
      reason === "QuotaExceededError"
        ? "Free some space on the phone, for example videos, then try again. Do not close this screen before."
        : "Try again. Do not close this screen before it says that it is kept.",
  }),
  too_large: ({ bytes }) => ({
    happened: "This note is too long to send as one",
    kept: TYPED,
    next: `Shorten it${bytes ? ` by about ${Math.max(1, Math.ceil((bytes - 262_144) / 1000))} thousand characters` : ""}, or write the rest in a second note.`,
  }),
  not_complete: {
    happened: "Something is missing before this can be sent",
    kept: TYPED,
    next: "Go back to the form and fill in what is marked.",
  },
  nothing_rated: { happened: "No number is chosen yet", next: "Tap a number from 0 to 10 for at least one goal." },
  core_stopped: {
    happened: "The app has stopped working",
    kept: STAYS,
    next: "Open it again. Copy what you typed last if it does not say that it is kept.",
  },
  unknown_record: {
    happened: "This note is not on this phone",
    next: "It may be shared with somebody else now. Ask your supervisor.",
  },
  unknown_casefile: {
    happened: "This family is not on this phone",
    next: "It may be shared with somebody else now. Ask your supervisor.",
  },
};

/** @param {number} seconds */
const wait = (seconds) => (seconds < 90 ? of(Math.ceil(seconds), "second") : of(Math.ceil(seconds / 60), "minute"));

/** @param {number} seconds @returns {string} */
export const waitFor = (seconds) => `You can try again in ${wait(seconds)}.`;

/** @param {string} reason @param {Field} field @returns {string} */
export function problemText(reason, field) {
  const label = field.label.replace(/\?$/, "");
  const about = `“${field.label}”`;
  switch (reason) {
    case "required":
      return ["text", "long_text"].includes(field.type)
        ? `Write an answer to ${about}`
        : ["people", "children_seen", "actions", "risk", "list"].includes(field.type)
          ? `Add at least one to ${about}`
          : `Answer ${about}`;
    case "two_versions":
      return `${about}: two people wrote different things. Choose one, or write what should stand`;
    case "not_a_date":
      return `${label}: this day does not exist`;
    case "not_a_time":
      return `${label}: write the time like 17:40`;
    case "not_a_whole_number":
      return `${label}: write a whole number`;
    case "out_of_range":
      return `${label}: choose a number from ${field.min ?? 0} to ${field.max ?? "the highest shown"}`;
    default:
      return `${label}: choose one of the answers`;
  }
}

/** @param {Standing} standing @param {string|null|undefined} at @param {Date} now @returns {string} */
export function standing(standing, at, now) {
  const when = at ? ` ${dayAndTime(at, now)}` : "";
  switch (standing) {
    case "draft":
      return `Draft kept on this phone${when}`;
    case "waiting":
      return "Saved, waiting to send";
    case "sent":
      return `Sent, the office has it${when}`;
    case "sorting":
      return "Safe at the office, being sorted";
    case "question":
      return `Sent back with a question${when}`;
    case "signed_off":
      return `Signed off${when}`;
    default:
      return "";
  }
}

/** @type {Record<string, string>} */
const OFFICE = {
  store_failed: "This phone could not keep what came from the office. What you wrote is safe. Free some space on the phone.",
  store_was_cleared:
    "What this phone kept had been cleared. Your families come back by themselves. If a note you had not sent is missing, tell your administrator.",
  chain_broken:
    "The history of one family does not fit what this phone saw before. Nothing you wrote is lost. Tell your administrator.",
  device:
    "Your office does not know this phone any more, so nothing is sent or fetched. Everything you wrote is kept here. Tell your administrator, and do not clear the browser.",
  update_first: "A newer version of the app is needed before anything new can be fetched. What you write is still sent.",
};

/** @param {string|undefined} status the office’s or the store’s last word @returns {string} one sentence, empty when all is well */
export const officeSays = (status) =>
  !status || status === "ok"
    ? ""
    : (OFFICE[status] ?? "Your office has paused fetching on this phone. What you write is still sent. Ask your administrator.");

/** A clock that is off by less makes no day and no hour wrong that anybody would notice. */
const CLOCK_MAY_BE_OFF_S = 600;
const MINUTE_S = 60;
const HOUR_S = 3_600;
const DAY_S = 86_400;
const YEAR_S = 365.25 * DAY_S;

/** @param {number | null} offset office time minus this phone’s, in milliseconds @returns {string} one sentence, empty when the clock is right */
export function clockSays(offset) {
  const seconds = Math.abs(offset ?? 0) / 1000;
  if (seconds < CLOCK_MAY_BE_OFF_S) return "";
  const [unit, name] =
    seconds >= YEAR_S
      ? [YEAR_S, "year"]
      : seconds >= DAY_S
        ? [DAY_S, "day"]
        : seconds >= HOUR_S
          ? [HOUR_S, "hour"]
          : [MINUTE_S, "minute"];
  const by = of(Math.round(seconds / Number(unit)), String(name));
  return `This phone’s clock is ${by} ${(offset ?? 0) < 0 ? "fast" : "slow"}. Nothing is lost or held back, but days and times that it fills in are wrong: check them in what you write, and put the clock right in the phone’s settings.`;
}

/** @param {Outbox} told @param {Date} now @returns {string} the one quiet line */
export function sendLine(told, now) {
  const { waiting } = told;
  if (waiting === 0) return told.last_sent_at ? `All sent ${dayAndTime(told.last_sent_at, now)}` : "Nothing waiting to send";
  if (told.sending) return `Sending (${waiting})`;
  if (told.reach === "no_signal") return `No signal – ${waiting} kept on this phone`;
  if (told.reach === "office_not_answering") return `The office does not answer – ${waiting} kept on this phone`;
  const old = told.oldest_at ? daysSince(told.oldest_at.slice(0, 10), now) : 0;
  return old > 1 ? `Waiting to send (${waiting}), the oldest for ${old} days` : `Waiting to send (${waiting})`;
}

/** @param {Waiting} item @param {string} reach @param {Date} now @returns {string} */
export function happensNext(item, reach, now) {
  switch (item.standing) {
    case "waiting":
      if (reach === "no_signal") return "It is sent by itself when signal returns.";
      if (item.next_at && new Date(item.next_at) > now)
        return `Tried ${of(item.attempts, "time")}. It tries again by itself at ${timeOf(new Date(item.next_at))}.`;
      return "It is sent next.";
    case "sorting":
      return "Somebody at the office is finding its place. You do not have to do anything.";
    case "question":
      return "Open it to answer.";
    case "sent":
    case "signed_off":
      return "You do not have to do anything.";
    default:
      return "";
  }
}

/** @param {string|undefined} at @param {Date} now @returns {string} */
export const draftKept = (at, now) =>
  at ? `Draft kept on this phone ${dayAndTime(at, now)}` : "What you type is kept on this phone as you go";

/** @param {number} count @returns {string} */
export const kept = (count) =>
  `${of(count, "note is", "notes are")} waiting on this phone and ${count === 1 ? "is" : "are"} sent also while it is locked.`;

/** @param {Person} person @param {Date} now @returns {string} how old, in words */
export function born(person, now) {
  if (person.due_on) return `expected ${longDay(person.due_on)}`;
  if (!person.born_on) return "";
  const age = years(person.born_on, now);
  if (age < 0) return "";
  return age < 2 ? of(Math.max(0, months(person.born_on, now)), "month") : String(age);
}

/**
 * The children with their ages, so that a wrong record is noticed at once.
 *
 * @param {Person[]} people
 * @param {Date} now
 * @param {boolean} [nameless]
 * @returns {string} Kayleigh 14, Jayden 9, unborn
 */
export function ages(people, now, nameless = false) {
  return childrenAndUnborn(people, now)
    .map((person) => {
      const age = person.due_on ? "expected" : born(person, now);
      return nameless ? age : [apart(person.name.split(" ")[0]), age].filter(Boolean).join(" ");
    })
    .filter(Boolean)
    .join(", ");
}

const FROM_RIGHT = /[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u;

/** A name written from right to left, kept to itself: else the age behind it would be drawn before it, as if it were the next child’s. @param {string} name */
const apart = (name) => (FROM_RIGHT.test(name) ? `\u2068${name}\u2069` : name);

/** @param {string|null|undefined} on @param {Date} now @returns {string} */
export const lastContact = (on, now) => (on ? `Last contact ${nearDay(on, now)}` : "No contact yet");

/** @param {string} on @param {Date} now @returns {string} */
export const nextVisit = (on, now) =>
  daysSince(on, now) > 0 ? `next visit was due ${nearDay(on, now)}` : `next visit ${nearDay(on, now)}`;

/** @param {string} on @param {boolean} late @param {Date} now @returns {string} */
export const dueOn = (on, late, now) => (late ? `was due ${nearDay(on, now)}` : `due ${nearDay(on, now)}`);

/** @param {Family} family @returns {{kind: string, text: string}[]} what waits for the worker in this family */
export function waits({ questions, drafts, waiting }) {
  return [
    { kind: "question", count: questions, text: of(questions, "question") },
    { kind: "draft", count: drafts, text: of(drafts, "draft") },
    { kind: "waiting", count: waiting, text: `${waiting} waiting to send` },
  ].filter(({ count }) => count > 0);
}

/** @param {{title: string}} definition @param {boolean} changing @param {boolean} adding @returns {string} */
export function formTitle(definition, changing, adding) {
  if (adding) return `Add to: ${definition.title}`;
  return changing ? `Change: ${definition.title}` : definition.title;
}

/** @param {string} title of a questionnaire @returns {string} its name, without what it is about */
export const measureName = (title) => title.split(":")[0];

/** @param {{value?: unknown, band?: string, of?: string}} measured @returns {string} 9, mild */
export const result = ({ value, band, of: what }) =>
  value === undefined ? "no score" : [what ? `${what} ${value}` : String(value), band].filter(Boolean).join(", ");

/** @param {{name: string}} person @returns {string} */
export const greeting = (person) => `Hello ${person.name}.`;

/** @param {{done: number, total: number} | null} told @returns {string} */
export const arriving = (told) => (told?.total ? `${told.done} of ${told.total} have arrived` : "Asking your office…");

/** @param {number} usage @param {number} quota @returns {string} */
export function room(usage, quota) {
  const share = Math.round((usage / quota) * 100);
  if (share >= 95)
    return "There is almost no room left on this phone. Notes can still be written, photos cannot be added. Free some space soon.";
  if (share >= 80) return "Room on this phone is running short. Free some space soon.";
  return "There is enough room on this phone.";
}

/** @param {string} what class of a change, as practice computes it @returns {string} */
export function changeInWords(what) {
  /** @type {Record<string, string>} */
  const known = {
    improved: "clear change for the better",
    meaningful: "clear change for the better",
    some: "some movement",
    same: "no change",
    no_change: "no clear change",
    some_back: "some movement back",
    moved_away: "clear change for the worse",
    deteriorated: "clear change for the worse",
    baseline_only: "only one rating so far",
  };
  return known[what] ?? what.replaceAll("_", " ");
}

/** @param {string} what @returns {string} */
export const decision = (what) =>
  ({ signed_off: "Signed off", question: "Sent back with a question", noted: "Read and noted" })[what] ??
  capital(what.replaceAll("_", " "));
