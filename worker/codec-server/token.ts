/** Tokens of the codec server: who may read histories, for which audience, until when, signed with the key of the installation. */
import { sign, verify, type KeyObject } from 'node:crypto';

export interface Token {
  /** Who holds it: a name of the access file. */
  subject: string;
  audience: string;
  /** Milliseconds since 1970-01-01 UTC; not valid from then on. */
  until: number;
}

/** What the signature is for: no other signed text of the installation passes for a token. */
const PURPOSE = 'garner-codec-token/1\n';
const MAX_CHARS = 2_000;

/** `<claims>.<signature>`, both base64url; Ed25519 (RFC 8032). */
export function issueToken(token: Token, key: KeyObject): string {
  const claims = Buffer.from(JSON.stringify([token.subject, token.audience, token.until]));
  return `${claims.toString('base64url')}.${sign(null, signed(claims), key).toString('base64url')}`;
}

/** The token, or null where it is malformed, of another key, or over at `now`. */
export function checkToken(text: string, key: KeyObject, now: number): Token | null {
  const [head, tail, more] = text.length <= MAX_CHARS ? text.split('.') : [];
  if (!head || !tail || more !== undefined) return null;
  const claims = Buffer.from(head, 'base64url');
  if (!verify(null, signed(claims), key, Buffer.from(tail, 'base64url'))) return null;
  const [subject, audience, until] = JSON.parse(claims.toString()) as [string, string, number];
  return now < until ? { subject, audience, until } : null;
}

function signed(claims: Buffer): Buffer {
  return Buffer.concat([Buffer.from(PURPOSE), claims]);
}
