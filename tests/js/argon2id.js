/** What `#argon2id` is under Node: the same bytes, read from the library's own files. */
import { readFileSync } from "node:fs";

export const simd = readFileSync(new URL(import.meta.resolve("argon2id/dist/simd.wasm")));
