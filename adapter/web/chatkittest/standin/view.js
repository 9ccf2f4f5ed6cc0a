// What the stand-in shows: enough to see options and messages, and to press what
// a person would press. Names begin with "ChatKit", to be told from the page's.

function h(tag, props = {}, ...children) {
  const el = Object.assign(document.createElement(tag), props);
  el.append(...children.flat().filter(Boolean));
  return el;
}

const button = (name, onclick) => h("button", { type: "button", textContent: name, onclick });

/** Fills the root anew; what is being written stays. */
export function show(root, conversation, options, element) {
  const box = root.querySelector("textarea") ?? h("textarea");
  const { header, startScreen, composer, threadItemActions } = options;
  box.ariaLabel = `ChatKit ${composer?.placeholder ?? "Message"}`;
  box.placeholder = composer?.placeholder ?? "";
  root.lang = options.locale ?? "en";
  root.dir = options.locale === "ur" ? "rtl" : "ltr";
  const tools = h("select", { ariaLabel: "ChatKit tool" }, new Option("", ""), (composer?.tools ?? []).map((tool) => new Option(tool.label, tool.id)));
  const files = h("input", { type: "file", ariaLabel: "ChatKit files", accept: Object.keys(composer?.attachments?.accept ?? {}).join() });

  async function send(text) {
    const attachments = await Promise.all([...files.files].map((file) => conversation.upload(file)));
    box.value = "";
    await element.sendUserMessage({ text, attachments, ...(tools.value && { toolChoice: { id: tools.value } }) });
  }

  root.replaceChildren(
    h("h2", { textContent: header?.title?.text ?? conversation.title }),
    button("ChatKit new", () => element.setThreadId(null)),
    conversation.items.length === 0 && !conversation.busy ? h("section", { ariaLabel: "ChatKit start" },
      h("p", { textContent: startScreen?.greeting ?? "" }),
      (startScreen?.prompts ?? []).map(({ label, prompt }) => button(label, () => send(prompt)))) : "",
    h("div", { role: "log", ariaLabel: "ChatKit conversation" }, conversation.items.map((item) => showItem(item, conversation, threadItemActions))),
    h("p", { textContent: conversation.progress }),
    h("p", { textContent: conversation.problem?.message ?? "" }),
    composer?.attachments?.enabled ? files : "",
    tools,
    box,
    conversation.busy === "streaming" && conversation.allowCancel ? button("ChatKit stop", () => conversation.stop()) : button("ChatKit send", () => send(box.value)),
  );
}

function showItem(item, conversation, actions) {
  const el = h("article", {}, h("p", { textContent: textOf(item), dir: "auto" }));
  el.dataset.type = item.type;
  if (item.widget) el.append(...controls(item.widget).map((control) => showControl(control, (action) => conversation.act(action, item))));
  if (item.type !== "assistant_message") return el;
  if (actions?.feedback) el.append(button("ChatKit good", () => conversation.feedback(item, "positive")));
  if (actions?.retry) el.append(button("ChatKit retry", () => conversation.retry(item)));
  return el;
}

/** All that can be ticked or pressed in a widget. */
function controls(part) {
  const parts = [part.children ?? []].flat();
  return [...(part.type === "Checkbox" || part.type === "Button" ? [part] : []), ...parts.flatMap(controls)];
}

function showControl({ type, label, defaultChecked, onChangeAction, onClickAction }, act) {
  if (type === "Button") return button(label, () => act(onClickAction));
  return h("input", { type: "checkbox", ariaLabel: label, checked: defaultChecked, onchange: () => act(onChangeAction) });
}

function textOf(item) {
  if (item.workflow) return item.workflow.tasks.map((task) => task.title).join(", ");
  if (item.widget) return item.copy_text ?? "";
  return (item.content ?? []).map((part) => part.text).join("");
}
