/** Measures selection: near-duplicates of documents beside a peer, the whole stage on made-up metadata, and what renders the chosen. */
import { benchDocuments } from './selection/documents.ts';
import { benchRender } from './selection/render.ts';
import { benchRows } from './selection/rows.ts';

const ROWS = 200_000;

/** @param rows of metadata: then these alone are measured, in 4 GB */
export async function benchSelection(rows?: number): Promise<Record<string, number | string>[]> {
  if (rows !== undefined) return benchRows(rows, '4GB');
  return [...(await benchDocuments()), ...(await benchRows(ROWS, '512MB')), ...(await benchRender())];
}
