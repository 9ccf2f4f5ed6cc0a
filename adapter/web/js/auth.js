// Where the user's own token comes from. Without sign-in (dev mode) there is
// none to fetch; with Better Auth its token endpoint gives one to whoever bears
// the session's cookie.

/** The person is not signed in: there is nothing to try again. */
export class SignedOutError extends Error {
  constructor() {
    super("not signed in");
    this.name = "SignedOutError";
  }
}

const patience = 10_000; // ms for the token endpoint
const early = 60_000; // ms before its end in which a token is not used any more

/**
 * @param {{user: string, tokenUrl: string}} config
 * @returns {{getToken: (how?: {fresh?: boolean}) => Promise<string | null>, user: () => {id: string, name: string} | null}}
 *   `user` is null until a token was there.
 */
export function tokenSource({ user, tokenUrl }) {
  if (user) return { getToken: async () => null, user: () => ({ id: user, name: user }) };
  let token = null;
  let claims = null;
  let asking = null;

  async function ask() {
    if (!tokenUrl) throw new SignedOutError();
    const answer = await fetch(tokenUrl, { credentials: "include", headers: { accept: "application/json" }, signal: AbortSignal.timeout(patience) });
    if (answer.status === 401 || answer.status === 403) {
      token = claims = null;
      throw new SignedOutError();
    }
    if (!answer.ok) throw new TypeError(`the token endpoint answers ${answer.status}`); // as fetch itself fails: to be tried again
    const given = (await answer.json())?.token;
    claims = readClaims(given);
    token = claims && given;
    if (!token) throw new SignedOutError(); // Better Auth answers null when signed out behind some proxies
    return token;
  }

  return {
    async getToken({ fresh = false } = {}) {
      if (token && !fresh && Date.now() < claims.exp * 1000 - early) return token;
      asking ??= ask().finally(() => (asking = null));
      return asking;
    },
    user: () => claims && { id: String(claims.sub), name: String(claims.name ?? "") },
  };
}

/** What a token says of its user: for display and for telling users apart here. The server verifies. */
function readClaims(token) {
  try {
    const bytes = Uint8Array.from(atob(token.split(".")[1].replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
    const claims = JSON.parse(new TextDecoder().decode(bytes));
    return typeof claims.sub === "string" && typeof claims.exp === "number" ? claims : null;
  } catch {
    return null;
  }
}
