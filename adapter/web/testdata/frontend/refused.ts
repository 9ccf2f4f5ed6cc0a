// What the types of OpenAI's packages refuse: else nothing was checked.
import type { ChatKitOptions, OpenAIChatKit } from "@openai/chatkit";

import { chatKitOptions, createClient } from "../../js/chatkit-config.js";

const client = createClient();
const options: ChatKitOptions = chatKitOptions({ client });

// @ts-expect-error no such option
options.headers = {};
// @ts-expect-error no such locale
options.locale = "xx";
// @ts-expect-error no such language of ours
chatKitOptions({ client, locale: "fr" });
// @ts-expect-error no client
chatKitOptions({});

export function newThread(element: OpenAIChatKit) {
  // @ts-expect-error no such method
  element.openThread(null);
  // @ts-expect-error no such event
  element.addEventListener("chatkit.closed", (event: CustomEvent<string>) => event.detail);
  return element.setThreadId(null);
}
