/** Checking a published folder: every way of tampering is found and named. */
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { dataFiles, type DatasetFacts } from '../../../curation/formats/facts.ts';
import { checkDataset, type CheckInput, type CheckResult, type FoundFile } from '../../../curation/proof/check.ts';
import { keyidOf, sign, verify, type Envelope } from '../../../curation/proof/dsse.ts';
import {
  DATASET_PREDICATE,
  datasetStatement,
  parseStatement,
  provenanceStatement,
  storedStatement,
} from '../../../curation/proof/statement.ts';
import { formatSums } from '../../../curation/proof/sums.ts';
import { sampleFacts, sha256 } from '../formats/sample.ts';

const publisher = generateKeyPairSync('ed25519');
const stranger = generateKeyPairSync('ed25519');
const keyid = keyidOf(publisher.publicKey);
const trust = [{ keyid, key: publisher.publicKey }];
const pemOf = (key: KeyObject): string => key.export({ type: 'spki', format: 'pem' }) as string;
const publicKeys = { [keyid]: pemOf(publisher.publicKey) };

interface Published {
  facts: DatasetFacts;
  plain: { path: string; sha256: string; bytes: number }[];
  files: FoundFile[];
  sums: string;
  envelopes: Envelope[];
}

/** A folder as it is published; `sealed` encrypts the data files and keeps their plaintext digests unknown to the reader. */
function publish(options: { sealed?: boolean; facts?: DatasetFacts; key?: KeyObject; keyid?: string } = {}): Published {
  const facts = options.facts ?? sampleFacts();
  const texts = ['README.md', 'croissant.json', 'report.html'].map((path) => ({
    path,
    sha256: sha256(path),
    bytes: 500,
  }));
  const plain = [...dataFiles(facts).map(({ path, sha256, bytes }) => ({ path, sha256, bytes })), ...texts];
  const files = plain.map(({ path, sha256: digest, bytes }): FoundFile => {
    if (!options.sealed || !path.startsWith('data/')) return { path, size: bytes, stored: digest };
    return { path: `${path}.age`, size: bytes + 200, stored: sha256(`sealed ${path}`) };
  });
  const sums = formatSums(files.map(({ path, stored }) => ({ path, sha256: stored })));
  files.push({ path: 'SHA256SUMS', size: sums.length, stored: sha256(sums) });
  const stored = files.map(({ path, stored, size }) => ({ path, sha256: stored, size }));
  const envelopes = [
    datasetStatement(facts, plain),
    provenanceStatement(facts, plain, 'urn:garner:builder:local'),
    storedStatement(facts, stored),
  ].map((statement) => sign(statement, options.key ?? publisher.privateKey, options.keyid ?? keyid));
  return { facts, plain, files, sums, envelopes };
}

function check(published: Published, changes: Partial<CheckInput> = {}): CheckResult {
  const { envelopes, files, sums } = published;
  return checkDataset({ envelopes, publicKeys, files, sums, trust, ...changes });
}

const named = (result: CheckResult): string[] =>
  result.problems.map(({ file, problem }) => `${file ?? '-'}: ${problem}`);
const changeFile = (files: FoundFile[], path: string, change: Partial<FoundFile>): FoundFile[] =>
  files.map((file) => (file.path === path ? { ...file, ...change } : file));
/** The dataset statement with a change, signed anew by the publisher: what a careless publisher would sign. */
function resigned(published: Published, change: (predicate: Record<string, never>) => void, at = 0): Envelope[] {
  const payload = JSON.parse(Buffer.from(published.envelopes[at]!.payload, 'base64').toString()) as {
    predicate: Record<string, never>;
  };
  change(payload.predicate);
  const envelope = sign(Buffer.from(JSON.stringify(payload)), publisher.privateKey, keyid);
  return published.envelopes.map((one, index) => (index === at ? envelope : one));
}

const FIRST = 'data/kto/train-00000-of-00002.parquet';
const SECOND = 'data/kto/train-00001-of-00002.parquet';

