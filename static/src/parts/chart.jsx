/** Lines over time as SVG, raters apart by shape and label, with the same numbers in a table under it. */

import * as sayChart from "../words/chart.js";
import { longDay, shortDay } from "../words/dates.js";
import { Private } from "./basic.jsx";
import { apart, line, mark, SHAPES, ticks, timeScale, valueScale } from "./plot.js";

const PLAIN = { width: 360, height: 220, left: 26, right: 74, top: 12, bottom: 26 };
/** Names of score ranges are longer than first names. */
const RANGED = { ...PLAIN, right: 106 };

/**
 * @param {object} props
 * @param {string} props.title what the picture shows, for those who do not see it
 * @param {{label: string, points: {on: string, value: number, note?: string}[]}[]} props.series
 * @param {number} props.low
 * @param {number} props.high
 * @param {number} [props.baseline] value the first series began at; a band of ±`band` is shaded round it
 * @param {number} [props.band]
 * @param {{from: number, to: number, label: string}[]} [props.bands] named ranges of a score
 */
export function Chart({ title, series, low, high, baseline, band = 0, bands = [] }) {
  const box = bands.length > 0 ? RANGED : PLAIN;
  const drawn = series.filter((one) => one.points.length > 0);
  if (drawn.length === 0) return <p class="govuk-body">{sayChart.nothing}</p>;
  const days = drawn.flatMap((one) => one.points.map((point) => point.on));
  const { x } = timeScale(days, box);
  const y = valueScale(low, high, box);
  const right = box.width - box.right;
  const ends = drawn.map((one) => one.points[one.points.length - 1]);
  const labels = apart(
    ends.map((end) => y(end.value)),
    15,
    box.top + 4,
    box.height - box.bottom,
  );
  const ranges = apart(
    bands.map((one) => y((one.from + one.to) / 2)),
    13,
    box.top,
    box.height - box.bottom,
  );
  const grid = high - low <= 12 ? range(low, high).filter((value) => (value - low) % (high - low > 6 ? 2 : 1) === 0) : [];
  return (
    <figure class="app-chart">
      <svg viewBox={`0 0 ${box.width} ${box.height}`} role="img" aria-label={title}>
        {bands.map((one, order) => {
          const top = y(Math.min(one.to + 0.5, high));
          return (
            <g key={one.label}>
              <rect
                class={`app-chart__range app-chart__range--${order % 2}`}
                x={box.left}
                width={right - box.left}
                y={top}
                height={Math.max(0, y(Math.max(one.from - 0.5, low)) - top)}
              />
              <text class="app-chart__small" x={right + 10} y={ranges[order] + 4}>
                {one.label}
              </text>
            </g>
          );
        })}
        {baseline !== undefined && band > 0 && (
          <rect
            class="app-chart__band"
            x={box.left}
            width={right - box.left}
            y={y(Math.min(baseline + band, high))}
            height={y(Math.max(baseline - band, low)) - y(Math.min(baseline + band, high))}
          />
        )}
        {grid.map((value) => (
          <g key={value}>
            <line class="app-chart__grid" x1={box.left} x2={right} y1={y(value)} y2={y(value)} />
            <text class="app-chart__small" x={box.left - 7} y={y(value) + 4} text-anchor="end">
              {value}
            </text>
          </g>
        ))}
        {grid.length === 0 &&
          [low, high].map((value) => (
            <text key={value} class="app-chart__small" x={box.left - 7} y={y(value) + 4} text-anchor="end">
              {value}
            </text>
          ))}
        {baseline !== undefined && (
          <line class="app-chart__baseline" x1={box.left} x2={right} y1={y(baseline)} y2={y(baseline)} />
        )}
        {ticks(days, 4).map((day, order, all) => (
          <text
            key={day}
            class="app-chart__small"
            x={x(day)}
            y={box.height - 6}
            text-anchor={all.length === 1 ? "middle" : order === 0 ? "start" : order === all.length - 1 ? "end" : "middle"}
          >
            {shortDay(day)}
          </text>
        ))}
        {drawn.map((one, order) => (
          <g key={one.label} class={`app-chart__series app-chart__series--${order % 4}`}>
            <path class="app-chart__line" d={line(one.points, x, y)} />
            {one.points.map((point) => (
              <path
                key={`${point.on}-${point.value}`}
                class="app-chart__mark"
                d={mark(SHAPES[order % 4], x(point.on), y(point.value), 5)}
              />
            ))}
            {(drawn.length > 1 || bands.length === 0) && (
              <text class="app-chart__name" x={right + 10} y={labels[order] + 4}>
                <Private instead={String.fromCharCode(65 + order)}>{short(one.label)}</Private>
              </text>
            )}
          </g>
        ))}
      </svg>
      <figcaption>
        <Key series={drawn} />
        {baseline !== undefined && band > 0 && (
          <p class="govuk-hint app-chart__note">
            <Private instead={sayChart.band(band, "")}>{sayChart.band(band, drawn.length > 1 ? drawn[0].label : "")}</Private>
          </p>
        )}
      </figcaption>
      <Numbers series={drawn} title={title} />
    </figure>
  );
}

/** @param {{series: {label: string}[]}} props */
function Key({ series }) {
  if (series.length < 2) return null;
  return (
    <ul class="app-chart__key">
      {series.map((one, order) => (
        <li key={one.label} class={`app-chart__series--${order % 4}`}>
          <svg viewBox="0 0 20 20" width="20" height="20" aria-hidden="true" focusable="false">
            <path class="app-chart__mark" d={mark(SHAPES[order % 4], 10, 10, 6)} />
          </svg>
          <Private instead={String.fromCharCode(65 + order)}>{one.label}</Private>
        </li>
      ))}
    </ul>
  );
}

/** @param {{series: {label: string, points: {on: string, value: number, note?: string}[]}[], title: string}} props */
function Numbers({ series, title }) {
  const days = [...new Set(series.flatMap((one) => one.points.map((point) => point.on)))].sort();
  return (
    <details class="govuk-details app-chart__numbers">
      <summary class="govuk-details__summary">
        <span class="govuk-details__summary-text">{sayChart.numbers}</span>
      </summary>
      <div class="govuk-details__text app-scroll" tabIndex={0} role="region" aria-label={title}>
        <table class="govuk-table">
          <caption class="govuk-table__caption govuk-visually-hidden">{title}</caption>
          <thead class="govuk-table__head">
            <tr class="govuk-table__row">
              <th scope="col" class="govuk-table__header">
                {sayChart.day}
              </th>
              {series.map((one, order) => (
                <th scope="col" class="govuk-table__header govuk-table__header--numeric" key={one.label}>
                  <Private instead={String.fromCharCode(65 + order)}>{one.label}</Private>
                </th>
              ))}
            </tr>
          </thead>
          <tbody class="govuk-table__body">
            {days.map((day) => (
              <tr class="govuk-table__row" key={day}>
                <th scope="row" class="govuk-table__header">
                  {longDay(day)}
                </th>
                {series.map((one) => (
                  <td class="govuk-table__cell govuk-table__cell--numeric" key={one.label}>
                    {one.points
                      .filter((point) => point.on === day)
                      .map((point) => [point.value, point.note].filter((part) => part !== undefined && part !== "").join(" "))
                      .join(", ") || "–"}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}

/** @param {number} low @param {number} high */
const range = (low, high) => Array.from({ length: high - low + 1 }, (_, step) => low + step);

/** @param {string} label the first word has room beside the line; the key says it whole */
const short = (label) => (label.length > 10 ? `${label.split(" ")[0].slice(0, 9)}` : label);
