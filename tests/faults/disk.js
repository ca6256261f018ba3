/**
 * What stays when a phone is turned off, and how it fails: fake-indexeddb, with requests that fail, commits that fail, opens that hang and connections that the
 * browser drops, one by one as the schedule says. What lies in it can be looked at without asking it, copied whole, and left behind by a killed process.
 */
import "fake-indexeddb/auto";
import { IDBDatabase, IDBFactory, IDBObjectStore, IDBRequest, IDBTransaction } from "fake-indexeddb";

/** Raw databases and the disk they lie on. */
const diskOf = new WeakMap();

/** Whose a connection is, or a request to open one. */
const tabOf = new WeakMap();
const ownerOf = (one) => tabOf.get(one) ?? tabOf.get(one.db ?? one.transaction?.db);
/** Transactions of which nobody hears any more. */
const mute = new WeakSet();
/** What is done when a database is open, whether its tab has heard of it or not. */
const arrivals = new WeakMap();

/**
 * What a store has to say to a frozen tab waits for it; what it was asked it does. Making a new database is one thing here: nobody is frozen in the middle of that.
 */
for (const { prototype } of [IDBRequest, IDBTransaction, IDBDatabase]) {
  const { dispatchEvent } = prototype;
  prototype.dispatchEvent = function (event) {
    const tab = ownerOf(this);
    const tx = this.transaction ?? this;
    if (mute.has(tx)) {
      if (tx._state === "finished") tx.db._rawDatabase.processTransactions();
      return true;
    }
    if (!tab?.isStill() || event.type === "upgradeneeded" || tx.mode === "versionchange") return dispatchEvent.call(this, event);
    if (event.type === "success") arrivals.get(this)?.();
    tab.deliver(tx, () => dispatchEvent.call(this, event));
    // Whoever waits behind a transaction that is over does not wait for the tab.
    if (tx._state === "finished") tx.db._rawDatabase.processTransactions();
    return true;
  };
}

/** Connections whose storage process has died, with no word to them. */
const dead = new WeakSet();
const DIED = "UnknownError";

const execute = IDBTransaction.prototype._execRequestAsync;
IDBTransaction.prototype._execRequestAsync = function (given) {
  const asks = given.source && this.mode !== "versionchange";
  const reason = dead.has(this.db) ? DIED : asks ? diskOf.get(this.db._rawDatabase)?.requestFails(this) : null;
  if (!reason) return execute.call(this, given);
  const operation = () => {
    throw new DOMException(reason, reason);
  };
  return execute.call(this, { ...given, operation });
};
const rowsOf = (rawStore) => new Map([...rawStore.records.values()].map(({ key, value }) => [key, value]));
/** The one database that is looked at from outside. */
const LOOKED_AT = "outbox";
/** What lay in its stores when each transaction that writes began: the library writes in place, and takes it back when nothing comes of it. */
const committed = new WeakMap();
const start = IDBTransaction.prototype._start;
IDBTransaction.prototype._start = function () {
  if (!this._started && this.mode === "readwrite" && this.db.name === LOOKED_AT) {
    const { rawObjectStores } = this.db._rawDatabase;
    committed.set(this, new Map([...this._scope].map((name) => [name, rowsOf(rawObjectStores.get(name))])));
  }
  const disk = diskOf.get(this.db._rawDatabase);
  if (!this._started && this.mode !== "versionchange" && disk?.hangs(this, "start")) {
    this._started = true;
    return;
  }
  const tab = tabOf.get(this.db);
  // A transaction goes on when its tab has heard of what it asked, or has said before that it asks nothing more.
  if (tab?.isStill() && this.mode !== "versionchange" && this._state !== "committing") {
    this._started = true;
    return tab.deliver(this, () => this._start());
  }
  const isOver = this._state !== "finished" && this._requests.every(({ request }) => request.readyState === "done");
  if (isOver && this.mode === "readwrite") {
    // Nobody can take it back any more.
    if (disk?.hangs(this, "end")) {
      this._state = "committing";
      return;
    }
    const reason = dead.has(this.db) ? DIED : diskOf.get(this.db._rawDatabase)?.commitFails(this);
    if (reason) return this._abort(reason);
  }
  return start.call(this);
};
const transaction = IDBDatabase.prototype.transaction;
IDBDatabase.prototype.transaction = function (...given) {
  const reason = this._runningVersionchangeTransaction ? null : diskOf.get(this._rawDatabase)?.transactionFails();
  if (reason) {
    looksInVain(tabOf.get(this));
    throw new DOMException(reason, reason);
  }
  tabOf.get(this)?.goesOut("a transaction");
  return transaction.apply(this, given);
};

