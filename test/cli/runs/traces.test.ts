import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { filesUnder, workplace } from '../../command.ts';

interface Span {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  attributes: { key: string; value: { stringValue?: string } }[];
  status: { code?: number; message?: string };
  events: unknown[];
}
interface Received {
  resourceSpans: { scopeSpans: { spans: Span[] }[] }[];
}

const INPUT = ['--input', 'sample/events', '--facts', 'sample/facts', '--now', '2026-05-10', '--shard-bytes', '64KB'];
const place = workplace('traces');
/** What the collector was sent, as it came. */
const bodies: string[] = [];
let collector: Server;
let spans: Span[];

async function run(...args: string[]): Promise<number | null> {
  const { port } = collector.address() as AddressInfo;
  const child = place.start('run', ...args, '--traces', `http://127.0.0.1:${port}`, '--plain', '--json');
  const [status] = (await once(child, 'exit')) as [number | null];
  return status;
}

beforeAll(async () => {
  collector = createServer((request, reply) => {
    let body = '';
    request.on('data', (part) => (body += String(part)));
    request.on('end', () => {
      bodies.push(body);
      reply.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  }).listen(0, '127.0.0.1');
  await once(collector, 'listening');
  expect(place.garner('generate', '--events', '300', '--seed', '3', '--out', 'sample').status).toBe(0);
  expect(await run(...INPUT)).toBe(0);
  spans = received();
});
afterAll(() => {
  collector.close();
  place.remove();
});

function received(): Span[] {
  return bodies
    .map((body) => JSON.parse(body) as Received)
    .flatMap(({ resourceSpans }) =>
      resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans)),
    );
}

/** Names from a span up to the root of its trace. */
function chain(span: Span): string[] {
  const above = spans.find(({ spanId }) => spanId === span.parentSpanId);
  return [span.name, ...(above ? chain(above) : [])];
}

describe('the traces of a run', () => {
  it('go from the run by the stage to every shard, in one trace', () => {
    const shards = spans.filter(({ name }) => name === 'RunActivity:admit');
    expect(shards.length).toBeGreaterThan(1);
    for (const shard of shards)
      expect(chain(shard)).toEqual([
        'RunActivity:admit',
        'StartActivity:admit',
        'RunWorkflow:page',
        'StartChildWorkflow:page',
        'RunWorkflow:curate',
      ]);
    for (const stage of ['plan', 'select', 'settle', 'publish'])
      expect(spans.map(({ name }) => name)).toContain(`RunActivity:${stage}`);
    expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1);
  });

  it('hold opaque ids and nothing else', () => {
    const keys = new Set(spans.flatMap(({ attributes }) => attributes.map(({ key }) => key)));
    expect([...keys].sort()).toEqual(['garner.run', 'garner.unit']);
    const values = spans.flatMap(({ attributes }) => attributes.map(({ value }) => value.stringValue));
    for (const value of values) expect(value).toMatch(/^(run-[0-9a-f]{16}(-[a-z]+-\d+)?|[a-zA-Z]+-\d+|\d+)$/);
    for (const span of spans) expect([span.events, span.status.message]).toEqual([[], undefined]);
  });

  it('say of a stage that failed that it failed, not the message, which names files', async () => {
    const [manifest] = filesUnder(place.path('garner-out/datasets')).filter((file) =>
      file.endsWith('manifest.dsse.json'),
    );
    writeFileSync(manifest!, readFileSync(manifest!, 'utf8').replace('"payload":"', '"payload":"AAAA'));
    bodies.length = 0;
    expect(await run(...INPUT)).toBe(3);
    const failed = received().filter(({ status }) => status.code === 2);
    expect(failed.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['RunActivity:publish', 'StartActivity:publish', 'RunWorkflow:curate']),
    );
    expect(bodies.join('\n')).not.toMatch(/datasets|manifest|garner-out|consents|sample/);
  });
});
