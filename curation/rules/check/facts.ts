/** Rules that nothing in the facts can meet, and files of the facts that are never asked: told in one pass over all entries. */
import { factKey, unpackFile, type FactEntry } from '../facts/entry.ts';
import type { CodeownersFile, FactFile, Facts } from '../facts.ts';
import type { RulePolicy, Sourced } from '../judge.ts';
import { parseCodeowners } from '../path/codeowners.ts';
import { compileReference, trailingParts, type RepositoryReference } from '../path/reference.ts';
import { lower, type RepositoryId } from '../repository/remote.ts';
import { ownerName, parents, teamName } from './names.ts';
import type { Warning } from './warning.ts';

/** Errors of one CODEOWNERS file that are told; the rest are counted. */
const TOLD_LINES = 5;

/** Take every entry of the facts, in any order, then ask for the warnings. Memory grows with the policy and the facts' files alone. */
export class FactsCheck {
  readonly #policy: RulePolicy;
  readonly #facts: Facts;
  readonly #hosts: Set<string>;
  readonly #owners = new Map<string, Sourced>();
  readonly #teams = new Map<string, Sourced[]>();
  readonly #exact = new Map<string, string>();
  readonly #wild = new Map<string, RepositoryReference[]>();
  readonly #files: { id: RepositoryId; source: string }[] = [];
  readonly #broken: Warning[] = [];

  constructor(policy: RulePolicy, facts: Facts) {
    this.#policy = policy;
    this.#facts = facts;
    const { hosts, owners, hostAliases } = policy.repositories;
    this.#hosts = new Set(hosts.map(lower));
    for (const entry of [...owners.deny, ...owners.optedOut]) this.#owners.set(ownerName(entry.value), entry);
    for (const entry of policy.ownership.deny)
      for (const name of [teamName(entry.value), ...facts.nestedTeams(teamName(entry.value))])
        this.#teams.set(name, [...(this.#teams.get(name) ?? []), entry]);
    for (const { repository, source } of policy.paths.exclude) {
      const references = compileReference(repository, source, hostAliases);
      if (references.length === 1 && references[0]!.kind === 'exact') this.#exact.set(references[0]!.name, repository);
      else if (references.every(({ kind }) => kind !== 'all')) this.#wild.set(repository, references);
    }
  }

  take({ key, value }: FactEntry): void {
    const rest = key.slice(1);
    if (key.startsWith(factKey.name('' as RepositoryId))) this.#repository(rest);
    else if (key.startsWith(factKey.codeowners('' as RepositoryId)))
      this.#codeowners(rest as RepositoryId, unpackFile<CodeownersFile>(value));
    else if (/^[xi]/.test(key))
      this.#files.push({ id: rest as RepositoryId, source: unpackFile<FactFile>(value).source });
    else if (key.startsWith('r') && this.#hosts.size > 0) this.#hosts.delete(hostOf(rest));
  }

  warnings(): Warning[] {
    const { ownership, paths, repositories } = this.#policy;
    const warnings: Warning[] = [];
    for (const host of this.#hosts)
      warnings.push({
        source: `${repositories.source}.hosts`,
        value: host,
        problem: 'no repository of the facts is there: all of its repositories are unknown',
      });
    for (const entry of this.#owners.values()) warnings.push({ ...entry, problem: 'owns no repository of the facts' });
    const missing = new Set([...this.#teams.values()].flat());
    for (const entry of ownership.deny)
      if (missing.has(entry))
        warnings.push({ ...entry, problem: 'no CODEOWNERS file of the facts names it, nor a team nested in it' });
    const absent = new Set([...this.#exact.values(), ...this.#wild.keys()]);
    for (const { repository, source, pattern } of paths.exclude)
      if (absent.has(repository))
        warnings.push({
          source,
          value: pattern,
          problem: `the facts hold no repository ${JSON.stringify(repository)}`,
        });
    for (const { id, source } of this.#files)
      if (this.#facts.repositoriesByName(id).length === 0)
        warnings.push({ source, problem: `is never asked: the facts hold no repository ${id}` });
    return [...warnings, ...this.#broken];
  }

  #repository(id: string): void {
    if (this.#owners.size > 0) {
      const owner = id.slice(id.indexOf('/') + 1, id.lastIndexOf('/'));
      for (const name of parents(owner)) {
        this.#owners.delete(name);
        this.#owners.delete(`${hostOf(id)}/${name}`);
      }
    }
    if (this.#exact.size > 0) for (const part of trailingParts(id)) this.#exact.delete(part);
    for (const [repository, references] of this.#wild)
      if (references.some((reference) => reference.matches(id))) this.#wild.delete(repository);
  }

  #codeowners(id: RepositoryId, file: CodeownersFile): void {
    this.#files.push({ id, source: file.source });
    const { rules, errors, tooLarge } = parseCodeowners(file.text, file.dialect);
    for (const { owners } of rules) for (const owner of owners) this.#named(teamName(owner));
    if (tooLarge)
      this.#broken.push({ source: file.source, problem: 'is too large to be loaded: every path of it is rule_error' });
    else
      for (const { line, message } of errors.slice(0, TOLD_LINES))
        this.#broken.push({ source: `${file.source}:${line}`, problem: message });
    if (errors.length > TOLD_LINES)
      this.#broken.push({ source: file.source, problem: `has ${errors.length - TOLD_LINES} more lines like this` });
  }

  #named(owner: string): void {
    for (const name of parents(owner)) {
      const entries = this.#teams.get(name);
      if (!entries) continue;
      for (const [other, waiting] of this.#teams) {
        const left = waiting.filter((entry) => !entries.includes(entry));
        if (left.length === 0) this.#teams.delete(other);
        else this.#teams.set(other, left);
      }
    }
  }
}

function hostOf(key: string): string {
  const end = key.search(/[/#]/);
  return end < 0 ? key : key.slice(0, end);
}
