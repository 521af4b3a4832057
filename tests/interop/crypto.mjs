// The cryptography the strangers' protocol libraries ask their host for, all of it by `jose`.
import { createHash, randomBytes, sign, verify, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { clientAuthenticationAnonymous } from "@openid4vc/oauth2";
import * as jose from "jose";

// A fresh key pair as JWKs; `kid` is the RFC 7638 thumbprint.
export async function newKey(alg = "ES256", extra = {}) {
  const crv = alg === "EdDSA" ? "Ed25519" : "P-256";
  const pair = await jose.generateKeyPair(alg, { extractable: true, crv });
  const kid = await jose.calculateJwkThumbprint(await jose.exportJWK(pair.publicKey));
  const members = { alg, kid, ...extra };
  return {
    publicJwk: { ...(await jose.exportJWK(pair.publicKey)), ...members },
    privateJwk: { ...(await jose.exportJWK(pair.privateKey)), ...members },
  };
}

export const bare = ({ kty, crv, x, y }) => ({ kty, crv, x, ...(y && { y }) });
export const didJwkOf = (publicJwk) =>
  `did:jwk:${Buffer.from(JSON.stringify(bare(publicJwk))).toString("base64url")}`;

// Names and TLS that the test leaves out: TEST_ROUTES says where an https origin listens.
const routes = Object.entries(JSON.parse(process.env.TEST_ROUTES ?? "{}"));
export function go(url, init) {
  const text = String(url);
  const [origin, listening] = routes.find(([each]) => text.startsWith(`${each}/`)) ?? ["", ""];
  return fetch(listening + text.slice(origin.length), init);
}

// The public key a JWT names: in its header, by a DID, or in a certificate.
async function keyOf(signer) {
  if (signer.method === "jwk") return signer.publicJwk;
  if (signer.method === "x5c") return publicJwkOf(trustedLeaf(signer.x5c));
  if (signer.method === "did" && signer.didUrl.startsWith("did:jwk:")) {
    const encoded = signer.didUrl.slice("did:jwk:".length).split("#")[0];
    return JSON.parse(Buffer.from(encoded, "base64url"));
  }
  if (signer.method === "did" && signer.didUrl.startsWith("did:web:")) {
    const [host] = signer.didUrl.slice("did:web:".length).split("#");
    const found = await go(`https://${decodeURIComponent(host)}/.well-known/did.json`);
    const { verificationMethod, authentication } = await found.json();
    const method = verificationMethod.find(({ id }) => id === signer.didUrl);
    if (authentication.includes(method.id)) return method.publicKeyJwk;
  }
  throw new Error(`no key for a signer by ${signer.method}`);
}

const certificate = (text) => new X509Certificate(Buffer.from(text, "base64"));
const publicJwkOf = (each) => each.publicKey.export({ format: "jwk" });

// The leaf of a chain, once each certificate is signed by the next and the last by TEST_ROOT.
function trustedLeaf(x5c) {
  const chain = x5c.map(certificate);
  const root = new X509Certificate(readFileSync(process.env.TEST_ROOT));
  [...chain.slice(1), root].forEach((above, i) => {
    if (!chain[i].checkIssued(above) || !chain[i].verify(above.publicKey)) throw new Error("chain");
  });
  return chain[0];
}

// `keys`: private JWKs this party signs and decrypts with.
export const callbacks = (keys = []) => ({
  fetch: go,
  hash: (data, alg) => createHash(alg.replace("-", "")).update(data).digest(),
  generateRandom: (length) => randomBytes(length),
  clientAuthentication: clientAuthenticationAnonymous(),
  getX509CertificateMetadata: (text) => {
    const names = certificate(text).subjectAltName ?? "";
    const of = (kind) =>
      names.split(", ").filter((n) => n.startsWith(kind)).map((n) => n.slice(kind.length));
    return { sanDnsNames: of("DNS:"), sanUriNames: of("URI:") };
  },
  signJwt: async (signer, { header, payload }) => {
    const named = signer.method === "x5c" ? publicJwkOf(certificate(signer.x5c[0])) : await keyOf(signer);
    const wanted = bare(named);
    const key = keys.find((each) => each.x === wanted.x);
    const jwt = await new jose.SignJWT(payload)
      .setProtectedHeader({ ...header, ...(header.jwk && { jwk: bare(header.jwk) }) })
      .sign(await jose.importJWK(key, signer.alg));
    return { jwt, signerJwk: wanted };
  },
  verifyJwt: async (signer, { compact }) => {
    const jwk = await keyOf(signer);
    try {
      await jose.compactVerify(compact, await jose.importJWK(jwk, signer.alg));
      return { verified: true, signerJwk: bare(jwk) };
    } catch {
      return { verified: false };
    }
  },
  encryptJwe: async ({ publicJwk, alg, enc, apu, apv }, data) => {
    const sealing = new jose.CompactEncrypt(Buffer.from(data)).setProtectedHeader({
      alg,
      enc,
      kid: publicJwk.kid,
      apu,
      apv,
    });
    const agreement = { apu: apu && jose.base64url.decode(apu), apv: apv && jose.base64url.decode(apv) };
    sealing.setKeyManagementParameters(agreement);
    return { encryptionJwk: publicJwk, jwe: await sealing.encrypt(await jose.importJWK(publicJwk, alg)) };
  },
  decryptJwe: async (jwe) => {
    const { kid, alg } = jose.decodeProtectedHeader(jwe);
    const key = keys.find((each) => each.kid === kid);
    const { plaintext } = await jose.compactDecrypt(jwe, await jose.importJWK(key, alg));
    return { decrypted: true, decryptionJwk: bare(key), payload: Buffer.from(plaintext).toString() };
  },
});

// What @sd-jwt asks for: signers and verifiers over bare strings.
export const hasher = (data, alg) =>
  createHash(alg.replace("-", "")).update(typeof data === "string" ? data : Buffer.from(data)).digest();
export const saltGenerator = (length) => randomBytes(length).toString("base64url");
const handOver = (jwk, data) => (jwk.crv === "Ed25519" ? [null, data] : ["sha256", data]);
const raw = (key) => ({ key, format: "jwk", dsaEncoding: "ieee-p1363" });
export const signerOf = (privateJwk) => (data) =>
  sign(...handOver(privateJwk, Buffer.from(data)), raw(privateJwk)).toString("base64url");
export const verifierOf = (publicJwk) => (data, signature) =>
  verify(...handOver(publicJwk, Buffer.from(data)), raw(publicJwk), Buffer.from(signature, "base64url"));
