/**
 * Argon2id with one lane, as RFC 9106 has it: what makes guessing unlock words slow.
 *
 * Its inner loops need 64-bit arithmetic at the processor's own speed, which only WebAssembly has. The few instructions that a library brings unrolled and compiled,
 * a tenth of all that a phone loads, are written out here by loops when they are needed (docs/decisions/0014-smaller.md). The tests hold what comes out against the
 * reference implementation's figures and against that library.
 */
import { join } from "../sync/wire.js";

const BLOCK = 1024;
const PAGE = 65_536;
/** Where things lie in the module's memory. First what BLAKE2b works on: its state, where every state begins, and 128 bytes of message. */
const STATE = 0;
const START = 64;
const MESSAGE = 128;
/** A block half mixed; the counter that addresses are drawn from; such addresses; nothing but zeros; and then the blocks that fill the memory. */
const HALF = BLOCK;
const COUNTER = 2 * BLOCK;
const ADDRESSES = 3 * BLOCK;
const ZEROS = 4 * BLOCK;
const FIRST = 5 * BLOCK;
/** A pass halts between slices; within its own slice a block refers only to what is finished. */
const SLICES = 4;
/** How many addresses one block of them holds. */
const DRAWN = 128;
const ARGON2ID = 2;
const VERSION = 0x13;

/** Where every state of BLAKE2b begins: the square roots of the first eight primes, as SHA-512 has them. */
const ROOTS = [
  0x6a09e667f3bcc908n,
  0xbb67ae8584caa73bn,
  0x3c6ef372fe94f82bn,
  0xa54ff53a5f1d36f1n,
  0x510e527fade682d1n,
  0x9b05688c2b3e6c1fn,
  0x1f83d9abfb41bd6bn,
  0x5be0cd19137e2179n,
];
/** Which words of its message each round of BLAKE2b takes; after ten rounds they begin again. */
const ORDERS = [
  "0123456789abcdef",
  "ea489fd61c02b753",
  "b8c052fdae367194",
  "7931dcbe265a40f8",
  "905724afe1bc683d",
  "2c6a0b834d75fe19",
  "c51fed4a0763928b",
  "db7ec13950f4862a",
  "6fe9b308c2d714a5",
  "a2847615fb9e3cd0",
];

/**
 * Stretches a password.
 *
 * @param {object} given
 * @param {Uint8Array} given.password
 * @param {Uint8Array} given.salt
 * @param {number} given.m memory in KiB, at least 8
 * @param {number} given.t passes over it
 * @param {number} given.size of what comes out, in bytes
 * @returns {Promise<Uint8Array>} rejects with a RangeError where the device has no such memory
 */
export async function argon2id({ password, salt, m, t, size }) {
  const blocks = m - (m % SLICES);
  const slice = blocks / SLICES;
  const memory = new WebAssembly.Memory({ initial: Math.ceil((FIRST + blocks * BLOCK) / PAGE) });
  compiled ??= WebAssembly.compile(written());
  const { exports } = await WebAssembly.instantiate(await compiled, { "": { memory } });
  const { mix, near, hash } = /** @type {Record<string, (...given: number[]) => number>} */ (/** @type {unknown} */ (exports));
  const bytes = new Uint8Array(memory.buffer);
  const words = new Uint32Array(memory.buffer);
  const longs = new BigUint64Array(memory.buffer);
  longs.set(ROOTS, START / 8);

  /** BLAKE2b without a key. @param {number} length @param {Uint8Array} input */
  const blake2b = (length, input) => {
    longs.set(ROOTS, STATE / 8);
    words[STATE / 4] ^= 0x01010000 | length;
    let taken = 0;
    do {
      const part = input.subarray(taken, taken + 128);
      taken += part.length;
      bytes.fill(0, MESSAGE, MESSAGE + 128).set(part, MESSAGE);
      hash(taken, taken === input.length ? -1 : 0);
    } while (taken < input.length);
    return bytes.slice(STATE, STATE + length);
  };
  /** BLAKE2b of any length: halves of a chain of hashes, and the whole of the last. @param {number} length @param {...Uint8Array} parts */
  const longHash = (length, ...parts) => {
    const out = new Uint8Array(length);
    let link = blake2b(Math.min(64, length), join(four(length), ...parts));
    let at = 0;
    for (; length - at > 64; at += 32) {
      out.set(link, at);
      link = blake2b(Math.min(64, length - at - 32), link);
    }
    out.set(link, at);
    return out;
  };

  const facts = [1, size, m, t, VERSION, ARGON2ID, password.length].map(four);
  const none = four(0);
  const seed = blake2b(64, join(...facts, password, four(salt.length), salt, none, none));
  const at = (/** @type {number} */ block) => FIRST + block * BLOCK;
  for (const block of [0, 1]) bytes.set(longHash(BLOCK, seed, four(block), none), at(block));
  for (let pass = 0; pass < t; pass++) {
    for (let block = pass === 0 ? 2 : 0; block < blocks; block++) {
      const within = block % slice;
      const order = (block - within) / slice;
      // The first half of the first pass goes where no password leads it, so that nobody learns of one by watching.
      const isBlind = pass === 0 && order < SLICES / 2;
      if (isBlind && (within % DRAWN === 0 || block === 2)) {
        longs.set([pass, 0, order, blocks, t, ARGON2ID, 1 + Math.floor(within / DRAWN)].map(BigInt), COUNTER / 8);
        mix(ZEROS, COUNTER, ADDRESSES, ZEROS);
        mix(ZEROS, ADDRESSES, ADDRESSES, ZEROS);
      }
      const previous = at((block || blocks) - 1);
      const drawn = words[isBlind ? ADDRESSES / 4 + (within % DRAWN) * 2 : previous / 4];
      const [from, finished] =
        pass === 0 ? [0, block] : [order === SLICES - 1 ? 0 : (order + 1) * slice, blocks - slice + within];
      const reference = at((from + near(drawn, finished - 1)) % blocks);
      mix(previous, reference, at(block), pass === 0 ? ZEROS : at(block));
    }
  }
  return longHash(size, bytes.subarray(at(blocks - 1), at(blocks)));
}

