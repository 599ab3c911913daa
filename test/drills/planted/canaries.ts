/** Canaries in every way by which private text, names and ids come in: each a word of its own, remembered with its channel. */
import { gzipSync } from 'node:zlib';
import { Planted, type Suggestion } from './place.ts';

const MARK = 'cnry';
/** A canary, whole or cut short, in any case. */
const FORM = new RegExp(`${MARK}[a-z]{4,}`, 'gi');
const LETTERS = 14;

/** Public text: found in a dataset, it shows that the search finds. */
export const CONTROL = 'control';
/** Names that the ledger may hold: it says which record of which source became what. */
export const LEDGER: ReadonlySet<string> = new Set(['ids of events', 'names of sources']);

export function* recognise(text: string): Generator<string> {
  for (const [word] of text.matchAll(FORM)) yield word.toLowerCase();
}

const DENIED = 'sealed';

export class Canaries {
  readonly planted: Planted;
  readonly channels = new Map<string, string>();
  readonly #each: number;
  readonly #public: string[] = [];

  /** @param each records of a channel; most hold several canaries */
  constructor(seed: number, each: number) {
    this.planted = new Planted(seed);
    this.#each = each;
    for (let n = 0; n < 12; n++) {
      this.#public.push(this.planted.repository(`acme/open${n}`));
      this.planted.fact(`exclusions/github.com/acme/open${n}.yaml`, `- "/${DENIED}/**"\n`);
      this.planted.fact(`codeowners/github.com/acme/open${n}/CODEOWNERS`, `* @acme/core\n/owned/ @acme/legal\n`);
    }
    this.#rules();
    this.#private();
    this.#identities();
    this.#adapters();
    this.#broken();
    this.#late();
  }

  /** Channels with how many canaries each has, the control last. */
  counts(): [string, number][] {
    const counts = new Map<string, number>();
    for (const channel of this.channels.values()) counts.set(channel, (counts.get(channel) ?? 0) + 1);
    return [...counts].sort(([a], [b]) => Number(a === CONTROL) - Number(b === CONTROL) || (a < b ? -1 : 1));
  }

  canary(channel: string): string {
    const word = MARK + this.planted.letters(LETTERS);
    this.channels.set(word, channel);
    return word;
  }

  /** Code in which every line holds a canary. */
  code(channel: string, lines = 4): string {
    return Array.from({ length: lines }, () => {
      const [a, b] = [this.planted.letters(6), this.planted.letters(7)];
      return `const ${a} = ${this.canary(channel)}.${b}(${this.planted.random.below(999)});\n`;
    }).join('');
  }

  url(): string {
    return this.planted.random.pick(this.#public);
  }

  /** A suggestion in a public file that is kept, with whatever else is given. */
  open(given: Partial<Suggestion> = {}, file = 'open.jsonl'): string {
    const { planted } = this;
    return planted.suggest(file, {
      url: this.url(),
      path: `src/${planted.letters(6)}.ts`,
      prefix: planted.code(6),
      completion: planted.code(2),
      suffix: planted.code(3),
      user: this.#user(),
      ...given,
    });
  }

  #user(): string {
    return this.planted.user(`u-${this.planted.letters(8)}`);
  }

  #times(work: (n: number) => void): void {
    for (let n = 0; n < this.#each; n++) work(n);
  }

