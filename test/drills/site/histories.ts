/** Golden histories: what real runs left in Temporal, opened and with the places of the drill and the program taken out, as protobuf, gzipped. */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Client } from '@temporalio/client';
import proto from '@temporalio/proto';
import { openKeystore } from '../../../storage/keystore.ts';
import { SealingCodec } from '../../../worker/codec.ts';
import { PROJECT } from '../../command.ts';
import type { Site } from './site.ts';

const FOLDER = join(PROJECT, 'test', 'histories');
type History = Parameters<typeof proto.temporal.api.history.v1.History.encode>[0];

/** Writes every ended workflow of a site to test/histories in place of those of the same name, where GARNER_RECORD is set. */
export async function record(site: Site, name: string): Promise<void> {
  if (!process.env['GARNER_RECORD']) return;
  mkdirSync(FOLDER, { recursive: true });
  for (const file of readdirSync(FOLDER)) if (file.startsWith(`${name}-`)) rmSync(join(FOLDER, file));
  await site.withClient(async (client: Client) => {
    const codec = new SealingCodec(await openKeystore(site.keys));
    let count = 0;
    for await (const { workflowId, runId, type, status } of client.workflow.list({
      query: 'ExecutionStatus != "Running"',
    })) {
      const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
      await opened(history, codec, site.folder);
      const bytes = proto.temporal.api.history.v1.History.encode(history as History).finish();
      const file = `${name}-${String(count++).padStart(2, '0')}-${type}-${status.name.toLowerCase()}.history.gz`;
      writeFileSync(join(FOLDER, file), gzipSync(bytes, { level: 9 }));
    }
  });
}

/** Replaces every sealed payload below a value by what it holds. */
async function opened(value: unknown, codec: SealingCodec, folder: string): Promise<void> {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return;
  for (const [key, child] of Object.entries(value as Record<string, unknown>)) {
    if (isPayload(child)) {
      const [plain] = await codec.decode([child]);
      const text = Buffer.from(plain!.data ?? [])
        .toString('utf8')
        .replaceAll(folder, '/site')
        .replaceAll(PROJECT, '/garner');
      (value as Record<string, unknown>)[key] = { ...plain!, data: Buffer.from(text) };
    } else await opened(child, codec, folder);
  }
}

function isPayload(value: unknown): value is { metadata: Record<string, Uint8Array>; data: Uint8Array } {
  return typeof value === 'object' && value !== null && 'metadata' in value && 'data' in value;
}
