// The life of a few tasks, told through any client with the methods of the
// TypeScript SDKs. Both versions validate structured results against the
// output schemas themselves; what is checked here is what the schemas cannot
// say. The user's tasks must not change meanwhile: stats are compared.
import { isDeepStrictEqual } from "node:util";

const seven = [
  "create_task", "list_tasks", "get_task", "update_task",
  "delete_task", "toggle_complete", "get_stats",
];
const reading = ["list_tasks", "get_task", "get_stats"];
const idempotent = [...reading, "update_task"];

/** Whether a text is mostly in Arabic letters; tasks in a prompt may be in any. */
const inUrdu = (text) => count(text, /[\u0600-\u06ff]/g) > count(text, /[a-z]/gi);
const count = (text, pattern) => text.match(pattern)?.length ?? 0;

/** Runs everything and returns what was found, or throws at the first deviation. */
export async function live(client, call) {
  const t = new Teller(client, call);
  const tools = await t.listTools();
  await t.promptsAndTemplates();
  const task = await t.create();
  await t.readOne(task);
  await t.change(task);
  await t.repeat();
  await t.pages();
  await t.progressAndCancel(task);
  await t.errors();
  await t.remove(task);
  return { tools: tools.length, checks: t.checks };
}

class Teller {
  checks = 0;
  // Search finds the tasks of this run alone.
  tag = `run${Date.now().toString(36)}${Math.random().toString(36).slice(2, 8)}`;
  made = [];

  constructor(client, call) {
    this.client = client;
    this.rawCall = call;
  }

  equal(what, got, want) {
    this.ok(isDeepStrictEqual(got, want), `${what}: got ${JSON.stringify(got)}, want ${JSON.stringify(want)}`);
  }

  ok(condition, sentence) {
    this.checks++;
    if (!condition) throw new Error(sentence);
  }

  /** Calls a tool that must succeed and returns its structured result. */
  async call(name, args = {}, more = {}) {
    const { options, ...params } = more;
    const result = await this.rawCall({ name, arguments: args, ...params }, options);
    const text = result.content?.[0]?.text;
    this.ok(!result.isError, `${name} ${JSON.stringify(args)} failed: ${text}`);
    this.ok(result.structuredContent, `${name} gave no structured result`);
    this.equal(`${name}: text beside the structured result`, JSON.parse(text), result.structuredContent);
    return result.structuredContent;
  }

  /** Calls a tool that must answer with an error which mentions `word`. */
  async refused(name, args, word, more = {}) {
    const result = await this.rawCall({ name, arguments: args, ...more });
    const text = result.content?.[0]?.text ?? "";
    this.ok(result.isError, `${name} ${JSON.stringify(args)} was taken, want a tool error`);
    this.ok(text.includes(word), `${name} ${JSON.stringify(args)}: the error "${text}" does not name ${word}`);
    return text;
  }

  /** Waits for a protocol error with one of the codes. */
  async rejects(what, promise, codes) {
    const err = await promise.then(() => undefined, (e) => e);
    this.ok(err, `${what} was answered, want an error`);
    this.ok(codes.includes(err.code), `${what}: got error ${err.code} (${err.message}), want ${codes.join(" or ")}`);
  }

  async listTools() {
    const tools = await allPages((p) => this.client.listTools(p), "tools");
    const byName = new Map(tools.map((tool) => [tool.name, tool]));
    for (const name of seven) {
      const tool = byName.get(name);
      this.ok(tool, `tools/list has no ${name}`);
      this.ok(tool.outputSchema, `${name} publishes no output schema`);
      this.ok(tool.description, `${name} has no description`);
      const hints = tool.annotations ?? {};
      this.equal(`${name}: readOnlyHint`, hints.readOnlyHint ?? false, reading.includes(name));
      // Both hints are true unless they are said to be false.
      this.equal(`${name}: openWorldHint`, hints.openWorldHint ?? true, false);
      if (!reading.includes(name)) {
        this.equal(`${name}: destructiveHint`, hints.destructiveHint ?? true, name === "delete_task");
        this.equal(`${name}: idempotentHint`, hints.idempotentHint ?? false, idempotent.includes(name));
      }
      this.ok(!("user_id" in (tool.inputSchema.properties ?? {})), `${name} takes a user`);
    }
    return tools;
  }

