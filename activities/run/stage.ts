/** What a stage works with: the run's store, policy, rules and keys, opened once a process and shared by the stages that follow. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { parsePolicy, type Policy } from '../../config/policy.ts';
import { loadBuiltinRules, loadGitleaks } from '../../config/redaction.ts';
import type { FingerprintFilter } from '../../curation/overlap/filter.ts';
import { fingerprintKey, type FingerprintKey } from '../../curation/overlap/fingerprint.ts';
import { createRedactor, type Redactor } from '../../curation/redaction/redactor.ts';
import type { Facts } from '../../curation/rules/facts.ts';
import { compileRules, type Rules } from '../../curation/rules/judge.ts';
import type { ErasureKeys } from '../../curation/stages/erasure.ts';
import { openFacts, type OpenedFacts } from '../../storage/facts.ts';
import { openKeystore, type Keystore } from '../../storage/keystore.ts';
import { openStore, type ObjectStore } from '../../storage/objects.ts';
import { openStream, sealStream } from '../../storage/seal.ts';
import { PartReader, writeParts } from './container.ts';
import { erasureKeys, withErased } from '../erase/erasure.ts';
import { RunFailure } from './failure.ts';
import type { Plan } from '../plan/pinned.ts';
import type { Ref } from '../types.ts';
import { readSealed, writeSealed, type RunSettings, type StoredGuard } from './settings.ts';

/** What a worker lends to every stage. */
export interface WorkerSettings {
  /** Folder of the keystore; the user's own where undefined. */
  keys?: string;
  /** Plaintext scratch of this process: 0700, swept at start and end. */
  scratch: string;
  /** Where the filters lie that all threads of the process ask; a thread reads its own where undefined. */
  filters?: FilterPlace;
}

/** Holds filters of private code by run and key: each is read once, by whoever asks first. */
export interface FilterPlace {
  hold(run: string, key: string, read: () => Promise<FingerprintFilter>): Promise<FingerprintFilter>;
}

/** Names of the run a stage belongs to, and of this try at it. */
export interface StageRequest {
  run: string;
  out: string;
  settings: Ref;
  facts: string | null;
  /** Absent in plan itself. */
  plan?: Ref;
  /** Whether nothing that this process has read for an earlier run of the name may be used. */
  fresh?: boolean;
  /** Unique to this try: what a try writes is named by it, so that a late write of another is never read. */
  attempt: string;
  progress?: (details: unknown) => void;
}

interface Opened {
  store: ObjectStore;
  keystore: Keystore;
  policy: Policy;
  settings: RunSettings;
  facts: OpenedFacts;
  redactor: Redactor;
}

const OWN: FilterPlace = { hold: (_run, _key, read) => read() };

export class Stage {
  readonly store: ObjectStore;
  readonly keystore: Keystore;
  readonly policy: Policy;
  readonly settings: RunSettings;
  readonly facts: OpenedFacts;
  readonly redactor: Redactor;
  readonly reader: PartReader;
  readonly scratch: string;
  readonly filters: FilterPlace;
  readonly codeVersion = CODE_VERSION;
  readonly request: StageRequest;
  #plan: Plan | undefined;
  #rules: Rules | undefined;
  #erasure: ErasureKeys | undefined;

  constructor(request: StageRequest, opened: Opened, plan: Plan | undefined, worker: WorkerSettings) {
    this.request = request;
    this.store = opened.store;
    this.keystore = opened.keystore;
    this.policy = opened.policy;
    this.settings = opened.settings;
    this.facts = opened.facts;
    this.redactor = opened.redactor;
    this.scratch = worker.scratch;
    this.filters = worker.filters ?? OWN;
    this.reader = new PartReader(this.store, [this.keystore.identity().secret]);
    this.#plan = plan;
  }

