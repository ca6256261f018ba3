/** What changed between two versions of an answer, word by word. */
import * as sayRecord from "../words/record.js";
import { Hush } from "./basic.jsx";
import { wordsApart } from "./words-apart.js";

/** Beyond this a word by word comparison takes seconds on a cheap phone; both texts are shown whole instead. */
const LONGEST = 20_000;

/** @param {{before: string, after: string}} props */
export function Difference({ before, after }) {
  if (before.length + after.length > LONGEST) return <Both before={before} after={after} />;
  return (
    <p class="app-lines app-difference" dir="auto">
      {wordsApart(before, after).map((part, order) => {
        const key = `${order}`;
        if (part.added)
          return (
            <ins key={key}>
              <Hush>{sayRecord.added} </Hush>
              {part.value}
            </ins>
          );
        if (part.removed)
          return (
            <del key={key}>
              <Hush>{sayRecord.taken_out} </Hush>
              {part.value}
            </del>
          );
        return <span key={key}>{part.value}</span>;
      })}
    </p>
  );
}

/** @param {{before: string, after: string}} props */
function Both({ before, after }) {
  return (
    <>
      <p class="app-lines app-difference">
        <del>{before}</del>
      </p>
      <p class="app-lines app-difference">
        <ins>{after}</ins>
      </p>
    </>
  );
}
