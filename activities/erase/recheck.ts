/** Recheck: finds the examples of published versions that today's facts would not let through: whose user or repositories changed since. */
import { join } from 'node:path';
import { ConfigError } from '../../config/document.ts';
import type { Policy } from '../../config/policy.ts';
import { PURPOSE_PREDICATE } from '../../curation/measurement/disclosure/statement.ts';
import { FingerprintFilter } from '../../curation/overlap/filter.ts';
import { parseManifest } from '../../curation/proof/dsse.ts';
import { parseStatement } from '../../curation/proof/statement.ts';
import { factKey } from '../../curation/rules/facts/entry.ts';
import type { Facts } from '../../curation/rules/facts.ts';
import { compileRules, type Rules } from '../../curation/rules/judge.ts';
import { statesAt } from '../../curation/rules/repository/state.ts';
import { subjectKey } from '../../curation/stages/erasure.ts';
import { KeyedHash } from '../../curation/stages/keyed.ts';
import { KEEP, precedence, drop, type Reason, type Verdict } from '../../curation/verdict.ts';
import { readErasures } from '../../storage/people/erasures.ts';
import { openFacts, type OpenedFacts } from '../../storage/facts.ts';
import { openKeystore, type Keystore } from '../../storage/keystore.ts';
import { MANIFEST, openStore, type ObjectStore } from '../../storage/objects.ts';
import { indexKey, readIndex, type IndexEntry } from './erasure.ts';
import { readTombstone } from './tombstone.ts';

/** Somebody or something that an example is of, found in the facts again by its hash. */
type Subject = { kind: 'user'; id: string } | { kind: 'repository'; host: string; id: number };

export interface AffectedSubject {
  kind: Subject['kind'];
  /** The user's id, without regard to case, or `host/owner/name`. */
  id: string;
  reason: Reason;
  examples: number;
}

export interface RecheckedVersion {
  /** `name/version`. */
  version: string;
  /**
   * `unindexed`: nobody can tell whom it holds. `aggregate`: figures over people, which hold no examples. `withdrawn`: a tombstone
   * stands in its place.
   */
  state: 'clean' | 'affected' | 'unindexed' | 'aggregate' | 'withdrawn';
  examples: number;
  /** Examples that may not be used any more, by the first reason of each. */
  affected: number;
  reasons: Record<string, number>;
  subjects: AffectedSubject[];
  /** Digest of the policy it was made under. */
  policyDigest: string | null;
}

interface RecheckSettings {
  store: ObjectStore;
  keystore: Keystore;
  facts: OpenedFacts;
  /** Of today's policy, bound to today's facts. */
  rules: Rules;
}

/** By what versions are judged again. */
export interface RecheckBasis {
  /** Folder of today's facts. */
  facts: string;
  policy: Policy;
  /** Milliseconds since 1970-01-01 UTC. */
  now: number;
  /** Folder of the keystore; the user's own where undefined. */
  keys?: string;
  /** A folder for the snapshot of the facts. */
  scratch: string;
}

/** Hashes that an example gives, at most: more only make the search for its subjects a little less sharp. */
const KEYS_OF_EXAMPLE = 8;

/** Whether a version has to be issued again: it holds what may not be used any more, or nobody can tell. */
export function mustReissue({ state }: RecheckedVersion): boolean {
  return state === 'affected' || state === 'unindexed';
}

/** `name/version`, sorted, of what is published under a name, of one version, or of all (`wanted` empty). */
export async function publishedVersions(store: ObjectStore, wanted = ''): Promise<string[]> {
  const versions: string[] = [];
  for await (const { key } of store.list('datasets/')) {
    const [, name, version, file, more] = key.split('/');
    if (file !== MANIFEST || more !== undefined || version!.startsWith('.')) continue;
    if (wanted === '' || wanted === name || wanted === `${name}/${version}`) versions.push(`${name}/${version}`);
  }
  return versions.sort();
}

