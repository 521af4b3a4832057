// A stranger's verifier: @openid4vc asks and reads the answer, dcql checks that it answers the
// question, @sd-jwt verifies each presentation. Commands: start, ask; it says when answered.
import { randomBytes, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { calculateX509HashClientIdPrefixValue, Openid4vpVerifier } from "@openid4vc/openid4vp";
import { SDJwtVcInstance } from "@sd-jwt/sd-jwt-vc";
import { DcqlPresentationResult, DcqlQuery } from "dcql";
import * as jose from "jose";
import { callbacks, didJwkOf, go, hasher, newKey, saltGenerator, verifierOf } from "./crypto.mjs";
import { say, serveLines } from "./lines.mjs";
import { listen } from "./server.mjs";

const encryption = await newKey("ECDH-ES", { use: "enc" });
const signing = await newKey();
const pem = readFileSync(process.env.TEST_ASKER ?? process.env.TEST_TLS, "utf8");
const certificates = pem.match(/-----BEGIN CERTIFICATE-----[^]+?-----END CERTIFICATE-----/g);
const leaf = new X509Certificate(certificates[0]);
const pkcs8 = pem.slice(pem.indexOf("-----BEGIN PRIVATE"));
const leafKey = await jose.exportJWK(await jose.importPKCS8(pkcs8, "ES256", { extractable: true }));
const keys = [encryption.privateJwk, signing.privateJwk, leafKey];
const library = callbacks(keys);
const verifier = new Openid4vpVerifier({ callbacks: library });
const handlers = {};
let [url, count] = ["", 0];

// The ways this verifier names itself (OpenID4VP 1.0 section 5.9.3).
const askers = {
  "decentralized_identifier": async () => {
    const did = didJwkOf(signing.publicJwk);
    const signer = { method: "did", alg: "ES256", didUrl: `${did}#0` };
    return { clientId: `decentralized_identifier:${did}`, signer };
  },
  "x509_san_dns": async () => ({ clientId: "x509_san_dns:localhost", signer: byChain() }),
  "x509_hash": async () => {
    const x509Certificate = leaf.raw;
    const value = await calculateX509HashClientIdPrefixValue({ x509Certificate, hash: library.hash });
    return { clientId: `x509_hash:${value}`, signer: byChain() };
  },
  "redirect_uri": async (response) => ({ clientId: `redirect_uri:${response}` }),
};
const byChain = () => ({ method: "x5c", alg: "ES256", x5c: [leaf.raw.toString("base64")] });

async function ask({ as, mode, query, post = false, aud = "https://self-issued.me/v2" }) {
  const id = (count += 1);
  const response = `${url}/response/${id}`;
  const { clientId, signer } = await askers[as](response);
  DcqlQuery.validate(DcqlQuery.parse(query));
  const authorizationRequestPayload = {
    response_type: "vp_token",
    client_id: clientId,
    response_uri: response,
    response_mode: mode,
    nonce: randomBytes(24).toString("base64url"),
    state: randomBytes(24).toString("base64url"),
    dcql_query: query,
    client_metadata: {
      jwks: { keys: [encryption.publicJwk] },
      encrypted_response_enc_values_supported: ["A256GCM"],
      vp_formats_supported: { "dc+sd-jwt": { "sd-jwt_alg_values": ["ES256"], "kb-jwt_alg_values": ["ES256"] } },
    },
  };
  const make = (nonce) =>
    verifier.createOpenId4vpAuthorizationRequest({
      authorizationRequestPayload: { ...authorizationRequestPayload, ...(nonce && { wallet_nonce: nonce }) },
      ...(nonce && { wallet: { expectedNonce: nonce } }),
      ...(signer && {
        jar: {
          requestUri: `${url}/request/${id}`,
          jwtSigner: signer,
          expiresInSeconds: 300,
          additionalJwtPayload: aud ? { aud } : {},
        },
      }),
    });
  const { authorizationRequest: link } = await make();
  const request = async ({ body }) => {
    const { jar } = await make(new URLSearchParams(body).get("wallet_nonce"));
    return { type: "application/oauth-authz-req+jwt", body: jar.authorizationRequestJwt };
  };
  handlers[`${post ? "POST" : "GET"} /request/${id}`] = request;
  handlers[`POST /response/${id}`] = async ({ body }) => {
    const form = Object.fromEntries(new URLSearchParams(body));
    const answer = await read(form, authorizationRequestPayload).catch((error) => ({ refused: error.message }));
    say({ answer });
    return { body: {} };
  };
  return { request: post ? `${link}&request_uri_method=post` : link, clientId };
}

async function read(form, authorizationRequestPayload) {
  // @openid4vc takes no error in an encrypted answer, so it is opened here (disagreements.md).
  const plain = form.response ? JSON.parse((await library.decryptJwe(form.response)).payload) : form;
  if (plain.error) return { error: plain.error, said: Object.keys(plain) };
  const parsed = await verifier.parseOpenid4vpAuthorizationResponse({
    authorizationResponse: form,
    authorizationRequestPayload,
    callbacks: library,
  });
  const { nonce, client_id: audience, dcql_query: query } = authorizationRequestPayload;
  const shown = {};
  for (const [id, presentations] of Object.entries(parsed.dcql.presentations)) {
    shown[id] = await Promise.all(presentations.map((each) => verify(each, { nonce, audience })));
  }
  const dcqlQuery = DcqlQuery.parse(query);
  const checked = DcqlPresentationResult.fromDcqlPresentation(shown, { dcqlQuery });
  return { satisfied: checked.can_be_satisfied, shown, encrypted: parsed.jarm?.type };
}

// The issuer's key by its metadata (SD-JWT VC section 3.5), then @sd-jwt, then what it leaves out.
async function verify(presentation, { nonce, audience }) {
  const decoder = new SDJwtVcInstance({ hasher, saltGenerator });
  const { jwt } = await decoder.decode(presentation);
  const { origin, pathname } = new URL(jwt.payload.iss);
  const path = pathname === "/" ? "" : pathname;
  const found = await (await go(`${origin}/.well-known/jwt-vc-issuer${path}`)).json();
  const issuerKey = found.jwks.keys.find(({ kid }) => kid === jwt.header.kid);
  if (found.issuer !== jwt.payload.iss) throw new Error("the metadata is of another issuer");
  const sdjwt = new SDJwtVcInstance({
    hasher,
    saltGenerator,
    verifier: verifierOf(issuerKey),
    kbVerifier: (data, signature, payload) => verifierOf(payload.cnf.jwk)(data, signature),
    statusListFetcher: async (uri) => (await go(uri)).text(),
  });
  const { payload, kb } = await sdjwt.verify(presentation, { keyBindingNonce: nonce });
  if (kb.payload.aud !== audience) throw new Error("made for somebody else");
  const credential_format = "dc+sd-jwt";
  return { credential_format, vct: payload.vct, claims: payload, cryptographic_holder_binding: true };
}

await serveLines({ start: async () => ({ url: (url = await listen(handlers)) }), ask });
