// A Better Auth server as a deployment would run one, except that it keeps
// everything in memory and has a /test/ corner through which a test rotates
// keys. It listens on a free loopback port, prints {"url": …} as its only line
// on stdout, and ends when its stdin does, so that no test leaves one behind.
import { createServer } from "node:http";
import { betterAuth } from "better-auth";
import { memoryAdapter } from "better-auth/adapters/memory";
import { toNodeHandler } from "better-auth/node";
import { jwt } from "better-auth/plugins";
import { mcp } from "@better-auth/mcp";

const resource = process.argv[2];
if (!resource) {
  console.error("usage: node server.mjs RESOURCE-URL");
  process.exit(2);
}

const db = {
  user: [], session: [], account: [], verification: [], jwks: [],
  oauthClient: [], oauthAccessToken: [], oauthRefreshToken: [], oauthConsent: [],
  oauthResource: [], oauthClientResource: [], oauthClientAssertion: [],
};

const server = createServer();
server.listen(0, "127.0.0.1", () => {
  const url = `http://127.0.0.1:${server.address().port}`;
  const auth = toNodeHandler(betterAuth(options(url)));
  server.on("request", (req, res) => {
    if (req.url.startsWith("/test/")) testRoute(req, res);
    else if (allowPage(req, res)) auth(req, res);
  });
  console.log(JSON.stringify({ url }));
});

process.stdin.resume();
process.stdin.on("end", () => process.exit(0));

// Pages of this machine may ask with their cookies, as a deployment lets its
// chat page do. A preflight is answered here; false: it is done.
function allowPage(req, res) {
  const { origin } = req.headers;
  if (!origin?.startsWith("http://127.0.0.1:")) return true;
  res.setHeader("Access-Control-Allow-Origin", origin);
  res.setHeader("Access-Control-Allow-Credentials", "true");
  res.setHeader("Vary", "Origin");
  if (req.method !== "OPTIONS") return true;
  res.writeHead(204, { "Access-Control-Allow-Headers": "Content-Type", "Access-Control-Allow-Methods": "GET, POST" }).end();
  return false;
}

function options(baseURL) {
  return {
    baseURL,
    trustedOrigins: ["http://127.0.0.1:*"],
    secret: "only-for-tests-only-for-tests-only-for-tests",
    database: memoryAdapter(db),
    emailAndPassword: { enabled: true },
    rateLimit: { enabled: false },
    telemetry: { enabled: false },
    logger: { level: "error" },
    plugins: [
      jwt(),
      mcp({
        resource,
        loginPage: "/sign-in",
        consentPage: "/consent",
        scopes: ["openid", "profile", "email", "offline_access", "tasks:read", "tasks:write"],
        allowDynamicClientRegistration: true,
        allowUnauthenticatedClientRegistration: true,
      }),
    ],
  };
}

// The jwks table is the plugin's own: a key whose time is over is still
// published but no longer signs, and the next token gets a new one. That is
// what the plugin's rotationInterval does, without the waiting.
function testRoute(req, res) {
  switch (req.method + " " + req.url) {
    case "POST /test/rotate":
      for (const key of db.jwks) key.expiresAt ??= new Date(Date.now() - 1000);
      break;
    case "POST /test/withdraw":
      db.jwks.splice(0, db.jwks.length - 1);
      break;
    default:
      res.writeHead(404).end();
      return;
  }
  res.writeHead(204).end();
}
