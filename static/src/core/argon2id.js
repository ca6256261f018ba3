/**
 * The WebAssembly of Argon2id as the library ships it, as bytes. With SIMD alone: every browser that has what else the app needs (`deflate-raw`) has that too.
 * Only keys.js takes it, by the name `#argon2id`: under Node, where a file is read and not bundled, package.json names another module for it.
 */
export { default as simd } from "argon2id/dist/simd.wasm";
