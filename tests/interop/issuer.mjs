// A stranger's issuer: @openid4vc for the protocol, @sd-jwt for credentials and status lists.
// Commands: start, offer, revoke, told.
import { createHash, randomUUID } from "node:crypto";
import { Oauth2AuthorizationServer, preAuthorizedCodeGrantIdentifier } from "@openid4vc/oauth2";
import { Openid4vciIssuer } from "@openid4vc/openid4vci";
import { createHeaderAndPayload, StatusList } from "@sd-jwt/jwt-status-list";
import { SDJwtVcInstance } from "@sd-jwt/sd-jwt-vc";
import { bare, callbacks, hasher, newKey, saltGenerator, signerOf } from "./crypto.mjs";
import { serveLines } from "./lines.mjs";
import { listen } from "./server.mjs";

const now = () => Math.floor(Date.now() / 1000);
const key = await newKey("ES256", { use: "sig" });
const library = callbacks([key.privateJwk]);
const issuer = new Openid4vciIssuer({ callbacks: library });
const authorization = new Oauth2AuthorizationServer({ callbacks: library });
const offers = new Map(); // by pre-authorized code: what is issued, and the collection code
const tokens = new Map(); // by access token: the same
const nonces = new Set();
const told = []; // notifications
const standing = new StatusList(new Array(1024).fill(0), 2);
let [url, configurations, types, nextIndex] = ["", {}, {}, 0];

const issuerMetadata = () => ({
  credentialIssuer: issuer.createCredentialIssuerMetadata({
    credential_issuer: url,
    credential_endpoint: `${url}/credential`,
    nonce_endpoint: `${url}/nonce`,
    notification_endpoint: `${url}/notification`,
    batch_credential_issuance: { batch_size: 4 },
    display: [{ name: "Une autre école", locale: "fr" }],
    credential_configurations_supported: configurations,
  }),
  authorizationServers: [serverMetadata()],
  originalDraftVersion: "V1",
  knownCredentialConfigurations: configurations,
});
const serverMetadata = () =>
  authorization.createAuthorizationServerMetadata({
    issuer: url,
    token_endpoint: `${url}/token`,
    grant_types_supported: [preAuthorizedCodeGrantIdentifier],
    "pre-authorized_grant_anonymous_access_supported": true,
  });

async function token({ body, headers, method, url: at }) {
  const request = { headers, method, url: at };
  const accessTokenRequest = Object.fromEntries(new URLSearchParams(body));
  const parsed = authorization.parseAccessTokenRequest({ request, accessTokenRequest });
  const offered = offers.get(parsed.grant.preAuthorizedCode);
  await authorization.verifyPreAuthorizedCodeAccessTokenRequest({
    request,
    accessTokenRequest: parsed.accessTokenRequest,
    grant: parsed.grant,
    authorizationServerMetadata: serverMetadata(),
    expectedPreAuthorizedCode: offered?.code,
    expectedTxCode: offered?.txCode,
  });
  offers.delete(offered.code);
  const made = await authorization.createAccessTokenResponse({
    audience: url,
    authorizationServer: url,
    expiresInSeconds: 300,
    subject: offered.code,
    signer: { method: "jwk", alg: "ES256", publicJwk: key.publicJwk },
  });
  tokens.set(made.access_token, offered);
  return { body: made };
}

async function nonce() {
  const cNonce = randomUUID();
  nonces.add(cNonce);
  return { body: issuer.createNonceResponse({ cNonce }) };
}

async function credential({ body, headers }) {
  const offered = tokens.get(headers.get("authorization").replace("Bearer ", ""));
  const metadata = issuerMetadata();
  const credentialRequest = issuer.parseCredentialRequest({
    credentialRequest: JSON.parse(body),
    issuerMetadata: metadata,
  });
  const credentials = [];
  for (const jwt of credentialRequest.proofs.jwt) {
    const [, payload] = jwt.split(".");
    const { nonce: expectedNonce } = JSON.parse(Buffer.from(payload, "base64url"));
    if (!nonces.has(expectedNonce)) throw new Error("a nonce nobody gave");
    const proof = { jwt, expectedNonce, issuerMetadata: metadata };
    const { signer } = await issuer.verifyCredentialRequestJwtProof(proof);
    credentials.push({ credential: await issue(offered, signer.publicJwk) });
  }
  const notificationId = randomUUID();
  return { body: issuer.createCredentialResponse({ credentialRequest, credentials, notificationId }) };
}

