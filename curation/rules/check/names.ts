/** Owners, teams, hosts and licences of a policy that change nothing. */
import type { Facts } from '../facts.ts';
import type { RulePolicy, Sourced } from '../judge.ts';
import { lower } from '../repository/remote.ts';
import type { Warning } from './warning.ts';

/** Warnings that the policy alone gives; with facts, teams nested in other teams count too. */
export function uselessNames({ repositories, ownership }: RulePolicy, facts?: Facts): Warning[] {
  const { hosts, hostAliases, owners, licenses, source } = repositories;
  return [
    ...hostWarnings(hosts, hostAliases, source),
    ...ownerWarnings([...owners.deny, ...owners.optedOut], new Set(hosts.map(lower))),
    ...(licenses.allow === 'any' ? [] : licenseWarnings(licenses.allow, source)),
    ...teamWarnings(ownership.deny, facts),
  ];
}

function hostWarnings(hosts: readonly string[], aliases: Record<string, string>, source: string): Warning[] {
  const warnings: Warning[] = [];
  const known = new Set<string>();
  for (const host of hosts.map(lower)) {
    if (known.has(host)) warnings.push({ source: `${source}.hosts`, value: host, problem: 'stands there twice' });
    known.add(host);
  }
  for (const [alias, host] of Object.entries(aliases)) {
    const place = { source: `${source}.hostAliases`, value: alias };
    if (!known.has(lower(host)))
      warnings.push({ ...place, problem: `can never match: ${host} is no host of repositories.hosts` });
    else if (lower(alias) === lower(host)) warnings.push({ ...place, problem: 'is its own host: leave it out' });
  }
  return warnings;
}

/** `deny` is asked before `optedOut`: what it covers there never decides. */
function ownerWarnings(entries: readonly Sourced[], hosts: ReadonlySet<string>): Warning[] {
  const warnings: Warning[] = [];
  const names = new Map<string, Sourced>();
  for (const entry of entries) {
    const name = ownerName(entry.value);
    if (!names.has(name)) names.set(name, entry);
  }
  for (const entry of entries) {
    const name = ownerName(entry.value);
    const first = name.slice(0, Math.max(name.indexOf('/'), 0));
    if (/[\s:*]/.test(name) || name === '')
      warnings.push({
        ...entry,
        problem: 'can never match: write an owner such as acme, acme/group or github.com/acme',
      });
    else if (first.includes('.') && !hosts.has(first))
      warnings.push({ ...entry, problem: `can never match: ${first} is no host of repositories.hosts` });
    else {
      const unhosted = hosts.has(first) ? name.slice(first.length + 1) : name;
      const by = [...parents(name), ...(unhosted === name ? [] : parents(unhosted))]
        .map((parent) => names.get(parent))
        .find((found) => found !== undefined && found !== entry);
      if (by)
        warnings.push({ ...entry, problem: `is covered by ${by.source} ${JSON.stringify(by.value)}: leave it out` });
    }
  }
  return warnings;
}

function licenseWarnings(allow: readonly string[], source: string): Warning[] {
  const seen = new Set<string>();
  return allow.flatMap((license) => {
    const place = { source: `${source}.licenses.allow`, value: license };
    const name = license.trim().toLowerCase();
    if (seen.has(name)) return [{ ...place, problem: 'stands there twice' }];
    seen.add(name);
    return / (and|or) |[()]/.test(name)
      ? [{ ...place, problem: 'can never match: name single licences, the expressions are taken apart' }]
      : [];
  });
}

function teamWarnings(deny: readonly Sourced[], facts: Facts | undefined): Warning[] {
  const warnings: Warning[] = [];
  const names = new Map<string, Sourced>();
  for (const entry of deny) if (!names.has(teamName(entry.value))) names.set(teamName(entry.value), entry);
  const nested = new Map<string, Sourced>();
  if (facts) for (const [name, entry] of names) for (const team of facts.nestedTeams(name)) nested.set(team, entry);
  for (const entry of deny) {
    const name = teamName(entry.value);
    const by =
      parents(name)
        .map((parent) => names.get(parent))
        .find((found) => found !== undefined && found !== entry) ?? nested.get(name);
    if (by && by !== entry)
      warnings.push({ ...entry, problem: `is covered by ${by.source} ${JSON.stringify(by.value)}: leave it out` });
  }
  return warnings;
}

/** As compileOwners reads a value. */
export function ownerName(value: string): string {
  return lower(value.trim()).replace(/^@|\/+$/g, '');
}

/** As compileDeniedOwners reads a value. */
export function teamName(value: string): string {
  const name = lower(value.trim());
  return name.includes('@') ? name : `@${name}`;
}

/** The name and every group around it, innermost first. */
export function parents(name: string): string[] {
  const found: string[] = [];
  for (let end = name.length; end > 0; end = name.lastIndexOf('/', end - 1)) found.push(name.slice(0, end));
  return found;
}