/**
 * Judges every example of versions (`name/version`) under an output folder again: its user and its repositories at the time of the
 * example and now. What depends on paths (patterns, CODEOWNERS) is not judged again, for no index holds paths.
 * @throws ConfigError where there are no facts, FactsError where they cannot be used, StorageFault where a version is not there
 */
export async function recheck(
  out: string,
  versions: readonly string[],
  { facts: folder, policy, now, keys, scratch }: RecheckBasis,
): Promise<RecheckedVersion[]> {
  const keystore = await openKeystore(keys);
  const facts = await openFacts(folder, join(scratch, 'facts'));
  try {
    // Without a fact every user is unknown, and everything that was ever published would have to be issued again.
    if (Object.values(facts.counts).every((count) => count === 0))
      throw new ConfigError(folder, undefined, '--facts', 'holds no facts: name the folder of facts');
    const rules = compileRules(policy.rules, facts.facts, now);
    return await recheckVersions(versions, { store: openStore(out), keystore, facts, rules });
  } finally {
    await facts.close();
  }
}

async function recheckVersions(versions: readonly string[], settings: RecheckSettings): Promise<RecheckedVersion[]> {
  const found: RecheckedVersion[] = [];
  const indexed: string[] = [];
  for (const version of versions) {
    const state = await stateOf(version, settings.store);
    if (state === 'clean') indexed.push(version);
    found.push({ version, state, examples: 0, affected: 0, reasons: {}, subjects: [], policyDigest: null });
  }
  const subjects = await subjectsOf(indexed, settings);
  const erased = new Set(await readErasures(settings.keystore));
  for (const result of found) {
    if (result.state !== 'clean') continue;
    await recheckVersion(result, subjects, erased, settings);
  }
  return found;
}

async function stateOf(version: string, store: ObjectStore): Promise<RecheckedVersion['state']> {
  if (await readTombstone(store, version)) return 'withdrawn';
  const manifest = parseManifest((await store.readAll(`datasets/${version}/${MANIFEST}`)).toString());
  const types = manifest.envelopes.map(({ payload }) => parseStatement(Buffer.from(payload, 'base64')).predicateType);
  // Only what was made for a purpose that does not train says so.
  if (types.includes(PURPOSE_PREDICATE)) return 'aggregate';
  return (await store.stat(indexKey(version))) === null ? 'unindexed' : 'clean';
}

/** The subjects of the versions by their hash, from one pass over the facts. Memory grows with the versions, not with the facts. */
async function subjectsOf(versions: readonly string[], settings: RecheckSettings): Promise<Map<string, Subject>> {
  const { store, keystore, facts } = settings;
  let examples = 0;
  for (const version of versions) examples += (await readIndex(store, version, keystore)).facts.counts.examples;
  const filter = FingerprintFilter.sized(Math.max(1000, examples * KEYS_OF_EXAMPLE));
  for (const version of versions) {
    for await (const { keys } of (await readIndex(store, version, keystore)).entries())
      for (const key of keys) filter.add(...halves(key));
  }
  const hash = new KeyedHash(keystore.erasureIndexKey());
  const found = new Map<string, Subject>();
  for (const { key } of facts.entries()) {
    const subject = subjectIn(key);
    if (!subject) continue;
    const name = subject.kind === 'user' ? subject.id : `${subject.host}#${subject.id}`;
    const hashed = subjectKey(subject.kind, name, hash);
    if (filter.has(...halves(hashed))) found.set(hashed, subject);
  }
  return found;
}

function halves(key: string): [high: number, low: number] {
  return [parseInt(key.slice(0, 8), 16) | 0, parseInt(key.slice(8, 16), 16) | 0];
}

/** The user or repository that an entry of the facts is about; repositories by their id, which outlives names. */
function subjectIn(key: string): Subject | null {
  if (key.startsWith(factKey.user(''))) return { kind: 'user', id: key.slice(1) };
  const mark = key.lastIndexOf('#');
  return key.startsWith('r') && mark > 0
    ? { kind: 'repository', host: key.slice(1, mark), id: Number(key.slice(mark + 1)) }
    : null;
}