// `offered.fault` makes a credential that is good but for one thing.
async function issue({ configuration, claims, hidden, fault }, holder) {
  const { vct } = configurations[configuration];
  const sdjwt = new SDJwtVcInstance({
    hasher,
    saltGenerator,
    hashAlg: "sha-256",
    signer: signerOf(key.privateJwk),
    signAlg: "ES256",
  });
  const to = fault === "bound-to-another-key" ? (await newKey()).publicJwk : holder;
  const idx = (nextIndex += 1);
  const payload = {
    iss: fault === "another-issuer" ? "https://localhost:1" : url,
    iat: now(),
    exp: fault === "expired" ? now() - 3600 : now() + 86400,
    vct: fault === "another-type" ? `${vct}x` : vct,
    cnf: { jwk: bare(to) },
    status: { status_list: { uri: `${url}/status/1`, idx } },
    ...claims,
  };
  const path = vct.startsWith(url) && vct.slice(url.length);
  if (path) payload["vct#integrity"] = integrityOf(fault === "changed-type" ? "{}" : types[path]);
  return sdjwt.issue(payload, hidden, { header: { kid: key.publicJwk.kid } });
}
// W3C Subresource Integrity: standard base64 (SD-JWT VC, section "Document Integrity").
const integrityOf = (text) => `sha256-${createHash("sha256").update(text).digest("base64")}`;

async function statusList() {
  const signing = { alg: "ES256", typ: "statuslist+jwt", kid: key.publicJwk.kid };
  const { header, payload } = createHeaderAndPayload(
    standing,
    { iss: url, sub: `${url}/status/1`, iat: now(), exp: now() + 3600, ttl: 60 },
    signing,
  );
  const encode = (part) => Buffer.from(JSON.stringify(part)).toString("base64url");
  const signed = `${encode(header)}.${encode(payload)}`;
  const signature = signerOf(key.privateJwk)(signed);
  return { type: "application/statuslist+jwt", body: `${signed}.${signature}` };
}

const handlers = {
  "GET /.well-known/openid-credential-issuer": async () => ({ body: issuerMetadata().credentialIssuer }),
  "GET /.well-known/oauth-authorization-server": async () => ({ body: serverMetadata() }),
  "GET /.well-known/jwt-vc-issuer": async () => ({ body: { issuer: url, jwks: { keys: [key.publicJwk] } } }),
  "POST /token": token,
  "POST /nonce": nonce,
  "POST /credential": credential,
  "GET /status/1": statusList,
  "POST /notification": async ({ body }) => {
    told.push(JSON.parse(body).event);
    return { status: 204 };
  },
};

const configurationOf = (vct, scope) => ({
  format: "dc+sd-jwt",
  vct,
  scope,
  cryptographic_binding_methods_supported: ["jwk"],
  credential_signing_alg_values_supported: ["ES256"],
  proof_types_supported: { jwt: { proof_signing_alg_values_supported: ["ES256"] } },
  credential_metadata: { display: [{ name: scope, locale: "en" }] },
});

await serveLines({
  // `vcts`: a type for each configuration; one that starts with "/" is this issuer's own, and
  // `documents` has its type metadata, in which URL stands for this issuer's address.
  start: async ({ vcts, documents = {} }) => {
    url = await listen(handlers);
    for (const [id, vct] of Object.entries(vcts)) {
      configurations[id] = configurationOf(vct.startsWith("/") ? url + vct : vct, id);
    }
    for (const [path, document] of Object.entries(documents)) {
      types[path] = JSON.stringify(document).replaceAll("URL", url);
      handlers[`GET ${path}`] = async () => ({ body: types[path] });
    }
    return { url };
  },
  offer: async ({ configuration, claims, hidden, txCode, fault }) => {
    const code = randomUUID();
    offers.set(code, { code, configuration, claims, hidden, txCode, fault });
    const grant = { "pre-authorized_code": code };
    if (txCode) grant.tx_code = { input_mode: "numeric", length: txCode.length };
    const { credentialOffer } = await issuer.createCredentialOffer({
      issuerMetadata: issuerMetadata(),
      credentialConfigurationIds: [configuration],
      grants: { [preAuthorizedCodeGrantIdentifier]: grant },
    });
    return { offer: credentialOffer };
  },
  revokeAll: async () => {
    for (let i = 0; i < standing.statusList.length; i += 1) standing.setStatus(i, 1);
  },
  told: async () => ({ told }),
});
