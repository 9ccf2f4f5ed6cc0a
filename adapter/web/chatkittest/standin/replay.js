// Sends the requests of a recorded conversation. Ids stand in recordings as
// placeholders; which id each of them is here is learnt from the answers.

/**
 * @param {import("./conversation.js").Conversation} conversation
 * @param {any[]} steps of a recording
 * @returns {Promise<{label: string, request: string, status: number, events: string[], code?: string}[]>}
 */
export async function replay(conversation, steps) {
  const ids = new Map();
  const results = [];
  for (const { label, request, response } of steps) {
    const type = request.body?.type;
    if (!type) continue; // an upload, a look into the store, or no JSON at all
    const params = JSON.parse(JSON.stringify(request.body.params ?? {}), (_, value) => ids.get(value) ?? value);
    const result = { label, request: type, status: 200, events: [] };
    try {
      if (response.events) await follow(conversation, type, params, response, result, ids);
      else learn(ids, response.body, await conversation.call(type, params));
    } catch (err) {
      if (!err.status) throw err;
      Object.assign(result, { status: err.status, code: err.code });
    }
    results.push(result);
  }
  return results;
}

async function follow(conversation, type, params, response, result, ids) {
  const abort = new AbortController();
  const events = [];
  try {
    for await (const event of conversation.events(type, params, abort.signal)) {
      result.events.push(event.type);
      events.push(event);
      if (events.length === response.client_closed_after_events) abort.abort();
    }
  } catch (err) {
    if (!abort.signal.aborted) throw err;
    result.events.push("stopped");
  }
  learnFromEvents(ids, response.events, events);
}

/** Pairs the recorded with the real: the thread, and the n-th item of each kind. */
function learnFromEvents(ids, recorded, real) {
  const thread = (events) => events.find((event) => event.type === "thread.created")?.thread;
  learn(ids, thread(recorded), thread(real));
  const items = (events) => events.filter((event) => event.type === "thread.item.done").map((event) => event.item);
  for (const kind of new Set(items(recorded).map((item) => item.type))) {
    const [theirs, ours] = [items(recorded), items(real)].map((all) => all.filter((item) => item.type === kind));
    theirs.forEach((item, i) => learn(ids, item, ours[i]));
  }
}

function learn(ids, recorded, real) {
  if (/^<\w+:\d+>$/.test(recorded?.id) && real?.id && !ids.has(recorded.id)) ids.set(recorded.id, real.id);
  if (Array.isArray(recorded?.data)) recorded.data.forEach((item, i) => learn(ids, item, real?.data?.[i]));
}
