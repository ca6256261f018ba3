/** Our own small pictures, for people who would rather look than read. Never alone: words stand beside them. */

const PATHS = {
  home: "M4 11 12 4l8 7M6 10v10h12V10M10 20v-6h4v6",
  school: "M3 9l9-5 9 5-9 5-9-5ZM7 11v5c3 2.5 7 2.5 10 0v-5M21 9v6",
  place: "M12 21s7-6.5 7-11a7 7 0 0 0-14 0c0 4.5 7 11 7 11ZM12 12a2 2 0 1 0 0-4 2 2 0 0 0 0 4Z",
  video: "M3 7h12v10H3ZM15 11l6-3v8l-6-3",
  group: "M8 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM2 20c0-4 2.5-6 6-6s6 2 6 6M16 5.5a3 3 0 0 1 0 5.5M17 14c3 .5 5 2.5 5 6",
  door: "M6 21V3h12v18M3 21h18M14 12h.01M9 8l6 0",
  phone: "M6 3h4l2 5-3 2c1 2 3 4 5 5l2-3 5 2v4c0 2-1 3-3 3C10 21 3 14 3 6c0-2 1-3 3-3Z",
  text: "M4 5h16v11H10l-5 4v-4H4ZM8 9h8M8 12h5",
  letter: "M3 6h18v12H3ZM3 7l9 6 9-6",
  person: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM4 21c0-5 3-7 8-7s8 2 8 7",
  goal: "M5 21V4h13l-3 4 3 4H5",
  measure: "M5 4h14v17H5ZM9 9h6M9 13h6M9 17h3",
  plan: "M4 6h2M4 12h2M4 18h2M9 6h11M9 12h11M9 18h11",
  note: "M5 3h10l4 4v14H5ZM14 3v5h5M8 12h8M8 16h6",
  draft: "M4 20l1-5L16 4l4 4L9 19ZM14 6l4 4",
  waiting: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM12 7v5l3 2",
  sent: "M4 12.5l5 5L20 6.5",
  sorting: "M3 13h5l1.5 3h5L16 13h5M3 13l3-8h12l3 8v6H3Z",
  question: "M9 9a3 3 0 1 1 4 3c-1 .5-1 1-1 2M12 18h.01M12 22a10 10 0 1 0 0-20 10 10 0 0 0 0 20Z",
  signed_off: "M12 22a10 10 0 1 0 0-20 10 10 0 0 0 0 20ZM7.5 12.5l3 3 6-7",
  lock: "M6 11h12v10H6ZM8 11V7a4 4 0 0 1 8 0v4",
  eye: "M2 12s4-7 10-7 10 7 10 7-4 7-10 7S2 12 2 12ZM12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6Z",
  eye_shut: "M3 3l18 18M6 7c-2.5 2-4 5-4 5s4 7 10 7c2 0 4-1 5-2M10 5.2C16 4 22 12 22 12l-2.5 3.5",
  curtain: "M7 3h10v18H7ZM11 18h2",
  settings: "M4 7h10M18 7h2M4 17h2M10 17h10M16 9a2 2 0 1 0 0-4 2 2 0 0 0 0 4ZM8 19a2 2 0 1 0 0-4 2 2 0 0 0 0 4Z",
  search: "M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14ZM16 16l5 5",
  no_signal: "M4 20v-3M9 20v-6M14 20v-4M19 20v-4M19 11V5M14 9v1M3 3l18 18",
  alert: "M12 3l10 18H2ZM12 10v5M12 18h.01",
};

const FOR = {
  home_visit: "home",
  other_venue: "place",
  failed_visit: "door",
  call: "phone",
  professional: "person",
  email: "letter",
  in_passing: "group",
  visit_note: "home",
  locked_note: "note",
  contact: "phone",
  rating: "goal",
  measure_response: "measure",
  incident: "alert",
  family: "group",
};

/**
 * @param {{name: string, class?: string}} props name of a picture, or a word of the record that has one
 */
export function Icon({ name, class: look = "" }) {
  const paths = /** @type {Record<string, string>} */ (PATHS);
  const path = paths[name] ?? paths[/** @type {Record<string, string>} */ (FOR)[name] ?? ""];
  if (!path) return null;
  return (
    <svg class={`app-icon ${look}`.trim()} viewBox="0 0 24 24" width="24" height="24" aria-hidden="true" focusable="false">
      <path d={path} />
    </svg>
  );
}