const get = IDBObjectStore.prototype.get;
IDBObjectStore.prototype.get = function (key) {
  const disk = diskOf.get(this.transaction.db._rawDatabase);
  const isBlank = key === "wraps" && disk?.fate.blank();
  const request = get.call(this, isBlank ? "what is not there" : key);
  const told = this.name === "items" && tabOf.get(this.transaction.db)?.told.get(key);
  if (told) {
    told.isSeen = false;
    request.addEventListener("success", () => {
      told.isSeen = true;
    });
  }
  return request;
};
/** Nobody can look for anything who cannot open a store, or begin a transaction in it. */
function looksInVain(tab) {
  for (const told of tab?.told.values() ?? []) told.isSeen = false;
}
const add = IDBObjectStore.prototype.add;
IDBObjectStore.prototype.add = function (value, key) {
  const tab = this.name === "items" && tabOf.get(this.transaction.db);
  if (tab) {
    const told = { isEnded: false, isSeen: null };
    tab.told.set(key, told);
    for (const end of ["complete", "abort"])
      this.transaction.addEventListener(end, () => {
        // Whoever has begun to look for it has given it up, and hears nothing of it any more.
        told.isEnded = told.isSeen === null;
      });
  }
  return add.call(this, value, key);
};

/**
 * The library gives each transaction two tasks more than it needs: one to strike it off the list of running ones, one to look for a next where none waits.
 * They are half of all that ever happens in a schedule.
 */
const { default: Database } = await import(new URL("lib/Database.js", import.meta.resolve("fake-indexeddb")).href);
const waits = (tx) => !tx._started && tx._state !== "finished";
const isApart = (one, other) => ![...one._scope].some((name) => other._scope.has(name));
IDBTransaction.prototype._markFinished = function () {
  this._state = "finished";
};
Database.prototype.processTransactions = function () {
  const look = () => {
    this.transactions = this.transactions.filter(({ _state }) => _state !== "finished");
    const running = this.transactions.filter(({ _started }) => _started);
    const waiting = this.transactions.filter(waits);
    const next = waiting.find(
      (tx, i) =>
        running.every((other) => (tx.mode === "readonly" && other.mode === "readonly") || isApart(tx, other)) &&
        waiting.slice(0, i).every((other) => isApart(tx, other)),
    );
    if (!next) return;
    const after = () => this.transactions.some(waits) && this.processTransactions();
    next.addEventListener("complete", after);
    next.addEventListener("abort", after);
    next._start();
  };
  setImmediate(look);
};

/** Copies an object with everything it holds; bytes are shared, because nobody writes into them. */
function copied(value, seen) {
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return value;
  const known = seen.get(value);
  if (known) return known;
  if (value instanceof Map) {
    const map = new Map();
    seen.set(value, map);
    for (const [key, one] of value) map.set(key, copied(one, seen));
    return map;
  }
  const made = Array.isArray(value) ? [] : Object.create(Object.getPrototypeOf(value));
  seen.set(value, made);
  for (const name of Object.keys(value)) {
    const one = value[name];
    // The one function that lies in a database is bound to it.
    made[name] = typeof one === "function" ? Object.getPrototypeOf(value)[name].bind(made) : copied(one, seen);
  }
  return made;
}

/**
 * A disk, empty or a copy of another's databases. `fate` is asked before each request, commit, transaction and open and answers with the name of an error, or null.
 */
