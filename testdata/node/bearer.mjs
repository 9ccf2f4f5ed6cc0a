// Gives every HTTP request of a program that cannot send a token the one in
// BEARER_TOKEN:  NODE_OPTIONS=--import=…/bearer.mjs
// It goes by the channel on which undici, and with it fetch, tells of requests.
import { channel } from "node:diagnostics_channel";

const token = process.env.BEARER_TOKEN;
if (token) {
  channel("undici:request:create").subscribe(({ request }) => {
    request.addHeader("Authorization", `Bearer ${token}`);
  });
}
