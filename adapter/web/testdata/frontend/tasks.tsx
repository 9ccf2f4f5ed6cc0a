"use client";
import { ChatKit, useChatKit } from "@openai/chatkit-react";
import { chatKitOptions, createClient } from "../../js/chatkit-config.js";

const getToken = async () => (await (await fetch("/api/auth/token")).json()).token; // Better Auth's
const client = createClient({ api: "https://chat.example.com/api/chatkit", getToken });

export function Tasks({ user }: { user: { id: string; name: string } }) {
  const chatkit = useChatKit(chatKitOptions({ client, user: user.id, name: user.name, onThreadGone: () => chatkit.setThreadId(null) }));
  return <ChatKit control={chatkit.control} style={{ height: "100vh" }} />;
}