export function makeDisk(databases = new Map()) {
  const factory = new IDBFactory();
  const fate = {
    request: () => null,
    commit: () => null,
    transaction: () => null,
    open: () => null,
    hang: () => false,
    delete: () => null,
    blank: () => false,
  };
  /** Transactions that have stopped, and those that stand no more. */
  const standing = new Set();
  const released = new WeakSet();
  const disk = {
    fate,
    factory,
    requestFails: (tx) => fate.request(tx),
    /** A transaction that gets no answer: it never starts, or stops after its last request, when nobody can take it back. */
    hangs(tx, where) {
      if (released.has(tx) || dead.has(tx.db) || !fate.hang(tx, where)) return false;
      standing.add(tx);
      return true;
    },
    /** What stands here and is not over: whoever may have given it up. */
    standing: () => [...standing].filter(({ _state }) => _state !== "finished"),
    /** What stands goes on, or comes to nothing; `isTold` says whether its tab hears of that. What has not begun and is not told of cannot go on. */
    release(isDone, isTold) {
      const stood = disk.standing();
      standing.clear();
      for (const tx of stood) {
        released.add(tx);
        if (!isTold) mute.add(tx);
        if (isDone && (isTold || tx._state === "committing")) tx._start();
        else tx._abort(DIED);
      }
    },
    commitFails: (tx) => fate.commit(tx),
    transactionFails: () => fate.transaction(),

    /** What a tab calls indexedDB: it knows which connections are its own. */
    openFor(tab) {
      return {
        open(name, version) {
          const how = fate.open();
          if (how === "hang") looksInVain(tab);
          if (how === "hang" || tab.isDead) return {};
          const request = factory.open(name, version);
          // The connection knows its database: by its name there may be none any more, when a frozen tab hears late of what was deleted since.
          const raw = () => diskOf.set(request.result._rawDatabase, disk);
          request.addEventListener("upgradeneeded", raw);
          const arrives = () => {
            raw();
            if (tab.isDead) return request.result.close();
            tab.connections.add(request.result);
            tabOf.set(request.result, tab);
          };
          request.addEventListener("success", arrives);
          tabOf.set(request, tab);
          arrivals.set(request, arrives);
          return request;
        },
        deleteDatabase(name) {
          const how = fate.delete();
          if (how === "hang") return {};
          const request = factory.deleteDatabase(name);
          if (how === "silent") return {};
          tabOf.set(request, tab);
          return request;
        },
      };
    },

    /** Ends a tab's connections as the end of its process does: what was not committed never was. `mayCommit` says of a transaction that is through whether it still was. */
    leave(tab, mayCommit) {
      // Nor was a database that it was about to make: whoever opens it next makes it.
      for (const raw of factory._databases.values())
        for (const tx of [...raw.transactions])
          if (tx.mode === "versionchange" && tx._state !== "finished" && tabOf.get(tx._openRequest) === tab) {
            tx._abort("AbortError");
            tx.db.close();
          }
      for (const connection of tab.connections) {
        for (const tx of [...connection._rawDatabase.transactions]) {
          if (tx.db !== connection || tx._state === "finished") continue;
          const isThrough = tx._started && tx._requests.every(({ request }) => request.readyState === "done");
          if (isThrough && mayCommit()) start.call(tx);
          else tx._abort("AbortError");
        }
        connection.close();
      }
      tab.connections.clear();
    },

    /** Drops a tab's connections as browsers do when their storage process dies: what runs is aborted, and `close` is told. */
    lose(tab) {
      for (const connection of [...tab.connections]) {
        for (const tx of [...connection._rawDatabase.transactions])
          if (tx.db === connection && tx._state !== "finished") tx._abort("UnknownError");
        connection.close();
        tab.connections.delete(connection);
        tab.deliver(connection, () => connection.onclose?.(new Event("close")));
      }
    },

    /**
     * The storage process of a phone dies as on iOS: no tab's connection hears of it. What runs is aborted, and every later request fails until the database is
     * opened anew. The next process knows nothing of those connections, and waits for none of them.
     */
    die(tabs) {
      for (const tab of tabs)
        for (const connection of tab.connections) {
          const raw = connection._rawDatabase;
          for (const tx of [...raw.transactions]) if (tx.db === connection && tx._state !== "finished") tx._abort(DIED);
          raw.connections = raw.connections.filter((one) => one !== connection);
          dead.add(connection);
        }
    },

    /** A database is not there any more, and nobody said so: who has it open finds it dead, and finds it empty when they open it anew. */
    vanish(name) {
      const raw = factory._databases.get(name);
      for (const connection of raw.connections) {
        for (const tx of [...raw.transactions]) if (tx.db === connection && tx._state !== "finished") tx._abort(DIED);
        dead.add(connection);
      }
      raw.connections = [];
      factory._databases.delete(name);
    },

    /** Looks into a store without asking for it: at what is committed there, because the rest may yet be taken back. */
    look(database, store) {
      if (database !== LOOKED_AT) throw new Error(`${database} is not looked at`);
      const raw = factory._databases.get(database);
      const rawStore = raw?.rawObjectStores.get(store);
      if (!rawStore) return new Map();
      const writes = (tx) => committed.has(tx) && tx._state !== "finished" && tx._scope.has(store);
      return committed.get(raw.transactions.find(writes))?.get(store) ?? rowsOf(rawStore);
    },

    /** Whether no transaction is under way. */
    isQuiet: () => [...factory._databases.values()].every((raw) => raw.transactions.every(({ _state }) => _state === "finished")),

    /** Whether a vault can be opened by anything. */
    hasVault: (name) => factory._databases.get(name)?.rawObjectStores.get("meta")?.records.get("wraps") !== undefined,

    /** Everything that lies here, for copies: of a phone that is off. */
    databases() {
      for (const raw of factory._databases.values()) Object.assign(raw, { transactions: [], connections: [] });
      return copied(factory._databases, new Map());
    },
  };
  for (const [name, raw] of copied(databases, new Map())) {
    factory._databases.set(name, raw);
    diskOf.set(raw, disk);
  }
  return disk;
}
