import { describe, expect, it } from 'vitest';
import { eventOf, row } from './copilot-telemetry.ts';

const promptEvent = (prompt: unknown, properties: object = {}) =>
  eventOf('engine.prompt', { promptJson: JSON.stringify(prompt), ...properties });

describe('Copilot prompts', () => {
  it('give the document its path and take quotes out', () => {
    const prefix = '# Path: src/a.py\n# Compare this snippet from lib/b.py:\n# x = 1\nimport a\n';
    const event = promptEvent(
      { prefix, context: ['# Path: c.py\n# y = 2', 'z = 3'] },
      { promptSuffixJson: '"\\nend"' },
    );
    expect(event.type).toBe('generated');
    expect(event.document).toEqual({ path: 'src/a.py', language: 'python' });
    expect(event.prompt).toEqual({
      prefix: { raw: 'import a\n' },
      suffix: { raw: '\nend' },
      context: [
        { path: 'c.py', text: { raw: 'y = 2' } },
        { text: { raw: 'z = 3' }, unsourced: true },
        { path: 'lib/b.py', text: { raw: 'x = 1\n' } },
      ],
    });
  });

  it('have the path among the context where the prefix has no header', () => {
    expect(promptEvent({ prefix: 'x', context: ['Path: src/a.py'] }).document.path).toBe('src/a.py');
    expect(promptEvent({ prefix: '# Path: b.py\nx', context: ['Path: src/a.py'] }).document.path).toBe('b.py');
  });

  it('leave the path out where nothing names it', () => {
    const event = promptEvent({ prefix: 'import a\n', context: [] });
    expect(event.document).toEqual({ language: 'python' });
    expect(event.prompt?.prefix).toEqual({ raw: 'import a\n' });
  });

  it('are joined again from their parts', () => {
    const whole = JSON.stringify({ prefix: `# Path: a.py\n${'x'.repeat(150_000)}`, context: [] });
    const parts: Record<string, string> = {};
    for (let part = 0; part * 8192 < whole.length; part++) {
      parts[part === 0 ? 'promptJson' : `promptJson_${String(part + 1).padStart(2, '0')}`] = whole.slice(
        part * 8192,
        (part + 1) * 8192,
      );
    }
    expect(Object.keys(parts)).toContain('promptJson_19');
    expect(eventOf('engine.prompt', parts).prompt?.prefix?.raw).toBe('x'.repeat(150_000));
    for (const lost of ['promptJson', 'promptJson_02', 'promptJson_10']) {
      expect(row('engine.prompt', { ...parts, [lost]: undefined })).toMatchObject({ reason: 'schema' });
    }
  });

  it('may be one text, or absent', () => {
    expect(promptEvent('# Path: a.py\nx')).toMatchObject({
      document: { path: 'a.py' },
      prompt: { prefix: { raw: 'x' } },
    });
    expect(eventOf('engine.prompt')).not.toHaveProperty('prompt');
  });

  it.each<[string, string]>([
    ['{"prefix": "x', 'schema'],
    ['not json', 'schema'],
    ['', 'schema'],
    ['7', 'schema'],
    ['[]', 'schema'],
    ['{"prefix": 1}', 'schema'],
    ['{"prefix": "x", "context": "y"}', 'schema'],
    ['{"prefix": "x", "context": [{"text": "y"}]}', 'schema'],
    ['{"prefix": "x", "context": [null]}', 'schema'],
    ['{"prefix": "x", "prefix": "y"}', 'duplicate_key'],
    ['{"prefix": "\\ud800"}', 'lone_surrogate'],
    ['{"prefix": "x", "a": 1e999}', 'not_finite'],
    ['{"prefix": "x", "__proto__": {}}', 'forbidden_key'],
    [`{"prefix": "x", "a": ${'['.repeat(1000)}`, 'too_deep'],
  ])('%s is refused as %s', (promptJson, reason) => {
    expect(row('engine.prompt', { promptJson })).toMatchObject({
      reason,
      rule: expect.stringContaining('properties.promptJson') as string,
      events: [],
    });
  });
});
