// A stranger's verifier: @sd-jwt/sd-jwt-vc with its own status list and type metadata handling.
// It is handed documents instead of fetching them, and a time instead of reading the clock.
import { SDJwtVcInstance, TypeMetadataFormatSchema } from "@sd-jwt/sd-jwt-vc";
import { DcqlQuery } from "dcql";
import { hasher, saltGenerator, verifierOf } from "./crypto.mjs";
import { serveLines } from "./lines.mjs";

async function verify({ token, issuerKey, nonce, now, status, required, metadata }) {
  const sdjwt = new SDJwtVcInstance({
    hasher,
    saltGenerator,
    hashAlg: "sha-256",
    verifier: verifierOf(issuerKey),
    kbVerifier: (data, signature, payload) => verifierOf(payload.cnf.jwk)(data, signature),
    statusListFetcher: async () => status,
    loadTypeMetadataFormat: metadata !== undefined,
    vctFetcher: async () => JSON.parse(metadata),
  });
  const options = { keyBindingNonce: nonce ?? undefined, currentDate: now, requiredClaimKeys: required };
  const { payload, kb, typeMetadata } = await sdjwt.verify(token, options);
  return { claims: payload, binding: kb?.payload, types: typeMetadata?.vctValues };
}

// Whether a document is type metadata as this library reads it (SD-JWT VC section 6).
const readType = ({ document }) => ({ vct: TypeMetadataFormatSchema.parse(JSON.parse(document)).vct });

// Its own check of `vct#integrity`, which has no other way in without a web server.
async function integrity({ document, integrity: expected }) {
  const sdjwt = new SDJwtVcInstance({ hasher });
  await sdjwt.validateIntegrity(new Response(document), "https://school.example/types/1", expected);
}

// Which held credentials answer which part of a question, as the library `dcql` sees it.
function match({ query, credentials }) {
  const parsed = DcqlQuery.parse(query);
  DcqlQuery.validate(parsed);
  const held = credentials.map(({ vct, claims }) => {
    return { credential_format: "dc+sd-jwt", vct, claims, cryptographic_holder_binding: true };
  });
  const { can_be_satisfied: satisfied, credential_matches: matches } = DcqlQuery.query(parsed, held);
  const indices = ({ valid_credentials: valid = [] }) => valid.map((each) => each.input_credential_index);
  const by = Object.entries(matches).map(([id, each]) => [id, each.success ? indices(each) : []]);
  return { satisfied, by: Object.fromEntries(by) };
}

await serveLines({ verify, readType, integrity, match });
