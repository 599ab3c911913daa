/** A run's history as somebody without the codec's keys exports it: every string and every byte of every event. */
import { Client, Connection } from '@temporalio/client';
import { ownServer } from '../../../worker/server/embedded.ts';
import { join } from 'node:path';

/** All histories and descriptions of the runs of an output folder, flattened to bytes. */
export async function exportedHistory(out: string): Promise<{ bytes: Buffer; events: number; runs: number }> {
  const server = await ownServer({ folder: join(out, '.temporal') });
  const parts: Buffer[] = [];
  let [events, runs] = [0, 0];
  try {
    const connection = await Connection.connect({ address: server.address });
    const client = new Client({ connection });
    for await (const { workflowId, raw } of client.workflow.list()) {
      const history = await client.workflow.getHandle(workflowId).fetchHistory();
      events += history.events?.length ?? 0;
      runs++;
      flatten([workflowId, raw, history], parts);
    }
    await connection.close();
  } finally {
    await server.stop();
  }
  return { bytes: Buffer.concat(parts), events, runs };
}

function flatten(value: unknown, into: Buffer[]): void {
  if (value instanceof Uint8Array) into.push(Buffer.from(value), Buffer.from('\n'));
  else if (typeof value === 'string') into.push(Buffer.from(value), Buffer.from('\n'));
  else if (typeof value === 'object' && value !== null) {
    for (const [key, inner] of Object.entries(value)) {
      into.push(Buffer.from(key), Buffer.from('\n'));
      flatten(inner, into);
    }
  }
}
