/**
 * Exact sums on whole numbers and decimal text, so that Python and JavaScript agree to the last byte. A value is an integer
 * or decimal text with at most six places, such as "8.89" or "-2.5". Twin: `fieldapp/practice/decimals.py`.
 * @typedef {number | string} Value
 */

const PLACES = 6;
const DECIMAL = /^-?\d{1,15}(\.\d{1,6})?$/;

/**
 * Says whether this is a whole number or decimal text.
 * @param {unknown} value
 * @returns {value is Value}
 */
export function isValue(value) {
  return typeof value === "string" ? DECIMAL.test(value) : Number.isSafeInteger(value);
}

/**
 * Reads a value as a whole number of millionths; throws a RangeError for anything else.
 * @param {Value} value
 * @returns {bigint}
 */
export function scaled(value) {
  if (!isValue(value)) throw new RangeError("neither a whole number nor decimal text");
  if (typeof value === "number") return BigInt(value) * 10n ** BigInt(PLACES);
  const [whole = "0", rest = ""] = value.replace("-", "").split(".");
  const size = BigInt(whole + rest.padEnd(PLACES, "0"));
  return value.startsWith("-") ? -size : size;
}

/**
 * Writes a whole number of 10^-places as a value: an integer when nothing is left after the point.
 * @param {bigint} number
 * @param {number} places
 * @returns {Value}
 */
export function written(number, places) {
  const unit = 10n ** BigInt(places);
  if (number % unit === 0n) return Number(number / unit);
  const size = number < 0n ? -number : number;
  return `${number < 0n ? "-" : ""}${size / unit}.${String(size % unit).padStart(places, "0")}`;
}

/**
 * Divides two whole numbers, half rounded up, to so many places: 13/2 is 7, not the 6 of round-half-even.
 * @param {number} numerator
 * @param {number} denominator above 0
 * @param {number} places
 * @returns {Value}
 */
export function rounded(numerator, denominator, places) {
  const top = 2n * BigInt(numerator) * 10n ** BigInt(places) + BigInt(denominator);
  const bottom = 2n * BigInt(denominator);
  const cut = top / bottom;
  return written(top % bottom < 0n ? cut - 1n : cut, places);
}

/**
 * Subtracts exactly and drops needless zeros.
 * @param {Value} left
 * @param {Value} right
 * @returns {Value}
 */
export function minus(left, right) {
  let number = scaled(left) - scaled(right);
  let places = PLACES;
  while (places > 0 && number % 10n === 0n) {
    number /= 10n;
    places -= 1;
  }
  return written(number, places);
}
