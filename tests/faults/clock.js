/**
 * Time as the simulation has it: a queue of what is to happen, run one by one, each with all its promises before the next. Nothing here asks the machine's
 * clock, so a schedule takes as long as its work and is the same every time.
 */
const turn = globalThis.setImmediate;
/** Now and then the machine's own loop has its turn, for signals and for promises that nobody waits for. */
const LOOPS = 32;
const BEGINNING = Date.parse("2026-11-21T09:00:00Z");

/** Whatever queues a database task is given the clock; a world sets it for as long as it runs. While something outside is `busy` time stands still. */
export const current = { clock: null, busy: 0 };

export function makeClock(begins = BEGINNING) {
  let serial = 0;
  /** A heap by time, then by the order in which it was asked for. */
  const heap = [];
  const isBefore = (a, b) => a.at < b.at || (a.at === b.at && a.serial < b.serial);
  function add(event) {
    let i = heap.push(event) - 1;
    while (i > 0) {
      const up = (i - 1) >> 1;
      if (isBefore(heap[up], event)) break;
      heap[i] = heap[up];
      i = up;
    }
    heap[i] = event;
  }
  function take() {
    const first = heap[0];
    const last = heap.pop();
    if (heap.length === 0) return first;
    let i = 0;
    for (;;) {
      let down = 2 * i + 1;
      if (down >= heap.length) break;
      if (down + 1 < heap.length && isBefore(heap[down + 1], heap[down])) down++;
      if (isBefore(last, heap[down])) break;
      heap[i] = heap[down];
      i = down;
    }
    heap[i] = last;
    return first;
  }

  const clock = {
    now: begins,
    /** How many things have happened. */
    turns: 0,
    /** How long a database task and one of cryptography take. */
    storePace: 0,
    cryptoPace: 0,
    /** Does something after a while; gives back what takes it back. `isTimer`: a phone counts it, and not the world. */
    after(ms, run, isTimer = false) {
      const event = { at: clock.now + Math.max(0, ms), serial: serial++, run, isTimer };
      add(event);
      return () => {
        event.run = null;
      };
    },
    /** Runs what is due within `ms`, until `isDone`; says whether it was. */
    async run(ms, isDone = () => false) {
      const until = clock.now + ms;
      let done = isDone();
      // Between two happenings every promise is settled: a tick that a promise asks for comes after all of them.
      await new Promise((resolve, reject) => {
        const step = () => {
          if (current.busy > 0) return void turn(step);
          try {
            done = done || isDone();
            if (done || heap.length === 0 || heap[0].at > until) return resolve();
            const { at, run } = take();
            clock.now = Math.max(clock.now, at);
            clock.turns++;
            run?.();
            if (clock.turns % LOOPS === 0) turn(step);
            else queueMicrotask(() => process.nextTick(step));
          } catch (error) {
            reject(error);
          }
        };
        turn(step);
      });
      if (!done) clock.now = Math.max(clock.now, until);
      return done;
    },
    /**
     * Time passes while nothing runs: phones in pockets. What was due meanwhile comes afterwards, in its order. `isStill`: phones that sleep do not count their
     * timers, and each comes as much later as they slept.
     */
    sleep(ms, isStill = false) {
      clock.now += ms;
      if (!isStill) return;
      const waiting = heap.splice(0);
      for (const event of waiting) {
        if (event.isTimer) event.at += ms;
        add(event);
      }
    },
  };
  return clock;
}
