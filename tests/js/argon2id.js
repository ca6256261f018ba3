/** What `#argon2id` is under Node: the same bytes, read from the library's own files. */
import { readFileSync } from "node:fs";

const bytes = (/** @type {string} */ name) => readFileSync(new URL(import.meta.resolve(`argon2id/dist/${name}.wasm`)));

export const plain = bytes("no-simd");
export const simd = bytes("simd");