describe('a dataset as published', () => {
  it.each([false, true])('has no problems and a trusted signer (encrypted: %s)', (sealed) => {
    const published = publish({ sealed });
    const result = check(published);
    expect(named(result)).toEqual([]);
    expect(result.signer).toBe('trusted');
    expect(result.keyids).toEqual([keyid]);
    expect(result.dataset?.counts).toEqual(published.facts.counts);
  });

  it('is checked as well after it was decrypted, with sums of its own', () => {
    const { envelopes, plain } = publish({ sealed: true });
    const files = plain.map(({ path, sha256, bytes }) => ({ path, stored: sha256, size: bytes }));
    const sums = formatSums(plain);
    const opened = [...files, { path: 'SHA256SUMS', size: sums.length, stored: sha256(sums) }];
    expect(named(check({ ...publish(), envelopes, files: opened, sums }))).toEqual([]);
    expect(named(check({ ...publish({ sealed: true }), files, sums: undefined as never }))).toEqual([
      'SHA256SUMS: It is missing.',
    ]);
  });

  it('attests the same bytes for the same facts, whatever their order', () => {
    const facts = sampleFacts();
    const turned = {
      ...facts,
      inputs: [...facts.inputs].reverse(),
      reasons: Object.fromEntries(Object.entries(facts.reasons).reverse()),
    };
    const { plain } = publish();
    expect(datasetStatement(turned, [...plain].reverse()).equals(datasetStatement(facts, plain))).toBe(true);
    expect(provenanceStatement(turned, plain, 'urn:b').equals(provenanceStatement(facts, plain, 'urn:b'))).toBe(true);
  });

  it('attests every file by its plaintext, the inputs by digest alone', () => {
    const { plain, envelopes, facts } = publish({ sealed: true });
    const statement = parseStatement(verify(envelopes[0], trust).payload);
    expect(statement.predicateType).toBe(DATASET_PREDICATE);
    expect([...statement.subjects]).toEqual(plain.map(({ path, sha256 }) => [path, sha256]).sort());
    const provenance = parseStatement(verify(envelopes[1], trust).payload).predicate as {
      buildDefinition: { resolvedDependencies: { name: string; digest: { sha256: string } }[] };
    };
    const inputs = provenance.buildDefinition.resolvedDependencies.filter(({ name }) => name === 'input');
    expect(inputs.map(({ digest }) => digest.sha256)).toEqual(facts.inputs);
  });

  it('is not attested where a written file is not the one that was counted', () => {
    const { facts, plain } = publish();
    const other = plain.map((file) => (file.path === FIRST ? { ...file, sha256: sha256('other') } : file));
    expect(() => datasetStatement(facts, other)).toThrow(new RegExp(FIRST));
    expect(() => datasetStatement(facts, plain.slice(1))).toThrow(/render it again/);
  });
});

describe('who signed', () => {
  it('says that a signer is unknown, though everything fits', () => {
    const result = check(publish(), { trust: [] });
    expect(result.signer).toBe('unknown');
    expect(named(result)).toEqual([`manifest.dsse.json: It is signed by a key that you do not trust (${keyid}).`]);
    expect(result.problems[0]!.todo).toMatch(/--trust/);
  });

  it('does not believe a stranger who brings a key along', () => {
    const strange = keyidOf(stranger.publicKey);
    const published = publish({ key: stranger.privateKey, keyid: strange });
    expect(check(published, { publicKeys: { [strange]: pemOf(stranger.publicKey) } }).signer).toBe('unknown');
  });

  it.each<[string, Partial<CheckInput>]>([
    ['in the name of a trusted key', {}],
    [
      'in the name of a trusted key, with the own key carried along',
      { publicKeys: { [keyid]: pemOf(stranger.publicKey) } },
    ],
  ])('calls a signature %s forged', (_, changes) => {
    const result = check(publish({ key: stranger.privateKey }), changes);
    expect(result.signer).toBe('forged');
    expect(result.problems[0]!.problem).toMatch(/changed or forged/);
  });

  it('does not believe a revoked key', () => {
    const result = check(publish(), { trust: [{ ...trust[0]!, revoked: true }] });
    expect(result.signer).toBe('revoked');
    expect(result.problems).toHaveLength(1);
  });

  it('finds missing and stripped signatures', () => {
    const { envelopes } = publish();
    expect(check(publish(), { envelopes: [] })).toMatchObject({ signer: 'unsigned' });
    const stripped = envelopes.map((envelope, at) => (at === 1 ? { ...envelope, signatures: [] } : envelope));
    expect(check(publish(), { envelopes: stripped })).toMatchObject({ signer: 'unsigned' });
  });

  it('finds a payload that was edited under its signature', () => {
    const { envelopes } = publish();
    const [dataset, ...others] = envelopes;
    const text = Buffer.from(dataset!.payload, 'base64').toString().replace('"examples":600', '"examples":601');
    const result = check(publish(), {
      envelopes: [{ ...dataset!, payload: Buffer.from(text).toString('base64') }, ...others],
    });
    expect(result.signer).toBe('forged');
  });

  it('finds a statement that was left out, doubled or taken from another dataset', () => {
    const { envelopes } = publish();
    const other = publish({ facts: sampleFacts({ policyDigest: sha256('other policy'), digest: sha256('other') }) });
    expect(named(check(publish(), { envelopes: envelopes.slice(1) }))).toContain(
      'manifest.dsse.json: The manifest has no dataset statement.',
    );
    expect(named(check(publish(), { envelopes: [envelopes[0]!, envelopes[2]!] }))).toContain(
      'manifest.dsse.json: The manifest has no provenance statement.',
    );
    expect(named(check(publish(), { envelopes: [...envelopes, envelopes[0]!] }))[0]).toMatch(/two of its kind/);
    expect(named(check(publish(), { envelopes: [envelopes[0]!, other.envelopes[1]!, other.envelopes[2]!] }))).toEqual([
      'manifest.dsse.json: The provenance names other inputs, policy or facts than the dataset statement.',
      'manifest.dsse.json: The statement of stored files belongs to another dataset.',
    ]);
  });
});

