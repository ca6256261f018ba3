/**
 * The WebAssembly of Argon2id as the library ships it, with and without SIMD, as bytes. Only keys.js takes it, by the name `#argon2id`: under Node, where a
 * file is read and not bundled, package.json names another module for it.
 */
export { default as plain } from "argon2id/dist/no-simd.wasm";
export { default as simd } from "argon2id/dist/simd.wasm";