  async promptsAndTemplates() {
    const prompts = await allPages((p) => this.client.listPrompts(p), "prompts");
    for (const name of ["plan_my_day", "weekly_review"]) {
      this.ok(prompts.some((p) => p.name === name), `prompts/list has no ${name}`);
      const english = await this.promptText(name, { language: "en" });
      this.ok(!inUrdu(english), `${name} in English is not: ${english}`);
      const urdu = await this.promptText(name, { language: "ur" });
      this.ok(inUrdu(urdu), `${name} in Urdu is not: ${urdu}`);
      this.equal(`${name} by default`, await this.promptText(name, {}), english);
      await this.rejects(`${name} in an unknown language`,
        this.client.getPrompt({ name, arguments: { language: "xx" } }), [-32602]);
    }
    const ref = { type: "ref/prompt", name: "plan_my_day" };
    const { completion } = await this.client.complete({ ref, argument: { name: "language", value: "u" } });
    this.equal('completion of language "u"', completion.values, ["ur"]);

    const templates = await allPages((p) => this.client.listResourceTemplates(p), "resourceTemplates");
    this.ok(templates.some((t) => t.uriTemplate === "task://{task_id}"), "no resource template task://{task_id}");
  }

  async promptText(name, args) {
    const { messages } = await this.client.getPrompt({ name, arguments: args });
    this.ok(messages.length > 0, `prompt ${name} has no messages`);
    return messages.map((m) => m.content.text ?? "").join("\n");
  }

  async newTask(args) {
    const { task } = await this.call("create_task", args);
    this.made.push(task.id);
    return task;
  }

  async create() {
    const before = await this.call("get_stats");
    // Urdu with a direction mark: text comes back byte for byte.
    const title = `${this.tag} دودھ \u200fخریدیں & <b>`;
    const due_date = "2031-12-01";
    const task = await this.newTask({
      title: `  ${title}\t`, description: " two\nlines ", priority: "high", category: "home", due_date,
    });
    this.equal("the new task", { ...task, id: "", created_at: "", updated_at: "" }, {
      id: "", title, description: " two\nlines ", priority: "high", category: "home",
      status: "pending", completed: false, due_date, created_at: "", updated_at: "",
    });
    this.ok(task.created_at.endsWith("Z"), `created_at is not in UTC: ${task.created_at}`);

    // Models in strict mode send null for what they leave out.
    const plain = await this.newTask({
      title: `${this.tag} plain`, description: null, priority: null, category: null, due_date: null, idempotency_key: null,
    });
    this.equal("priority by default", plain.priority, "medium");
    this.equal("category by default", plain.category, "other");
    this.ok(!("due_date" in plain) && !("description" in plain), `unset fields are given: ${JSON.stringify(plain)}`);

    const after = await this.call("get_stats");
    this.equal("total after two tasks", after.total, before.total + 2);
    this.equal("pending after two tasks", after.pending, before.pending + 2);
    this.equal("high priority after two tasks", after.by_priority.high, before.by_priority.high + 1);
    this.equal("category home after two tasks", after.by_category.home, before.by_category.home + 1);
    return task;
  }

  async readOne(task) {
    this.equal("get_task", (await this.call("get_task", { task_id: task.id })).task, task);
    const uri = `task://${task.id}`;
    const { contents } = await this.client.readResource({ uri });
    this.equal("the resource's own address", contents[0].uri, uri);
    this.ok(contents[0].text.includes(task.id), `${uri} does not hold the task: ${contents[0].text}`);

    const ref = { type: "ref/resource", uri: "task://{task_id}" };
    for (const value of [task.id.slice(0, -1), this.tag]) {
      const { completion } = await this.client.complete({ ref, argument: { name: "task_id", value } });
      this.ok(completion.values.includes(task.id), `completion of task_id "${value}" misses ${task.id}: ${completion.values}`);
    }
  }