describe.each([false, true])('files that are not as attested (encrypted: %s)', (sealed) => {
  const published = publish({ sealed });
  const at = (path: string): string => (sealed ? `${path}.age` : path);
  const files = published.files;
  const first = files.find(({ path }) => path === at(FIRST))!;
  const second = files.find(({ path }) => path === at(SECOND))!;

  it.each<[string, FoundFile[], string[]]>([
    ['missing', files.filter((file) => file !== first), [`${at(FIRST)}: It is missing.`]],
    [
      'extra',
      [...files, { path: 'data/kto/more.parquet', size: 1, stored: sha256('more') }],
      ['data/kto/more.parquet: It is not part of the dataset.'],
    ],
    [
      'cut',
      changeFile(files, at(FIRST), { size: 10, stored: sha256('cut') }),
      [`${at(FIRST)}: It was cut: 10 of ${first.size} bytes are there.`],
    ],
    [
      'changed',
      changeFile(files, at(FIRST), { stored: sha256('flipped') }),
      [`${at(FIRST)}: Its content was changed.`],
    ],
    [
      'swapped',
      changeFile(changeFile(files, at(FIRST), { stored: second.stored, size: second.size }), at(SECOND), {
        stored: first.stored,
        size: first.size,
      }),
      [
        `${at(FIRST)}: It holds the content of ${at(SECOND)}: the files were swapped.`,
        `${at(SECOND)}: It holds the content of ${at(FIRST)}: the files were swapped.`,
      ],
    ],
    [
      'the card edited',
      changeFile(files, 'README.md', { stored: sha256('better') }),
      ['README.md: The card was edited after it was signed.'],
    ],
    [
      'SHA256SUMS changed',
      changeFile(files, 'SHA256SUMS', { stored: sha256('x') }),
      ['SHA256SUMS: Its content was changed.'],
    ],
    ['SHA256SUMS missing', files.filter(({ path }) => path !== 'SHA256SUMS'), ['SHA256SUMS: It is missing.']],
  ])('finds and names a file that is %s', (_, changed, expected) => {
    const result = check(published, { files: changed });
    expect(named(result).sort()).toEqual(expected.sort());
    expect(result.problems.every(({ todo }) => todo.length > 10)).toBe(true);
  });

  it('finds a file under another name', () => {
    const renamed = files.map((file) => (file === first ? { ...file, path: at('data/kto/other.parquet') } : file));
    const found = named(check(published, { files: renamed })).join('\n');
    expect(found).toContain(`${at(FIRST)}: It is missing.`);
    expect(found).toContain(`${at('data/kto/other.parquet')}: It is not part of the dataset`);
  });
});

