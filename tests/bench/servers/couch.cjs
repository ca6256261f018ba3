// A CouchDB-compatible server (express-pouchdb on LevelDB) at /couch, on 127.0.0.1 only. usage: node couch.cjs PORT FOLDER
const [, , port, folder] = process.argv;
const express = require("express");
const PouchDB = require("pouchdb-core")
  .plugin(require("pouchdb-adapter-leveldb"))
  .plugin(require("pouchdb-adapter-http"))
  .plugin(require("pouchdb-replication"))
  .plugin(require("pouchdb-mapreduce"))
  .defaults({ prefix: `${folder}/` });
const app = express();
const settings = { mode: "minimumForPouchDB", logPath: `${folder}/log.txt`, inMemoryConfig: true };
app.use("/couch", require("express-pouchdb")(PouchDB, settings));
app.get("/blank", (_, answer) => answer.type("html").send("<!doctype html><title>bench</title>"));
app.listen(Number(port), "127.0.0.1").keepAliveTimeout = 60000;
