/** Which repositories a rule's reference names: bare names, URLs, scp-like remotes, wildcards, all. */
import { foldPath } from './fold.ts';
import { badPattern, checkPattern, expandBraces } from './pattern/brace.ts';
import { parseSegment, type SegmentMatcher } from './pattern/segment.ts';

/** Compiled reference. `exact` references can be looked up by name; the others are tried one by one. */
export interface RepositoryReference {
  readonly kind: 'all' | 'exact' | 'wildcard';
  /** Folded `host/owner/name` or a trailing part of it; a pattern in `*` and `?` for wildcards. */
  readonly name: string;
  matches(repository: string): boolean;
}

const URL_FORM = /^(?:https?|ssh|git|git\+ssh|git\+https?):\/\/(?:[^/]*@)?([^/]*?)(?::(?:\d+|\*))?(?:\/(.*))?$/is;
const SCP_FORM = /^(?:[^/@]+@)?([^/:@]{2,}):(?!\/\/)(.*)$/s;
const HAS_HOST_PREFIX = /^(?:www|ssh|altssh)\.(?=[^/]*\.[^/]*$)/;
const AZURE_HOST = /^(?:vs-ssh|ssh)?\.?(?:dev\.azure\.com|visualstudio\.com)$/;
const WILDCARD = /[*?]/;

/**
 * Compiles a repository reference of a rule. Forms: `*` (all), `name`, `owner/name`, `http[s]://`, `git://`, `ssh://`,
 * `[user@]host:path`, each with `*`, `?` and `[…]` in any part. Users and ports are ignored, one `.git` and trailing
 * slashes are cut, letters fold, old and new Azure DevOps hosts are the same. More is matched than GitHub documents where
 * the reading is open: a bare name names that repository of any owner on any host; `*` crosses slashes (fnmatch without
 * FNM_PATHNAME); a class stands for any one character. Throws a PatternError for what is no reference.
 */
export function compileReference(
  reference: string,
  source: string,
  hostAliases: Readonly<Record<string, string>> = {},
): RepositoryReference[] {
  checkPattern(reference, source);
  return expandBraces(reference.trim(), source).map((text) => compileOne(text.trim(), source, hostAliases));
}

function compileOne(text: string, source: string, hostAliases: Readonly<Record<string, string>>): RepositoryReference {
  if (text === '*' || text === '**') return { kind: 'all', name: '*', matches: () => true };
  const parts = URL_FORM.exec(text) ?? SCP_FORM.exec(text);
  let name: string;
  if (parts) {
    name = canonicalRepository(`${parts[1]!}/${parts[2] ?? ''}`, hostAliases);
  } else {
    if (/^[/\\~.]/.test(text) || text.includes(':'))
      throw badPattern(source, text, 'no URL, remote or name', 'repository reference');
    name = cleanName(text);
    if (name.split('/').length > 2) name = canonicalRepository(text, hostAliases);
  }
  name = name.replace(/\[[^\]]+\]/g, '?');
  if (name.replace(/[/*?]/g, '') === '' && !WILDCARD.test(name)) {
    throw badPattern(source, text, 'names no repository', 'repository reference');
  }
  const suffix = !parts;
  if (!WILDCARD.test(name)) {
    return { kind: 'exact', name, matches: (id) => id === name || (suffix && id.endsWith(`/${name}`)) };
  }
  const matcher = parseSegment(name, 'exact', { classes: false, extglobs: false }) as SegmentMatcher;
  return {
    kind: 'wildcard',
    name,
    matches: (id) => (suffix ? trailingParts(id).some((part) => matcher.test(part)) : matcher.test(id)),
  };
}

/** Folded `host/path` with one spelling for each repository, for references and ids alike. */
export function canonicalRepository(id: string, hostAliases: Readonly<Record<string, string>> = {}): string {
  const slash = id.indexOf('/');
  let host = foldPath(slash < 0 ? id : id.slice(0, slash))
    .replace(/:\d+$/, '')
    .replace(/\.$/, '');
  host = Object.hasOwn(hostAliases, host) ? foldPath(hostAliases[host]!) : host.replace(HAS_HOST_PREFIX, '');
  const path = cleanName(slash < 0 ? '' : id.slice(slash + 1));
  const azure = azureRepository(host, path);
  return azure ?? `${host}/${path}`;
}

/** `dev.azure.com/organization/project/repository` for every host and path that Azure DevOps has used, else undefined. */
function azureRepository(host: string, path: string): string | undefined {
  const organization = /^([^.]+)\.visualstudio\.com$/.exec(host)?.[1];
  if (!organization && !AZURE_HOST.test(host)) return undefined;
  const parts = path.split('/').filter((part) => !['_git', '_optimized', '_full', 'defaultcollection'].includes(part));
  const versioned = /^v\d+$/.test(parts[0] ?? '');
  if (versioned) parts.shift();
  if (organization && organization !== 'vs-ssh' && !versioned) parts.unshift(organization);
  // A project's repository of the same name may be written once.
  if (parts.length === 2 && path.includes('_git/')) parts.push(parts[1]!);
  return `dev.azure.com/${parts.join('/')}`;
}

function cleanName(path: string): string {
  let text = path.replace(/[?#](?=[^/]*=).*$/s, '').replace(/^\/+|\/+$/g, '');
  if (text.includes('%')) {
    try {
      text = decodeURIComponent(text);
    } catch {
      // Not an escape: the text names itself.
    }
  }
  return foldPath(text).replace(/\.git$/, '');
}

/** `host/owner/name`, `owner/name`, `name`. */
export function trailingParts(id: string): string[] {
  const parts = [id];
  for (let at = id.indexOf('/'); at >= 0; at = id.indexOf('/', at + 1)) parts.push(id.slice(at + 1));
  return parts;
}