describe('encrypted files', () => {
  const published = publish({ sealed: true });
  it('accepts what decrypts to the attested content, and says where it was encrypted otherwise', () => {
    const opened = published.files.map((file) => (file.path.endsWith('.age') ? { ...file, plain: published.plain.find(({ path }) => `${path}.age` === file.path)!.sha256 } : file)); // prettier-ignore
    expect(named(check(published, { files: opened }))).toEqual([]);
    const rewrapped = changeFile(opened, `${FIRST}.age`, { stored: sha256('rewrapped') });
    expect(named(check(published, { files: rewrapped }))[0]).toMatch(/encrypted otherwise than attested/);
    const other = changeFile(opened, `${FIRST}.age`, { plain: sha256('other text') });
    expect(named(check(published, { files: other }))).toEqual([`${FIRST}.age: Its content was changed.`]);
  });

  it('says that nothing attests an encrypted file where the stored sums are missing', () => {
    const result = check(published, { envelopes: published.envelopes.slice(0, 2), sums: undefined });
    expect(result.problems[0]!.problem).toMatch(/nothing attests its encrypted form/);
  });
});

describe('figures that do not add up', () => {
  const published = publish();
  type Predicate = { counts: Record<string, number>; reasons: Record<string, number>; splits: Record<string, Record<string, Record<string, number>>>; version: string; digest: string; files: Record<string, Record<string, number>> }; // prettier-ignore
  it.each<[string, (predicate: Predicate) => void, RegExp]>([
    ['records', (p) => (p.counts['records'] = 1), /kept 6000 \+ excluded 6300 \+ rejected 45 are not the 1 records/],
    ['reasons', (p) => (p.reasons['schema'] = 6), /rejected records add up to 46, not 45/],
    ['a reason that does not exist', (p) => (p.reasons['whim'] = 1), /"whim" is no known reason/],
    ['examples', (p) => (p.counts['examples'] = 599), /labels add up to 600, not to 599/],
    [
      'a split',
      (p) => (p.splits['kto']!['train']!['examples'] = 5),
      /Split kto\/train claims 5 examples, its files add up to 520/,
    ],
    ['a split left out', (p) => delete p.splits['sft'], /Split sft\/train has files but is not claimed/],
    ['the digest', (p) => (p.digest = sha256('x')), /digest claimed is not that/],
    [
      'a file that is counted but not attested',
      (p) => (p.files['data/kto/x.parquet'] = { bytes: 1 }),
      /files counted are not/,
    ],
    ['the version', (p) => (p.version = '2026-05-01_2026-05-07-000000000000'), /does not follow from the window/],
  ])('finds %s', (_, change, message) => {
    const envelopes = resigned(published, change as never);
    const result = check(published, { envelopes });
    expect(result.signer).toBe('trusted');
    expect(named(result).join('\n')).toMatch(message);
  });

  it('refuses a statement that lacks fields', () => {
    for (const field of ['counts', 'window', 'files', 'ledger', 'inputs']) {
      const envelopes = resigned(published, (predicate) => delete predicate[field]);
      expect(named(check(published, { envelopes })).at(-1)).toMatch(/lacks fields/);
    }
  });

  it('counts rows against the attested examples', () => {
    expect(named(check(published, { rows: { [FIRST]: 300 } }))).toEqual([]);
    expect(named(check(published, { rows: { [FIRST]: 299 } }))).toEqual([
      `${FIRST}: It has 299 rows, 300 are attested.`,
    ]);
  });

  it('finds components that stand in two splits', () => {
    const components = { train: ['a', 'b', 'a'], validation: ['c'], test: ['d'] };
    expect(named(check(published, { components }))).toEqual([]);
    const leaking = { ...components, test: new Set(['b', 'c', 'a']) };
    expect(named(check(published, { components: leaking }))).toEqual([
      '-: Splits train and test share 2 components.',
      '-: Splits validation and test share 1 components.',
    ]);
  });

  it('compares with the ledger, the policy and the folder at hand', () => {
    const { facts } = published;
    const ledger = { root: facts.ledgerRoot, ...facts.counts, reasons: facts.reasons };
    const expected = { name: facts.name, version: facts.version, policyDigest: facts.policyDigest, ledger };
    expect(named(check(published, { expected }))).toEqual([]);
    const wrong = {
      name: 'others',
      policyDigest: sha256('other'),
      ledger: { ...ledger, root: sha256('x'), excluded: 6_299, reasons: { ...facts.reasons, no_consent: 1_199 } },
    };
    expect(named(check(published, { expected: wrong }))).toEqual([
      '-: It says name completions, expected was others.',
      `-: It says policyDigest ${facts.policyDigest}, expected was ${sha256('other')}.`,
      '-: The ledger at hand does not have the attested root.',
      '-: The ledger counts 6299 excluded, the manifest 6300.',
      '-: The ledger counts 1199 of reason no_consent, the manifest 1200.',
    ]);
  });
});
