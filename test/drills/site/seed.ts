/** The seed of a drill: given as DRILL_SEED or drawn, printed, and the numbers that follow from it. */
import { createHash, randomInt } from 'node:crypto';

/** Numbers in [0, 1) in a fixed order for a name and seed; prints the seed. */
export function drawsOf(name: string): () => number {
  const seed = process.env['DRILL_SEED'] ?? String(randomInt(1 << 30));
  console.log(`${name}: DRILL_SEED=${seed}`);
  let index = 0;
  return () => createHash('sha256').update(`${name}:${seed}:${index++}`).digest().readUInt32BE(0) / 2 ** 32;
}
