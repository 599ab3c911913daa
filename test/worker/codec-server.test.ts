import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { defaultPayloadConverter } from '@temporalio/common';
import { afterEach, describe, expect, it } from 'vitest';
import type { AuditEntry } from '../../storage/audit.ts';
import { codecServer } from '../../worker/codec-server/serve.ts';
import { checkToken, issueToken } from '../../worker/codec-server/token.ts';
import { SealingCodec, type CodecKeys } from '../../worker/codec.ts';

const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const holding = (keys: CodecKeys) => ({ codecKeys: () => keys, readCodecKeys: () => Promise.resolve(keys) });
const keystore = holding({ current: 'k1', keys: { k1: randomBytes(32) } });
const origin = 'http://127.0.0.1:8233';
const later = () => Date.now() + 60_000;
const audience = 'platform-health';
const token = (over: object = {}, key = privateKey) =>
  issueToken({ subject: 'ann', audience, until: later(), ...over }, key);

let audited: AuditEntry[] = [];
let people = ['ann'];
afterEach(() => {
  audited = [];
  people = ['ann'];
});

function server(perMinute = 100) {
  return codecServer({
    ...{ keystore, publicKey, audience, origins: [origin], perMinute },
    granted: (subject) => people.includes(subject),
    audit: (entry) => Promise.resolve(audited.push(entry)),
  });
}

async function body(value: unknown, codec = new SealingCodec(keystore)) {
  const [sealed] = await codec.encode([defaultPayloadConverter.toPayload(value)]);
  const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
  const metadata = Object.fromEntries(Object.entries(sealed!.metadata!).map(([name, bytes]) => [name, text(bytes)]));
  return { payloads: [{ metadata, data: text(sealed!.data!) }] };
}

describe('the codec server', () => {
  it('opens payloads for a person of the audience, and writes down who read how many', async () => {
    const { statusCode, json, headers } = await server().inject({
      ...{ method: 'POST', url: '/decode', payload: await body({ run: 'run-1' }) },
      headers: { authorization: `Bearer ${token()}`, origin },
    });
    expect([statusCode, headers['access-control-allow-origin']]).toEqual([200, origin]);
    const [{ data }] = json<{ payloads: [{ data: string }] }>().payloads;
    expect(JSON.parse(Buffer.from(data, 'base64').toString())).toEqual({ run: 'run-1' });
    expect(audited).toMatchObject([{ actor: 'ann', action: 'codec.decode', details: { audience, payloads: 1 } }]);
  });

  it('takes the token from the cookie that login sets', async () => {
    const running = server();
    const login = await running.inject({
      method: 'POST',
      url: '/login',
      payload: { token: token() },
      headers: { origin },
    });
    const cookie = String(login.headers['set-cookie']);
    expect([login.statusCode, cookie]).toEqual([204, expect.stringContaining('HttpOnly; SameSite=Strict')]);
    const asked = { method: 'POST' as const, url: '/decode', payload: await body(1) };
    expect((await running.inject({ ...asked, headers: { cookie: cookie.split(';')[0]! } })).statusCode).toBe(200);
  });

  it.each([
    ['no token', ''],
    ['a token of another key', token({}, generateKeyPairSync('ed25519').privateKey)],
    ['a token that is over', token({ until: Date.now() - 1 })],
    ['a token of another audience', token({ audience: 'model-partner' })],
    ['a person who is not granted', token({ subject: 'eve' })],
    ['a changed token', token().replace(/^./, 'X')],
  ])('opens nothing for %s', async (_, text) => {
    const request = { method: 'POST' as const, url: '/decode', payload: await body('secret') };
    const answer = await server().inject({ ...request, headers: { authorization: `Bearer ${text}` } });
    expect([answer.statusCode, audited]).toEqual([401, []]);
    expect(answer.body).not.toContain('secret');
  });

  it('ends a token with the grant', async () => {
    const request = { method: 'POST' as const, url: '/decode', payload: await body(1) };
    const headers = { authorization: `Bearer ${token()}` };
    people = [];
    expect((await server().inject({ ...request, headers })).statusCode).toBe(401);
  });

  it('answers no other origin, and no one too often', async () => {
    const running = server(3);
    const request = { method: 'POST' as const, url: '/decode', payload: await body(1) };
    const headers = { authorization: `Bearer ${token()}` };
    expect((await running.inject({ ...request, headers: { ...headers, origin: 'http://evil' } })).statusCode).toBe(403);
    const codes: number[] = [];
    for (let time = 0; time < 5; time++) codes.push((await running.inject({ ...request, headers })).statusCode);
    expect(codes).toEqual([200, 200, 200, 429, 429]);
  });

  it('says of a payload of another key that it cannot be opened, and does not log a reading', async () => {
    const other = new SealingCodec(holding({ current: 'k2', keys: { k2: randomBytes(32) } }));
    const request = { method: 'POST' as const, url: '/decode', payload: await body(1, other) };
    const { statusCode } = await server().inject({ ...request, headers: { authorization: `Bearer ${token()}` } });
    expect([statusCode, audited]).toEqual([422, []]);
  });
});

describe('a token', () => {
  it('says who, for which audience, until when', () => {
    const until = later();
    expect(checkToken(token({ until }), publicKey, until - 1)).toEqual({ subject: 'ann', audience, until });
    expect(checkToken(token({ until }), publicKey, until)).toBeNull();
    for (const text of ['', '.', 'a.b', 'a.b.c', 'x'.repeat(5_000)]) expect(checkToken(text, publicKey, 0)).toBeNull();
  });
});
