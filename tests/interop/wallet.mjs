// A stranger's wallet: @openid4vc for the protocols, @sd-jwt for the credential, dcql for the
// question, jose for the cryptography. Commands: claim, present, decline.
import { Openid4vciClient, setGlobalConfig } from "@openid4vc/openid4vci";
import { Openid4vpClient } from "@openid4vc/openid4vp";
import { SDJwtVcInstance } from "@sd-jwt/sd-jwt-vc";
import { DcqlQuery } from "dcql";
import { bare, callbacks, go, hasher, newKey, saltGenerator, signerOf } from "./crypto.mjs";
import { serveLines } from "./lines.mjs";

// Plain http is spoken on this machine only, and only when the test says so.
setGlobalConfig({ allowInsecureUrls: process.env.TEST_INSECURE === "1" });
const held = []; // { credential, privateJwk }

// OpenID4VCI 1.0 by pre-authorized code: offer, metadata, token, nonce, proofs, credentials.
async function claim({ offer, txCode, copies = 1, alg = "ES256", notify = "credential_accepted" }) {
  const keys = await Promise.all(Array.from({ length: copies }, () => newKey(alg)));
  const client = new Openid4vciClient({ callbacks: callbacks(keys.map((key) => key.privateJwk)) });
  const credentialOffer = await client.resolveCredentialOffer(offer);
  const issuerMetadata = await client.resolveIssuerMetadata(credentialOffer.credential_issuer);
  const { accessTokenResponse } = await client.retrievePreAuthorizedCodeAccessTokenFromOffer({
    credentialOffer,
    issuerMetadata,
    txCode,
  });
  const [credentialConfigurationId] = credentialOffer.credential_configuration_ids;
  const { c_nonce: nonce } = await client.requestNonce({ issuerMetadata });
  const jwt = await Promise.all(
    keys.map(async ({ publicJwk }) => {
      const signer = { method: "jwk", alg, publicJwk };
      const wanted = { issuerMetadata, credentialConfigurationId, nonce, signer };
      return (await client.createCredentialRequestJwtProof(wanted)).jwt;
    }),
  );
  const accessToken = accessTokenResponse.access_token;
  const asked = { issuerMetadata, credentialConfigurationId, accessToken, proofs: { jwt } };
  const { credentialResponse } = await client.retrieveCredentials(asked);
  const credentials = credentialResponse.credentials.map((each) => each.credential);
  credentials.forEach((credential, i) => held.push({ credential, privateJwk: keys[i].privateJwk }));
  const notification = { notificationId: credentialResponse.notification_id, event: notify };
  const answered = await client.sendNotification({ issuerMetadata, accessToken, notification });
  return {
    credentials,
    keys: keys.map(({ publicJwk }) => bare(publicJwk)),
    draft: issuerMetadata.originalDraftVersion,
    known: Object.keys(issuerMetadata.knownCredentialConfigurations),
    notified: answered.response.status,
  };
}

// OpenID4VP 1.0: resolve the request, match it, present as little as it asks, answer.
async function present({ request, credential, enc = "A128GCM" }) {
  const { privateJwk } = held.find((each) => each.credential === credential);
  const { client, resolved } = await resolve(request, [privateJwk]);
  const { nonce, response_mode: mode } = resolved.authorizationRequestPayload;
  const query = DcqlQuery.parse(resolved.dcql.query);
  DcqlQuery.validate(query);
  const sdjwt = new SDJwtVcInstance({
    hasher,
    saltGenerator,
    hashAlg: "sha-256",
    kbSigner: signerOf(privateJwk),
    kbSignAlg: privateJwk.alg,
  });
  const claims = await sdjwt.getClaims(credential);
  const matched = DcqlQuery.query(query, [
    { credential_format: "dc+sd-jwt", vct: claims.vct, claims, cryptographic_holder_binding: true },
  ]);
  if (!matched.can_be_satisfied) throw new Error("the question cannot be answered");
  const [asked] = query.credentials;
  const bound = { iat: Math.floor(Date.now() / 1000), aud: resolved.client.effective, nonce };
  const presentation = await sdjwt.present(credential, frameOf(asked.claims ?? [], claims), {
    kb: { payload: bound },
  });
  const response = await client.createOpenid4vpAuthorizationResponse({
    authorizationRequestPayload: resolved.authorizationRequestPayload,
    authorizationResponsePayload: { vp_token: { [asked.id]: [presentation] } },
    jarm: mode === "direct_post.jwt" ? { encryption: {}, serverMetadata: supports(enc) } : undefined,
  });
  return { ...(await submit(client, resolved, response)), presentation, ...seen(resolved) };
}

// OpenID4VP 1.0 section 8.5: an error travels instead of an answer, and never encrypted here.
async function decline({ request, error = "access_denied" }) {
  const { resolved } = await resolve(request, []);
  const { response_uri: url, state } = resolved.authorizationRequestPayload;
  const body = new URLSearchParams({ error, ...(state && { state }) });
  const answered = await go(url, { method: "POST", body });
  return { status: answered.status, body: await answered.json() };
}

async function resolve(request, keys) {
  const client = new Openid4vpClient({ callbacks: callbacks(keys) });
  const { params } = client.parseOpenid4vpAuthorizationRequest({ authorizationRequest: request });
  const resolved = await client.resolveOpenId4vpAuthorizationRequest({ authorizationRequestPayload: params });
  return { client, resolved };
}

async function submit(client, { authorizationRequestPayload }, { authorizationResponsePayload, jarm }) {
  const answer = { authorizationRequestPayload, authorizationResponsePayload, jarm };
  const { response, responseMode } = await client.submitOpenid4vpAuthorizationResponse(answer);
  return { status: response.status, body: await response.json(), responseMode, jwe: jarm?.responseJwt };
}

const supports = (enc) => ({
  authorization_encryption_alg_values_supported: ["ECDH-ES"],
  authorization_encryption_enc_values_supported: [enc],
  authorization_signing_alg_values_supported: [],
});
const seen = ({ client, jar, version }) => ({
  asker: { prefix: client.prefix, identifier: client.identifier, signed: jar !== undefined },
  version,
});

// The presentation frame of @sd-jwt for the paths of a DCQL query (OpenID4VP 1.0 section 7).
function frameOf(asked, claims) {
  const frame = {};
  for (const { path } of asked) open(frame, path, claims);
  return frame;
}
function open(frame, [step, ...rest], claims) {
  const names = step === null ? claims.map((_, index) => index) : [step];
  for (const name of names) {
    if (rest.length === 0) frame[name] = true;
    else open((frame[name] = typeof frame[name] === "object" ? frame[name] : {}), rest, claims[name]);
  }
}

await serveLines({ claim, present, decline });
