// A front end of React, as the README shows it: it has to fit the types of
// OpenAI's packages.
import { ChatKit, useChatKit } from "@openai/chatkit-react";
import { useMemo } from "react";

import { chatKitOptions, createClient } from "../../js/chatkit-config.js";

const client = createClient({
  api: "https://tasks.example.com/api/chatkit",
  getToken: async () => (await (await fetch("/api/auth/token")).json()).token as string,
});

export function Tasks({ user }: { user: { id: string; name: string } }) {
  const chatkit = useChatKit({
    ...useMemo(() => chatKitOptions({ client, user: user.id, name: user.name, onThreadGone: () => chatkit.setThreadId(null) }), [user]),
    onError: ({ error }) => console.error(error),
  });
  return <ChatKit control={chatkit.control} style={{ height: "100vh" }} />;
}
