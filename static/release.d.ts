/** Written into sw.js by build.mjs: the release's name and every address that belongs to it. */
declare const RELEASE: { id: string; files: string[] };
