import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { adapt } from '../../../curation/events/adapters.ts';
import { filesIn, hasShared, rowsOf, SHARED } from './source.ts';

describe.skipIf(!hasShared)('real telemetry', () => {
  it('becomes an event line by line, of the types that a plain count gives', async () => {
    const folder = join(SHARED, 'data/coderec');
    const counted: Record<string, number> = {};
    const adapted: Record<string, number> = {};
    const bare: string[] = [];
    for (const file of filesIn('data/coderec')) {
      for (const [, name] of readFileSync(join(folder, file), 'utf8').matchAll(
        /^\{"name": "copilot\/([A-Za-z.]+)"/gm,
      )) {
        counted[name!] = (counted[name!] ?? 0) + 1;
      }
      for (const { reason, events, line } of await rowsOf(join(folder, file), 'copilot')) {
        expect([file, line, reason, events.length]).toEqual([file, line, undefined, 1]);
        const { type, prompt, completion, document, user, requestId } = events[0]!;
        const kind = prompt ? 'prompt' : completion ? 'completion' : type;
        adapted[kind] = (adapted[kind] ?? 0) + 1;
        expect(user).toMatchObject({ plan: 'pro' });
        expect(requestId).toMatch(/^[0-9a-f-]{36}$/);
        if (prompt && document.path === undefined) bare.push(prompt.prefix!.raw);
        if (document.path !== undefined) expect(document.path).toBe('write_code_here.py');
        expect(prompt?.prefix?.raw ?? '').not.toContain('Path: ');
      }
    }
    expect(adapted).toEqual({
      prompt: counted['engine.prompt'],
      completion: counted['engine.completion'],
      shown: counted['ghostText.shown'],
      accepted: counted['ghostText.accepted'],
      rejected: counted['ghostText.rejected'],
      retained: counted['ghostText.stillInCode'],
    });
    expect(adapted['shown']).toBe(1017);
    expect(bare).toEqual(Array.from({ length: 25 }, () => ''));
  });

  it('has ids that tell its records apart', () => {
    const digests = new Set<string>();
    const lines = filesIn('data/coderec').flatMap((file) =>
      readFileSync(join(SHARED, 'data/coderec', file), 'utf8')
        .split('\n')
        .filter(Boolean),
    );
    for (const line of lines) {
      const digest = createHash('sha256').update(line).digest('hex');
      const adapted = adapt('copilot', JSON.parse(line) as Record<string, unknown>, digest, { roots: [] });
      expect(adapted).toMatchObject({ kind: 'events', candidates: [{ id: digest }] });
      digests.add(digest);
    }
    expect(digests.size).toBe(new Set(lines).size);
  });
});
