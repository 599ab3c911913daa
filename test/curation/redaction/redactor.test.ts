import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadBuiltinRules } from '../../../config/redaction.ts';
import { createRedactor, SEAM_REACH } from '../../../curation/redaction/redactor.ts';
import { unitsRead } from './steps.ts';
import type { JudgedText } from '../../../curation/text.ts';
import { positives } from './labelled/positives.ts';
import { Maker } from './labelled/maker.ts';
import { negatives } from './labelled/look-alikes.ts';
import { isLeft } from './labelled/measure.ts';

const redactor = createRedactor(loadBuiltinRules());
const judged = (...fields: string[]): JudgedText[] => fields as JudgedText[];
const set = positives(99, 2);
const plain = negatives(98, 4);
const arbitraryText = fc
  .array(
    fc.oneof(
      fc.constantFrom(...set.map((item) => item.text)),
      fc.constantFrom(...plain.map((item) => item.text)),
      fc.string(),
    ),
    { maxLength: 6 },
  )
  .map((parts) => parts.join('\n'));

describe('laws of redaction', () => {
  it('redacts nothing more the second time', () => {
    fc.assert(
      fc.property(arbitraryText, (text) => {
        const once = redactor.redactText(text as JudgedText).text;
        const twice = redactor.redactText(once as string as JudgedText);
        expect(twice.findings).toEqual([]);
        expect(twice.text).toBe(once);
      }),
      { numRuns: 150 },
    );
  });

  it('maps offsets back: the text outside the findings is the text outside the placeholders', () => {
    fc.assert(
      fc.property(arbitraryText, (text) => {
        const { text: redacted, findings } = redactor.redactText(text as JudgedText);
        let rebuilt = '';
        let from = 0;
        for (const finding of findings) {
          expect(finding.start).toBeGreaterThanOrEqual(from);
          expect(finding.end).toBeGreaterThan(finding.start);
          rebuilt += text.slice(from, finding.start) + finding.placeholder;
          from = finding.end;
        }
        expect(rebuilt + text.slice(from)).toBe(redacted);
      }),
      { numRuns: 150 },
    );
  });

  it('finds a secret wherever the text is cut into fields', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...set),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (item, a, b) => {
          const [low, high] = [a, b].sort((x, y) => x - y).map((share) => Math.floor(share * item.text.length)) as [
            number,
            number,
          ];
          const { fields } = redactor.redact(
            judged(item.text.slice(0, low), item.text.slice(low, high), item.text.slice(high)),
          );
          for (const secret of item.secrets)
            for (const field of fields) expect(isLeft(secret, field) && secret.length >= 8).toBe(false);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('finds in joined fields what each shows alone, and besides it only what stands near a seam', () => {
    const piece = fc.constantFrom(...set.map((item) => item.text), ...plain.map((item) => item.text));
    const filler = 'const total = count + 1;\n'.repeat(Math.ceil(SEAM_REACH / 20));
    const field = fc.tuple(piece, fc.boolean(), piece).map(([a, far, b]) => (far ? a + filler + b : a + b));
    fc.assert(
      fc.property(fc.array(field, { minLength: 1, maxLength: 3 }), (fields) => {
        const joined = redactor.redact(judged(...fields)).findings;
        fields.forEach((text, index) => {
          const own = joined.filter((finding) => finding.field === index);
          const alone = redactor.redactText(text as JudgedText).findings;
          for (const found of alone)
            expect(
              own.some((finding) => finding.start <= found.start && finding.end >= found.end),
              found.rule,
            ).toBe(true);
          for (const finding of own) {
            const nearSeam =
              (index > 0 && finding.start < SEAM_REACH) ||
              (index < fields.length - 1 && finding.end > text.length - SEAM_REACH);
            const known = alone.some((found) => found.start < finding.end && found.end > finding.start);
            const repeats = joined.some(
              (other) =>
                other !== finding &&
                other.rule === finding.rule &&
                other.end - other.start === finding.end - finding.start,
            );
            expect(nearSeam || known || repeats, finding.rule).toBe(true);
          }
        });
      }),
      { numRuns: 60 },
    );
  });

  it('lets no words of one field excuse a secret in the next', () => {
    const key = 'api_key = "UquPiaqRqDTmycbCHM3zxrdSZQS5Zrkr"\n';
    const { fields } = redactor.redact(judged('// RFC 4231 test vector\n', key));
    expect(fields[1]).toBe('api_key = "<KEY>"\n');
  });
});

describe('fields', () => {
  const token = `ghp_${new Maker(5).chars('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789', 36)}`;

  it('cuts a secret that straddles boundaries out of every field and counts it once', () => {
    const result = redactor.redact(
      judged(`const t = '${token.slice(0, 12)}`, token.slice(12, 30), `${token.slice(30)}';\n`),
    );
    expect(result.fields).toEqual(["const t = '<TOKEN>", '<TOKEN>', "<TOKEN>';\n"]);
    expect(result.counts).toEqual({ 'github-token': 1 });
    expect(result.findings).toEqual([
      { rule: 'github-token', field: 0, start: 11, end: 23 },
      { rule: 'github-token', field: 1, start: 0, end: 18 },
      { rule: 'github-token', field: 2, start: 0, end: 10 },
    ]);
    expect(result.covered[1]).toBe(1);
    expect(result.covered[0]).toBeCloseTo(12 / 20);
  });

  it('leaves fields without findings as they are, empty ones too', () => {
    const result = redactor.redact(judged('', 'let a = 1;\n', ''));
    expect(result).toEqual({ fields: ['', 'let a = 1;\n', ''], findings: [], counts: {}, covered: [0, 0, 0] });
  });

  it('cuts out other places of a secret that was found', () => {
    const { text } = redactor.redactText('password = "Vx7-kettle-Moon"\n// was Vx7-kettle-Moon before\n' as JudgedText);
    expect(text).toBe('password = "<PASSWORD>"\n// was <PASSWORD> before\n');
  });

  it('cuts out a token that a zero-width space splits', () => {
    const { text } = redactor.redactText("const t = 'ghp_YTx5P3cgtq\u200baNjyukLwykv2WRsi6zXGf4i29t';" as JudgedText);
    expect(text).toBe("const t = '<TOKEN>';");
  });

  it('replaces addresses by private ones, the same by the same', () => {
    const { text } = redactor.redactText(
      'a 81.169.145.66 b 93.184.216.35 c 81.169.145.66 d 2a01:4f8:c17:b8f::2' as JudgedText,
    );
    expect(text).toBe('a 10.0.0.1 b 10.0.0.2 c 10.0.0.1 d fd00::3');
  });
});

describe('what stands near a keyword by chance', () => {
  const maker = new Maker(17);
  const base64 = (length: number): string =>
    maker.chars('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/', length);
  const hex = (length: number): string => maker.chars('0123456789abcdef', length);
  const certificate = ['pw', 'key', 'pat', 'jwt', 'pass', 'auth'].map((word) => `${base64(60 - word.length)}+/${word}`);

  it.each([
    ['the lines of a certificate', `-----BEGIN CERTIFICATE-----\nMIIG${base64(1)}TCCB${certificate.join('\n')}\n`],
    [
      'code between the marks of a key',
      '.replace("-----BEGIN PRIVATE KEY-----", "").replaceAll("-----END PRIVATE KEY-----", "");',
    ],
    ['hashes under the heading of a lock file', `SPEC CHECKSUMS:\n  Alamo: ${hex(40)}\n  FirebaseAuth: ${hex(40)}\n`],
    [
      'the public key of a mail server',
      `mail._domainkey IN TXT "v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEB${base64(120)}"`,
    ],
    ['the pattern of an address', 'fmt.Sprintf("mysql://%s:%s@tcp(%s)/%s", user, password, host, name)'],
  ])('is not cut out: %s', (_, text) => {
    expect(redactor.redactText(text as JudgedText).findings).toEqual([]);
  });

  it.each([
    ['braces of Tcl', 'set password {cactus223Rabbit}', 'cactus223Rabbit'],
    ['a sentence', '-- sign in as jane (jane@acme.io, password saffron-dragon6856)', 'saffron-dragon6856'],
    ['an upload', 'twine upload -u deploy -p ginger-badger7742 dist/*', 'ginger-badger7742'],
    ['a secure string', '$cred = ConvertTo-SecureString "lantern552Dragon" -AsPlainText -Force', 'lantern552Dragon'],
  ])('is cut out of %s', (_, text, secret) => {
    expect(redactor.redactText(text as JudgedText).text).not.toContain(secret);
  });
});

describe('time', () => {
  it.each([
    'key_',
    'key = [1, ',
    'aes_key[16] = { 0x85, 0x21, ',
    'key = "\\\\x85',
    'password=xXpQl',
    'password=',
    'password,',
    'password; ',
    'password = q{',
    'eyJ-',
    'ghp_","',
    '-----BEGIN PRIVATE KEY-----',
    '"+"',
    '\\n',
    '1.2.',
    '://a',
    'seed ',
    '%41',
  ])('reads four times as much of a text of %j where that is four times as long', (piece) => {
    const redactAll = (length: number) => (): void =>
      void redactor.redactText(piece.repeat(Math.ceil(length / piece.length)) as JudgedText);
    const once = unitsRead(redactAll(4000));
    expect(once).toBeGreaterThan(4000);
    expect(unitsRead(redactAll(16_000)) / once).toBeLessThan(5);
  });
});

describe('the version', () => {
  it('depends on the rules and on nothing else', () => {
    const rules = loadBuiltinRules();
    expect(createRedactor(rules).version).toBe(redactor.version);
    expect(createRedactor(rules.slice(1)).version).not.toBe(redactor.version);
  });
});
