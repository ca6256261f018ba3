/**
 * Rules of the core broken by hand: `make mutants` shows that the simulation notices each. `from` stands once in the file and becomes `to` on the way in; the files
 * are not touched.
 */
export const mutants = {
  "frees the sealed copy on a receipt nobody verified": {
    file: "static/src/core/settle.js",
    from: '  const { payload } = await verify(jws, "fieldapp-receipt", officeKeys(session.keySet, "receipt"));\n  const right =\n    payload.v === 1 &&\n    payload.status === "stored"',
    to: '  const payload = JSON.parse(atob(jws.split(".")[1].replaceAll("-", "+").replaceAll("_", "/")));\n  const right =\n    payload.v === 1 &&\n    payload.status === "stored"',
  },
  "takes another entry's receipt": {
    file: "static/src/core/settle.js",
    from: "    payload.id === id &&\n",
    to: "",
  },
  "calls sent what nobody signed for": {
    file: "static/src/core/settle.js",
    from: "        again.push([id, outside.now() + itemBackoff(",
    to: '        stored.push([id, { received_at: outside.stamp(), epoch: answer.epoch }, false]);\n        if (id === "") again.push([id, outside.now() + itemBackoff(',
  },
  "frees what no backup has yet": {
    file: "static/src/core/settle.js",
    from: "outbox.prune(epoch, durable_through)",
    to: "outbox.prune(epoch, outside.stamp())",
  },
  "frees what was received in an older epoch": {
    file: "static/src/core/outbox.js",
    from: "kept && kept.epoch === epoch && kept.received_at <= durableThrough;",
    to: "kept && kept.received_at <= durableThrough;",
  },
  "forgets older epochs": {
    file: "static/src/core/outbox.js",
    from: "return rest.filter(([, { kept }]) => kept?.epoch !== epoch).map(([id]) => id);",
    to: "return [];",
  },
  "drops what the office calls malformed or too large": {
    file: "static/src/core/push.js",
    from: "      await outbox.delay(delays);",
    to: '      await outbox.sent(delays.map(([id]) => [id, { received_at: "", epoch: 0 }]));',
  },
  "says saved before the transaction is complete": {
    file: "static/src/core/outside.js",
    from: '  if (how === "read") return result;',
    to: '  if (how === "read" || how === "strict") return result;',
  },
  "drops unsent work when access ends": {
    file: "static/src/core/pull.js",
    from: "    session.caseload.forget(casefile);\n    done.push(casefile);",
    to: '    for (const record of session.caseload.unsettled.recordsIn(casefile))\n      for (const { id } of session.caseload.unsettled.of(record))\n        await session.outbox.sent([[id, { received_at: "", epoch: 0 }]]);\n    session.caseload.forget(casefile);\n    done.push(casefile);',
  },
  "never reads the chain's head again before saving": {
    file: "static/src/core/outbox.js",
    from: "              if (hasMoved) tx.abort();\n              else tx.commit();",
    to: "              hasMoved = false;\n              tx.commit();",
  },
  "waits for a clock that was set back": {
    file: "static/src/core/push.js",
    from: "    await outbox.recall(outside.now(), how.most).catch(() => undefined);\n",
    to: "",
  },
  "sends a colleague's item without end": {
    file: "static/src/core/settle.js",
    from: "!isMine(item) && item.answer !== answer);",
    to: '!isMine(item) && item.state !== "answered");',
  },
  "sends again at once whatever the office says": {
    file: "static/src/core/push.js",
    from: "    sent.delays.push([id, Math.max(now + asked, later(item))]);",
    to: "    sent.delays.push([id, now + asked - asked]);",
  },
};