  get plan(): Plan {
    if (!this.#plan) throw new Error('plan has not run yet');
    return this.#plan;
  }

  get rules(): Rules {
    return (this.#rules ??= compileRules(this.policy.rules, this.knownFacts, this.plan.now));
  }

  /** The facts, with who was erased. */
  get knownFacts(): Facts {
    return withErased(this.facts.facts, this.erasure);
  }

  /** Who was erased before the run was planned, and the hash that finds who will be. */
  get erasure(): ErasureKeys {
    return (this.#erasure ??= erasureKeys(this.keystore, this.plan.erased));
  }

  get guardKey(): FingerprintKey | null {
    return this.policy.guard.enabled ? fingerprintKey(this.key('guard')) : null;
  }

  get guards(): readonly StoredGuard[] {
    return this.settings.guards ?? [];
  }

  /** 32 bytes for one purpose of this plan, by HKDF from the root key. */
  key(purpose: string): Buffer {
    return this.keystore.derive(purpose, this.plan.planDigest, 32);
  }

  /** The audit log lies beside the keys that sign it, wherever datasets go. */
  get auditFolder(): string {
    return join(this.keystore.folder, 'audit');
  }

  /** Key in the store of an object this try writes. */
  name(unit: string): string {
    return `runs/${this.request.run}/${unit}-${this.request.attempt}`;
  }

  progress(details: unknown): void {
    this.request.progress?.(details);
  }

  async write(unit: string, parts: Buffer[]): Promise<Ref> {
    return this.#kept(await writeParts(this.store, this.name(unit), parts, [this.keystore.identity().recipient]));
  }

  /** One sealed object from pieces; memory does not grow with it. */
  async writeStream(unit: string, pieces: Iterable<Uint8Array>): Promise<Ref> {
    const key = this.name(unit);
    const sealed = sealStream([this.keystore.identity().recipient])(Readable.from(pieces));
    const { size } = await this.store.write(key, sealed);
    return this.#kept({ key, size });
  }

  /** What `writeStream` wrote. */
  readStream({ key }: { key: string }): AsyncIterable<Buffer> {
    return openStream([this.keystore.identity().secret])(this.store.read(key));
  }

  async writeJson(unit: string, value: unknown): Promise<Ref> {
    return this.#kept(await writeSealed(this.store, this.name(unit), value, this.keystore));
  }

  /** Writes bytes as they are. */
  async writeBytes(unit: string, body: Uint8Array | AsyncIterable<Uint8Array>): Promise<Ref & { sha256: string }> {
    const key = this.name(unit);
    return this.#kept({ key, ...(await this.store.write(key, body)) });
  }

  /** Whether the run that this try belongs to still goes on: its settings are the first thing that its end removes. */
  async goesOn(): Promise<boolean> {
    return (await this.store.stat(this.request.settings.key)) !== null;
  }

  /** A try that was given up and woke up after the end of the run takes back what it wrote. */
  async #kept<T extends Ref>(ref: T): Promise<T> {
    if (await this.goesOn()) return ref;
    await this.store.remove(ref.key);
    throw new RunFailure('Refused', 'the run is over: what was written after its end was removed');
  }
}

const opened = new Map<string, Promise<Opened>>();
const plans = new Map<string, Promise<Plan>>();
const KEPT_RUNS = 4;

/** Opens what a stage needs. The settings, facts and plan of a run are kept for its next stage in this process. */
export async function openStage(request: StageRequest, worker: WorkerSettings): Promise<Stage> {
  const name = `${request.out}\0${request.settings.key}`;
  const open = () => once(opened, name, () => openRun(request, worker), forget);
  // A question asked again has the same name: its plan looks at facts and files of the policy as they are by then.
  if (request.fresh) forget(name);
  let base = await open();
  const { plan: ref } = request;
  if (!ref) return new Stage(request, base, undefined, worker);
  const { store, keystore } = base;
  const plan = await once(plans, `${request.out}\0${ref.key}`, () => readSealed<Plan>(store, ref, keystore));
  if (!isPlanned(plan, base)) {
    forget(name);
    base = await open();
  }
  if (!isPlanned(plan, base))
    throw new RunFailure(
      'SourceChanged',
      'the facts, or a file that the policy names, are not those that the run was planned with: start it again',
    );
  return new Stage(request, base, plan, worker);
}

/** One stage at a time works in a thread: nobody looks into the facts any more. */
function forget(name: string): void {
  const known = opened.get(name);
  opened.delete(name);
  known?.then(({ facts }) => facts.close()).catch(() => undefined);
}

function isPlanned({ factsDigest, policyDigest }: Plan, { facts, policy }: Opened): boolean {
  return factsDigest === facts.digest && policyDigest === policy.digest;
}

async function openRun(request: StageRequest, worker: WorkerSettings): Promise<Opened> {
  const store = openStore(request.out);
  const keystore = await openKeystore(worker.keys);
  const settings = await readSealed<RunSettings>(store, request.settings, keystore);
  const policy = parsePolicy(settings.policy.file, settings.policy.text);
  const { gitleaks } = policy.redaction;
  const redactor = gitleaks
    ? createRedactor([...loadBuiltinRules(), ...loadGitleaks(gitleaks).rules])
    : builtinRedactor();
  // A folder that is not there gives empty facts, under which every repository and user is unknown.
  const facts = await openFacts(request.facts ?? join(worker.scratch, 'no-facts'), join(worker.scratch, 'facts'));
  return { store, keystore, policy, settings, facts, redactor };
}

let builtin: Redactor | undefined;

/** The redactor of the program's own rules: the same in every run. */
export function builtinRedactor(): Redactor {
  return (builtin ??= createRedactor(loadBuiltinRules()));
}

/** A cache of a few promises; one that failed is forgotten. */
async function once<T>(
  cache: Map<string, Promise<T>>,
  key: string,
  make: () => Promise<T>,
  drop: (key: string) => void = (oldest) => cache.delete(oldest),
): Promise<T> {
  const known = cache.get(key);
  if (known) return known;
  const made = make();
  cache.set(key, made);
  if (cache.size > KEPT_RUNS) drop(cache.keys().next().value!);
  made.catch(() => cache.delete(key));
  return made;
}

/** Digest of the program's sources, written by the build; of the running file where there was no build. */
export const CODE_VERSION = codeVersion();

function codeVersion(): string {
  const stamp = fileURLToPath(new URL('../../build.json', import.meta.url));
  if (existsSync(stamp)) return (JSON.parse(readFileSync(stamp, 'utf8')) as { source: string }).source;
  return createHash('sha256')
    .update(readFileSync(fileURLToPath(import.meta.url)))
    .digest('hex');
}
