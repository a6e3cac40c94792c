// A certified OpenID provider with two people in it; it is asked to insist on PKCE.
// node provider.mjs PORT REDIRECT_URI
import { randomBytes } from "node:crypto";
import Provider from "oidc-provider";

const [port, back] = process.argv.slice(2);
const people = { nora: ["mooring-nurses"], stranger: ["kitchen"] };

const provider = new Provider(`http://localhost:${port}`, {
  clients: [{ client_id: "mooring", client_secret: "a secret", redirect_uris: [back] }],
  pkce: { required: () => true },
  claims: { openid: ["sub", "groups"], profile: ["name"] },
  conformIdTokenClaims: false,
  cookies: { keys: [randomBytes(32).toString("hex")] },
  features: { devInteractions: { enabled: true } },
  findAccount: (_context, id) => ({
    accountId: id,
    claims: () => ({ sub: id, groups: people[id] ?? [], name: `${id[0].toUpperCase()}${id.slice(1)} Oidc` }),
  }),
});
provider.listen(Number(port), "127.0.0.1", () => console.log("listening"));