/** @param {number} value @returns {Uint8Array} its four bytes, the lowest first */
const four = (value) => new Uint8Array(Uint32Array.of(value).buffer);

// ── The module: instructions as WebAssembly's own encoding has them ────────────────────────────────────────────────

/** @type {Promise<WebAssembly.Module> | undefined} */
let compiled;

/** @typedef {number[]} Code */

const I32 = 0x7f;
const I64 = 0x7e;
const END = 0x0b;
const ADD = 0x7c;
const MULTIPLY = 0x7e;
const XOR = 0x85;
const SHIFT_LEFT = 0x86;
const SHIFT_RIGHT = 0x88;
const ROTATE_RIGHT = 0x8a;
const NARROW = 0xa7;
const WIDEN_SIGNED = 0xac;
const WIDEN = 0xad;
const ADD_32 = 0x6a;
const SUBTRACT_32 = 0x6b;
const LESS_32 = 0x49;

/** A whole number, seven bits to a byte. @param {number} value @returns {Code} */
const packed = (value) => (value < 64 ? [value] : [(value & 127) | 128, ...packed(value >> 7)]);
/** @param {number} local @returns {Code} */
const get = (local) => [0x20, local];
/** @param {number} local @param {Code} value @returns {Code} */
const set = (local, value) => [...value, 0x21, local];
/** @param {number} value @returns {Code} */
const long = (value) => [0x42, ...packed(value)];
/** @param {number} value @returns {Code} */
const short = (value) => [0x41, ...packed(value)];
/** @param {Code} base @param {number} offset @returns {Code} */
const load = (base, offset) => [...base, 0x29, 3, ...packed(offset)];
/** @param {Code} base @param {number} offset @param {Code} value @returns {Code} */
const store = (base, offset, value) => [...base, ...value, 0x37, 3, ...packed(offset)];
/** @param {number} local @param {number} by @returns {Code} */
const move = (local, by) => set(local, [...get(local), ...short(by), ADD_32]);

/** The sixteen words of a round lie in locals after the four that every function is given, and a place in memory after them. @param {number} word */
const v = (word) => 4 + word;
const PLACE = v(16);
const WORDS = Array.from({ length: 16 }, (_, word) => word);

/** `a` grows by `b` and by `more`, and turns `d`. @param {number} a @param {number} b @param {number} d @param {number} by @param {Code} more @returns {Code} */
const turn = (a, b, d, by, more) => [
  ...set(a, [...get(a), ...get(b), ADD, ...more]),
  ...set(d, [...get(d), ...get(a), XOR, ...long(by), ROTATE_RIGHT]),
];

/**
 * One round over all sixteen words, which both functions share: four columns, then four diagonals. They differ in what they add.
 * @param {(a: number, b: number, nth: number) => Code} first @param {(c: number, d: number) => Code} second @returns {Code}
 */
const round = (first, second) =>
  [0, 1, 2, 3, 4, 5, 6, 7].flatMap((nth) => {
    const [a, b, c, d] = [0, 4, 8, 12].map((row, by) => v(row + ((nth + (nth < 4 ? 0 : by)) % 4)));
    return [
      ...turn(a, b, d, 32, first(a, b, 2 * nth)),
      ...turn(c, d, b, 24, second(c, d)),
      ...turn(a, b, d, 16, first(a, b, 2 * nth + 1)),
      ...turn(c, d, b, 63, second(c, d)),
    ];
  });

