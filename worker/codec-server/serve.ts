/** The codec server: opens sealed payloads for those who may read histories, so that the web page shows them; every opening is audited. */
import { createHash, type KeyObject } from 'node:crypto';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Payload } from '@temporalio/common';
import type { AuditEntry } from '../../storage/audit.ts';
import { SealingCodec, type CodecKeystore } from '../codec.ts';
import { RateLimit } from './limit.ts';
import { checkToken, type Token } from './token.ts';

export interface CodecServerOptions {
  keystore: CodecKeystore;
  /** Checks tokens. */
  publicKey: KeyObject;
  /** The audience whose people may read histories. */
  audience: string;
  /** Whether that person is in the audience at this moment: a grant that was revoked ends a token early. */
  granted(subject: string): boolean;
  /** Origins of the pages that may ask, such as `http://127.0.0.1:8233`. */
  origins: string[];
  perMinute: number;
  audit(entry: AuditEntry): Promise<unknown>;
}

/** Payloads as Temporal's remote codec protocol has them: JSON with base64. */
interface Body {
  payloads?: { metadata?: Record<string, string>; data?: string }[];
}

const COOKIE = 'garner_codec';
const BODY_BYTES = 16 << 20;
/** Where a person gives the token: it is kept in a cookie that no script reads. */
const LOGIN = `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Garner: read histories</title>
<style>body{font:16px/1.5 system-ui;max-width:32rem;margin:4rem auto;padding:0 1rem}input{width:100%;font:inherit}</style>
<h1>Read histories</h1>
<form><label>Token of <code>garner codec-server token</code><input name="token" type="password" required autofocus></label>
<p><button>Log in</button></p><p role="status"></p></form>
<script>
document.forms[0].onsubmit = async (event) => {
  event.preventDefault();
  const body = JSON.stringify({ token: document.forms[0].token.value });
  const { ok } = await fetch('login', { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  document.querySelector('[role=status]').textContent = ok ? 'You may read histories.' : 'That is no valid token.';
};
</script></html>
`;
const SCRIPT = createHash('sha256')
  .update(/<script>([^]*)<\/script>/.exec(LOGIN)![1]!)
  .digest('base64');

/**
 * `POST /decode` (Temporal's remote codec protocol) with `Authorization: Bearer TOKEN` or the cookie that `POST /login` sets for pages that
 * send no header of their own; `GET /login` is a page that asks for the token. There is no `/encode`: nobody writes histories through it.
 */
export function codecServer(options: CodecServerOptions): FastifyInstance {
  const { keystore, origins, audit } = options;
  const server = fastify({ logger: false, bodyLimit: BODY_BYTES });
  const codec = new SealingCodec(keystore);
  const limit = new RateLimit(options.perMinute);
  server.addHook('onRequest', async (request, reply) => {
    const { origin } = request.headers;
    if (origin === undefined) return;
    // The page of /login is of this server itself.
    if (request.url === '/login' && origin === `${request.protocol}://${request.host}`) return;
    if (!origins.includes(origin)) return reply.code(403).send({ error: 'this origin may not ask' });
    reply.headers({
      'access-control-allow-origin': origin,
      'access-control-allow-credentials': 'true',
      'access-control-allow-headers': 'authorization, content-type, x-namespace',
      'access-control-allow-methods': 'POST',
      vary: 'origin',
    });
  });
  server.options('/*', (_, reply) => reply.code(204).send());
  server.get('/login', (_, reply) =>
    reply
      .headers({
        'content-type': 'text/html; charset=utf-8',
        'content-security-policy': `default-src 'none'; script-src 'sha256-${SCRIPT}'; style-src 'unsafe-inline'; connect-src 'self'; frame-ancestors 'none'`,
      })
      .send(LOGIN),
  );
  server.post<{ Body: { token?: string } }>('/login', (request, reply) => {
    const token = check(request.body?.token ?? '', options);
    if (!token) return reply.code(401).send({ error: 'no valid token' });
    const seconds = Math.floor((token.until - Date.now()) / 1000);
    return reply
      .header('set-cookie', `${COOKIE}=${request.body.token}; HttpOnly; SameSite=Strict; Path=/; Max-Age=${seconds}`)
      .code(204)
      .send();
  });
  server.post<{ Body: Body }>('/decode', (request, reply) => decode(request, reply));
  return server;

  async function decode(request: FastifyRequest<{ Body: Body }>, reply: FastifyReply) {
    const token = check(tokenOf(request), options);
    if (!token) return reply.code(401).send({ error: 'no valid token' });
    if (!limit.take(token.subject, performance.now())) return reply.code(429).send({ error: 'too many requests' });
    const sealed = request.body?.payloads;
    if (!Array.isArray(sealed)) return reply.code(400).send({ error: 'no payloads' });
    let opened: Payload[];
    try {
      opened = await codec.decode(sealed.map(payloadOf));
    } catch {
      return reply.code(422).send({ error: 'a payload cannot be opened with the keys of this keystore' });
    }
    // Written before anything is given out: what is not in the log was not read.
    await audit({
      time: new Date().toISOString(),
      actor: token.subject,
      action: 'codec.decode',
      subject: 'history',
      details: { audience: token.audience, payloads: sealed.length },
    });
    return { payloads: opened.map(jsonOf) };
  }
}

function check(text: string, { publicKey, audience, granted }: CodecServerOptions): Token | null {
  const token = checkToken(text, publicKey, Date.now());
  return token && token.audience === audience && granted(token.subject) ? token : null;
}

function tokenOf({ headers }: FastifyRequest): string {
  const bearer = /^Bearer (\S+)$/.exec(headers.authorization ?? '')?.[1];
  return bearer ?? new RegExp(`(?:^|; )${COOKIE}=([^;]*)`).exec(headers.cookie ?? '')?.[1] ?? '';
}

function payloadOf({ metadata = {}, data = '' }: { metadata?: Record<string, string>; data?: string }): Payload {
  const bytes = Object.entries(metadata).map(([name, text]) => [name, Buffer.from(String(text), 'base64')]);
  return { metadata: Object.fromEntries(bytes) as Record<string, Uint8Array>, data: Buffer.from(data, 'base64') };
}

function jsonOf({ metadata, data }: Payload) {
  const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
  const entries = Object.entries(metadata ?? {}).map(([name, bytes]) => [name, text(bytes)]);
  return { metadata: Object.fromEntries(entries) as Record<string, string>, data: text(data ?? new Uint8Array()) };
}