  async change(task) {
    const instant = "2031-12-01T10:00:00Z";
    const changed = (await this.call("update_task", {
      task_id: task.id, priority: "low", due_date: instant, title: null, description: null, category: null,
    })).task;
    this.equal("update_task", { ...changed, updated_at: "" },
      { ...task, priority: "low", due_date: instant, updated_at: "" });
    const cleared = (await this.call("update_task", { task_id: task.id, description: "", due_date: "" })).task;
    this.ok(!("due_date" in cleared) && !("description" in cleared), "an empty string does not clear");

    const toggle = async (args) => (await this.call("toggle_complete", { task_id: task.id, ...args })).task;
    this.equal("toggled once", (await toggle({})).status, "completed");
    this.equal("toggled twice", (await toggle({ completed: null })).status, "pending");
    this.equal("set to true", (await toggle({ completed: true })).completed, true);
    this.equal("set to true again", (await toggle({ completed: true })).completed, true);
    const done = await this.call("list_tasks", { search: this.tag.toUpperCase(), status: "completed" });
    this.equal("the completed task of this run", done.tasks.map((t) => t.id), [task.id]);
  }

  async repeat() {
    const idempotency_key = `key-${this.tag}`;
    const first = await this.newTask({ title: `${this.tag} once`, idempotency_key });
    const again = (await this.call("create_task", { title: `${this.tag} once`, idempotency_key })).task;
    this.equal("create_task repeated with its key", again.id, first.id);
    await this.refused("create_task", { title: `${this.tag} other`, idempotency_key }, "idempotency_key");

    const _meta = { "taskwire/call-id": `call-${this.tag}` };
    const flipped = (await this.call("toggle_complete", { task_id: first.id }, { _meta })).task;
    const same = (await this.call("toggle_complete", { task_id: first.id }, { _meta })).task;
    this.equal("toggle_complete repeated with its call id", same, flipped);
    const now = (await this.call("get_task", { task_id: first.id })).task;
    this.equal("the task after a repeated toggle", now.completed, true);
    await this.refused("toggle_complete", { task_id: this.made[0] }, "call", { _meta });
  }

  async pages() {
    const titles = [1, 2, 3, 4, 5].map((n) => `${this.tag} page ${n}`);
    for (const title of titles) await this.newTask({ title });
    const seen = [];
    let cursor;
    do {
      const page = await this.call("list_tasks", {
        search: `${this.tag} page`, sort_by: "title", sort_order: "asc", limit: 2, ...(cursor && { cursor }),
      });
      this.ok(page.tasks.length <= 2, `a page of 2 holds ${page.tasks.length}`);
      seen.push(...page.tasks.map((t) => t.title));
      cursor = page.next_cursor;
    } while (cursor && seen.length < 20);
    this.equal("all pages", seen, titles);
  }

  async progressAndCancel(task) {
    // A progress token must do no harm, whether or not progress is sent.
    await this.call("get_task", { task_id: task.id }, { options: { onprogress: () => {} } });

    const abort = new AbortController();
    const cancelled = this.rawCall({ name: "list_tasks", arguments: {} }, { signal: abort.signal });
    abort.abort(new Error("changed my mind"));
    this.ok(await cancelled.then(() => false, () => true), "a cancelled call was answered");
    await this.call("get_task", { task_id: task.id });
  }

  async errors() {
    await this.refused("create_task", { title: " \u200b " }, "title");
    await this.refused("create_task", { title: "x".repeat(256) }, "title");
    await this.refused("create_task", { title: this.tag, priority: "urgent" }, "priority");
    await this.refused("list_tasks", { limit: 101 }, "limit");
    await this.refused("get_task", { task_id: "no-such-task" }, "task");
    await this.rejects("an unknown tool", this.rawCall({ name: "no_such_tool", arguments: {} }), [-32602]);
    // -32002 up to 2025-11-25, -32602 since 2026-07-28.
    await this.rejects("an unknown task as a resource",
      this.client.readResource({ uri: "task://no-such-task" }), [-32002, -32602]);
  }

  async remove(task) {
    for (const id of this.made) {
      const gone = await this.call("delete_task", { task_id: id });
      this.equal("delete_task", [gone.deleted, gone.task.id], [true, id]);
    }
    const missing = await this.refused("get_task", { task_id: task.id }, "task");
    const never = await this.refused("get_task", { task_id: "no-such-task" }, "task");
    this.equal("the answer for a deleted task", missing, never);
    const left = await this.call("list_tasks", { search: this.tag });
    this.equal("what is left of this run", left, { tasks: [] });
  }
}

async function allPages(list, field) {
  const found = [];
  let cursor;
  do {
    const page = await list(cursor ? { cursor } : undefined);
    found.push(...page[field]);
    cursor = page.nextCursor;
  } while (cursor);
  return found;
}