  /** Text that rules take out of public repositories, and pieces that they take out of kept suggestions. */
  #rules(): void {
    this.#times(() => this.open({ prefix: this.planted.code(3) + this.code(CONTROL, 2) }));
    const places: [string, string][] = [
      ['text of a path that the policy denies', 'config/.env'],
      ['text of a path that the repository excludes', `${DENIED}/a.ts`],
      ['text of a path that a denied team owns', 'owned/a.ts'],
      ['vendored text', 'vendor/lib/a.ts'],
    ];
    for (const [channel, path] of places)
      this.#times(() => this.open({ path, prefix: this.code(channel), completion: this.code(channel, 1) }));
    this.#times(() => this.open({ context: [{ path: `${DENIED}/x.ts`, text: this.code('quote of a denied path') }] }));
    this.#times(() =>
      this.open({ user: this.planted.user(`d-${this.planted.letters(8)}`, 'denied'), prefix: this.code('text of users who refused') }),
    ); // prettier-ignore
    this.#times(() => this.open({ user: `n-${this.planted.letters(8)}`, prefix: this.code('text of unknown users') }));
    this.#times((n) =>
      this.open({ url: `https://${n % 2 ? 'github.com/acme/never-heard-of' : 'git.internal.example/a/b'}`, prefix: this.code('text of unknown repositories') }),
    ); // prettier-ignore
  }

  /** Private repositories: their text, names, paths, and quotes of them in public prompts. */
  #private(): void {
    const { planted } = this;
    const name = () =>
      `${this.canary('names of private repositories')}/${this.canary('names of private repositories')}`;
    this.#times(() => {
      const url = planted.repository(name(), 'private');
      this.open({ url, prefix: this.code('private prefix'), completion: this.code('private completion', 2), suffix: this.code('private suffix') }, 'closed.jsonl'); // prettier-ignore
      this.open({ url, path: `${this.canary('private paths')}/${this.canary('private paths')}.ts` }, 'closed.jsonl');
      this.open({ url, captured: this.code('captured private code', 5) }, 'closed.jsonl');
      const path = `src/${this.canary('paths of private quotes')}.ts`;
      this.open({ context: [{ path, repository: { url }, text: this.code('quotes of private files') }] });
      this.open({ more: { workspaceRepositories: [url] }, url: undefined as unknown as string, prefix: this.code('text beside a private workspace') }); // prettier-ignore
    });
  }

  #identities(): void {
    const { planted } = this;
    this.#times(() => {
      this.open({ user: planted.user(this.canary('ids of users')), device: this.canary('ids of devices') });
      const host = this.url().slice('https://'.length);
      this.open({
        url: `https://${this.canary('passwords in remotes')}:${this.canary('passwords in remotes')}@${host}`,
      });
      this.open({ url: `https://${host}?token=${this.canary('tokens in remotes')}` });
      this.open({ more: { id: this.canary('ids of events') } });
    });
  }

  /** What other clients send: quotes, clipboard, absolute paths. */
  #adapters(): void {
    const { planted } = this;
    this.#times((n) => {
      const user = this.#user();
      const { id, time } = planted.next();
      const quoted = (code: string) => code.trim().split('\n').map((line) => `// ${line}\n`).join(''); // prettier-ignore
      const copilot = (name: string, seconds: number, properties: object, measurements: object = {}) =>
        planted.line('copilot.jsonl', {
          ...{ name: `copilot/${name}`, time: time(seconds), measurements },
          properties: {
            ...{ headerRequestId: id, choiceIndex: '0', languageId: 'typescript', copilot_trackingId: user, sku: 'individual' },
            ...{ gitRepoInformation: 'available', gitRepoUrl: this.url(), ...properties },
          },
        }); // prettier-ignore
      const from = n % 2 ? '' : ` from ../${planted.letters(5)}/secret.ts`;
      const quote = `// Compare this snippet${from}:\n${quoted(this.code('Copilot quotes without a place'))}`;
      copilot('engine.prompt', 0, { promptJson: JSON.stringify({ prefix: `// Path: src/${planted.letters(6)}.ts\n${quote}${planted.code(5)}`, context: [] }) }); // prettier-ignore
      copilot('engine.completion', 1, { completionTextJson: JSON.stringify(planted.code(2)) });
      copilot('ghostText.shown', 2, {}, { timeSinceDisplayedMs: 10 });
      copilot('ghostText.accepted', 4, { compType: 'full' }, { timeSinceDisplayedMs: 2500 });
      for (const timeout of [30, 120, 300])
        copilot('ghostText.stillInCode', 4 + timeout, {}, { timeout, relativeLexEditDistance: 0 });

      const ts = Date.parse(time(10));
      const body = { completion_id: `t-${id}`, language: 'typescript', prompt: '', choices: [{ index: 0, text: planted.code(2) }] }; // prettier-ignore
      const segments = {
        ...{ prefix: planted.code(5), suffix: '\n', git_url: this.url(), filepath: `src/${planted.letters(6)}.ts` },
        clipboard: this.code('clipboard'),
        declarations: [{ filepath: 'file:///opt/other/secret.ts', body: this.code('declarations from elsewhere') }],
      };
      planted.line('tabby.jsonl', { user, ts, event: { completion: { ...body, segments } } });
      planted.line('tabby.jsonl', {
        user,
        ts: ts + 900,
        event: { view: { completion_id: `t-${id}`, choice_index: 0 } },
      });
      planted.line('tabby.jsonl', { user, ts: ts + 4000, event: { select: { completion_id: `t-${id}`, choice_index: 0, elapsed: 3000 } } }); // prettier-ignore

      planted.line('continue.jsonl', {
        ...{ eventName: 'autocomplete', schema: '0.2.0', timestamp: time(20), userId: user, accepted: true, time: 400 },
        ...{ prefix: this.code('text of absolute paths'), suffix: '', prompt: '', completion: this.code('text of absolute paths', 1) },
        filepath: `file:///home/${this.canary('absolute paths')}/work/${this.canary('absolute paths')}.ts`,
        ...{ gitRepo: this.url(), completionId: `c-${id}`, modelName: 'm' },
      }); // prettier-ignore
    });
  }

  /** Records and files that are refused. */
  #broken(): void {
    const { planted } = this;
    this.#times((n) => {
      const { id, time } = planted.next();
      const text = () => this.code('text of rejected records', 2);
      const record = (changes: object): object => ({
        ...{ id, type: 'shown', time: time(0), suggestionId: `s-${id}`, user: { id: this.#user() } },
        ...{ repository: { url: this.url() }, document: { path: 'src/a.ts' }, completion: text() },
        ...{ prompt: { prefix: text(), suffix: '', context: [] }, ...changes },
      });
      const bad = [
        () => JSON.stringify(record({ time: 'yesterday' })),
        () => JSON.stringify(record({ latencyMs: -5 })),
        () => JSON.stringify(record({ editDistance: this.canary('text of rejected records') })),
        () => JSON.stringify(record({ document: { path: `../${this.canary('rejected paths')}/x.ts` } })),
        () => JSON.stringify(record({ document: { path: `C:\\Users\\${this.canary('rejected paths')}` } })),
        () => JSON.stringify(record({ [this.canary('unknown fields')]: this.canary('unknown fields'), type: 'none' })),
        () => JSON.stringify(record({})).replace('{', `{"completion":"${this.canary('text of rejected records')}",`),
        () => JSON.stringify(record({})).slice(0, -20),
        () => `${text()} no JSON at all`.replaceAll('\n', ' '),
        () => Buffer.concat([Buffer.from(JSON.stringify(record({})).slice(0, -2)), Buffer.from([0xff]), Buffer.from('"}')]), // prettier-ignore
      ];
      planted.line('bad.jsonl', bad[n % bad.length]!());
      // One id with two contents: neither counts.
      const twice = record({});
      planted.line('bad.jsonl', twice);
      planted.line('bad.jsonl', { ...twice, completion: text() });
    });
    const source = this.canary('names of sources');
    const lines = Array.from({ length: this.#each }, (_, n) => {
      const { id, time } = planted.next();
      const user = { id: `u${n}` };
      const completion = this.code('text of broken files', 4);
      return JSON.stringify({ id, type: 'shown', time: time(0), suggestionId: id, user, completion }) + '\n';
    });
    const packed = gzipSync(lines.join(''));
    planted.line(`${source}.jsonl.gz`, packed.subarray(0, packed.length - 30));
  }

  /** Text whose path is told by another record, in another file and shard, and is denied. */
  #late(): void {
    const { planted } = this;
    this.#times((n) => {
      const { id, time } = planted.next();
      const user = { id: this.#user() };
      const common = { suggestionId: `l-${id}`, requestId: `q-${id}`, user, repository: { url: this.url() } };
      planted.line(`early${n % 3}.jsonl`, {
        ...{ id: `${id}-a`, type: 'generated', time: time(0), ...common },
        prompt: { prefix: this.code('text whose denied path comes late'), suffix: '', context: [] },
        completion: this.code('text whose denied path comes late', 1),
      });
      const document = { path: n % 2 ? '.env' : `${DENIED}/late.ts` };
      // Only a record with text names the document of its request.
      const prompt = { prefix: this.code('text whose denied path comes late', 1), suffix: '', context: [] };
      const text = n % 3 ? { prompt } : {};
      planted.line(`late${n % 4}.jsonl`, { id: `${id}-b`, type: 'shown', time: time(1), ...common, document, ...text });
      planted.line(`late${n % 4}.jsonl`, { id: `${id}-c`, type: 'accepted', time: time(4), ...common });
    });
  }
}