async function recheckVersion(
  result: RecheckedVersion,
  subjects: ReadonlyMap<string, Subject>,
  erased: ReadonlySet<string>,
  { store, keystore, facts, rules }: RecheckSettings,
): Promise<void> {
  const index = await readIndex(store, result.version, keystore);
  result.policyDigest = index.facts.policyDigest;
  const blamed = new Map<string, AffectedSubject>();
  for await (const entry of index.entries()) {
    result.examples++;
    const reasons = reasonsOf(entry, subjects, erased, facts.facts, rules);
    if (reasons.length === 0) continue;
    result.state = 'affected';
    result.affected++;
    const [first] = reasons.sort((a, b) => precedence(a.reason) - precedence(b.reason));
    result.reasons[first!.reason] = (result.reasons[first!.reason] ?? 0) + 1;
    for (const { reason, subject } of reasons) {
      if (!subject) continue;
      const id = shownName(subject, facts.facts);
      const key = `${subject.kind} ${id} ${reason}`;
      const known = blamed.get(key) ?? { kind: subject.kind, id, reason, examples: 0 };
      known.examples++;
      blamed.set(key, known);
    }
  }
  result.subjects = [...blamed.values()].sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
}

/** Why an example may not be used any more, subject by subject; none where it may. */
function reasonsOf(
  { keys, of }: IndexEntry,
  subjects: ReadonlyMap<string, Subject>,
  erased: ReadonlySet<string>,
  facts: Facts,
  rules: Rules,
): { reason: Reason; subject?: Subject }[] {
  // A person in a queue of reviewers is known by a pseudonym, which no fact names.
  if (!of) return keys.some((key) => erased.has(key)) ? [{ reason: 'erased' }] : [];
  const { time } = of.counted;
  const reasons: { reason: Reason; subject?: Subject }[] = [];
  const kinds = new Set<string>();
  for (const key of keys) {
    const subject = subjects.get(key);
    if (erased.has(key)) reasons.push({ reason: 'erased', ...(subject && { subject }) });
    if (!subject) continue;
    kinds.add(subject.kind);
    const verdict =
      subject.kind === 'user'
        ? judgeUser(subject.id, time, facts, rules)
        : judgeRepository(subject, time, facts, rules);
    if (!verdict.keep) reasons.push({ reason: verdict.reason, subject });
  }
  // Whom the facts do not name any more is unknown, and so may not be used.
  if (!kinds.has('user')) reasons.push({ reason: 'unknown_user' });
  if (!kinds.has('repository')) reasons.push({ reason: 'unknown_repository' });
  return reasons;
}

/** The index does not tell letter case: it is enough that one spelling passes, since a refusal of any of them binds all. */
function judgeUser(id: string, time: number, facts: Facts, rules: Rules): Verdict {
  let verdict: Verdict = drop('unknown_user', 'consents.jsonl names no such user');
  for (const spelling of new Set(facts.consents(id).map(({ userId }) => userId))) {
    verdict = rules.judgeConsent(spelling, undefined, time);
    if (verdict.keep) return KEEP;
  }
  return verdict;
}

/** By its name at the time, with its id: a name that somebody else bears by now does not mislead. */
function judgeRepository(
  { host, id }: { host: string; id: number },
  time: number,
  facts: Facts,
  rules: Rules,
): Verdict {
  const history = facts.history(host, id);
  const state = statesAt(history, time)[0] ?? history[0];
  if (!state) return drop('unknown_repository', 'repositories.jsonl names no such repository');
  return rules.judgeRepository({ url: `https://${host}/${state.owner}/${state.name}`, id }, time);
}

function shownName(subject: Subject, facts: Facts): string {
  if (subject.kind === 'user') return subject.id;
  const state = facts.history(subject.host, subject.id).at(-1);
  return state ? `${subject.host}/${state.owner}/${state.name}` : `${subject.host}#${subject.id}`;
}