/** Twice the product of two words' lower halves: what makes each step cost as much on any machine. @param {number} a @param {number} b @returns {Code} */
const product = (a, b) => [...get(a), NARROW, WIDEN, ...get(b), NARROW, WIDEN, MULTIPLY, ...long(1), SHIFT_LEFT, ADD];

/** Runs `body` until the place in memory, moved by `step`, has come to `end`. @param {number} end @param {number} step @param {Code} body @returns {Code} */
const each = (end, step, body) => [
  ...[0x03, 0x40],
  ...body,
  ...move(PLACE, step),
  ...[...get(PLACE), ...short(end), LESS_32, 0x0d, 0],
  END,
];

/** mix(a, b, out, old): Argon2's mixing of two blocks, with what was there before; `old` is `out`, or zeros. @returns {Code} */
function mixing() {
  const [a, b, out, old] = [0, 1, 2, 3];
  const both = (/** @type {number} */ offset) => [...load(get(a), offset), ...load(get(b), offset), XOR];
  const cell = (/** @type {number} */ word) => (word >> 1) * 128 + (word % 2) * 8;
  const rows = [
    ...WORDS.flatMap((word) => set(v(word), both(8 * word))),
    ...round(product, product),
    ...WORDS.flatMap((word) => store(get(PLACE), 8 * word, get(v(word)))),
    ...[a, b].flatMap((block) => move(block, 128)),
  ];
  const columns = [
    ...WORDS.flatMap((word) => set(v(word), load(get(PLACE), cell(word)))),
    ...round(product, product),
    ...WORDS.flatMap((word) => {
      const offset = cell(word);
      return store(get(out), offset, [...get(v(word)), ...both(offset), XOR, ...load(get(old), offset), XOR]);
    }),
    ...[a, b, out, old].flatMap((block) => move(block, 16)),
  ];
  return [
    ...set(PLACE, short(HALF)),
    ...each(2 * HALF, 128, rows),
    ...[a, b].flatMap((block) => set(block, [...get(block), ...short(BLOCK), SUBTRACT_32])),
    ...set(PLACE, short(HALF)),
    ...each(HALF + 128, 16, columns),
    ...short(0),
  ];
}

/** near(drawn, area): how far into what may be referred to a drawn number leads; the nearer the likelier. @returns {Code} */
function nearing() {
  const [drawn, area] = [0, 1].map((given) => [...get(given), WIDEN]);
  const half = [...long(32), SHIFT_RIGHT];
  return [
    ...get(1),
    ...short(1),
    SUBTRACT_32,
    ...drawn,
    ...drawn,
    MULTIPLY,
    ...half,
    ...area,
    MULTIPLY,
    ...half,
    NARROW,
    SUBTRACT_32,
  ];
}

/** hash(taken, last): BLAKE2b takes one part of a message into its state; `last` is -1 for the last one. @returns {Code} */
function hashing() {
  const base = short(0);
  const part = (/** @type {string} */ word) => [...load(base, MESSAGE + 8 * Number.parseInt(word, 16)), ADD];
  const grown = (/** @type {number} */ word, /** @type {Code} */ by) => set(v(word), [...get(v(word)), ...by, XOR]);
  return [
    ...WORDS.flatMap((word) => set(v(word), load(base, STATE + 8 * word))),
    ...grown(12, [...get(0), WIDEN]),
    ...grown(14, [...get(1), WIDEN_SIGNED]),
    ...[...ORDERS, ...ORDERS.slice(0, 2)].flatMap((order) =>
      round(
        (_a, _b, nth) => part(order.charAt(nth)),
        () => [],
      ),
    ),
    ...WORDS.slice(8).flatMap((_, word) =>
      store(base, STATE + 8 * word, [...load(base, STATE + 8 * word), ...get(v(word)), XOR, ...get(v(word + 8)), XOR]),
    ),
    ...short(0),
  ];
}

/** The whole module, of one type of function: four numbers in, one out. */
function written() {
  const functions = { mix: mixing(), near: nearing(), hash: hashing() };
  const counted = (/** @type {Code[]} */ list) => [...packed(list.length), ...list.flat()];
  const sized = (/** @type {Code} */ code) => [...packed(code.length), ...code];
  const name = (/** @type {string} */ text) => sized([...text].map((letter) => letter.charCodeAt(0)));
  const section = (/** @type {number} */ id, /** @type {Code[]} */ list) => [id, ...sized(counted(list))];
  const locals = [2, 16, I64, 1, I32];
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [[0x60, 4, I32, I32, I32, I32, 1, I32]]),
    ...section(2, [[...name(""), ...name("memory"), 2, 0, 1]]),
    ...section(3, [[0], [0], [0]]),
    ...section(
      7,
      Object.keys(functions).map((one, nth) => [...name(one), 0, nth]),
    ),
    ...section(
      10,
      Object.values(functions).map((code) => sized([...locals, ...code, END])),
    ),
  ]);
}
