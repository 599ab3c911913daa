/** Every spelling of a git remote to one repository identity, or the reason why it has none. */

declare const brand: unique symbol;
/** `host/owner/name`, e.g. `github.com/acme/app`: lower case, without credentials, port, query, or the one `.git` at the end. */
export type RepositoryId = string & { readonly [brand]: true };

/** The hosts whose repositories may be used, and other names under which a host is reached (`{"gh-work": "github.com"}`). */
export interface HostPolicy {
  hosts: string[];
  hostAliases: Record<string, string>;
}

export type Remote =
  | { ok: true; id: RepositoryId; host: string; owner: string; name: string }
  | { ok: false; reason: 'unknown_host' | 'no_repository' };

const UNKNOWN_HOST: Remote = { ok: false, reason: 'unknown_host' };
const NO_REPOSITORY: Remote = { ok: false, reason: 'no_repository' };

const SCHEME = /^(https?|ssh|git|git\+https?|git\+ssh|ssh\+git):\/\//i;
const ANY_SCHEME = /^[a-z][a-z0-9+.-]*:\/\//i;
const PORT = /^\d{0,5}$/;
const GITHUB_NAME = /^[a-z0-9_.-]+$/;
const AZURE = 'dev.azure.com';
const OLD_AZURE = '.visualstudio.com';
const MAX_LENGTH = 4096;

/**
 * The repository that a remote names. Accepts http(s), ssh, git and scp-like (`[user@]host:path`) remotes; credentials, ports, `www.`
 * and `ssh.` before the host, letter case, doubled and trailing slashes, query, fragment, percent-encoded letters and one `.git` make no
 * difference. Sub-paths of web addresses (`/tree/main`, GitLab's `/-/blob/…`) are cut. Old and new Azure DevOps addresses are the same
 * (`dev.azure.com/organization/project/name`), and so are Bitbucket's `/scm/` ones.
 * `unknown_host`: not a remote of a host that the policy names exactly or by an alias (a local path, a look-alike, another scheme);
 * `no_repository`: empty, or a known host without owner and name. Never throws; the result holds nothing of the credentials.
 */
export function parseRemote(url: string, hosts: HostPolicy): Remote {
  const text = url.trim();
  if (text === '') return NO_REPOSITORY;
  if (text.length > MAX_LENGTH || hasForbidden(text)) return UNKNOWN_HOST;
  const address = split(text);
  if (address === null) return UNKNOWN_HOST;
  const written = toAsciiHost(address.host);
  if (written === null) return UNKNOWN_HOST;
  const known = compileHosts(hosts);
  const host = known(written);
  if (host === null) return UNKNOWN_HOST;
  const segments = segmentsOf(address.path);
  if (segments === null) return NO_REPOSITORY;
  if (host === AZURE) return azure(written, segments);
  const short = address.web && isBitbucketServer(host) && segments.length > 2 && segments[0] === 'scm';
  return layOut(host, short ? segments.slice(1) : segments, address.web);
}

/** The identity made of a fact's host, owner and name. */
export function repositoryId(host: string, owner: string, name: string): RepositoryId {
  return lower(`${host}/${owner}/${name}`) as RepositoryId;
}

/** Takes `github.com/acme/app` apart; null where it does not have at least three parts. */
export function parseRepositoryId(id: string): { id: RepositoryId; host: string; owner: string; name: string } | null {
  const first = id.indexOf('/');
  const last = id.lastIndexOf('/');
  if (first <= 0 || last <= first + 1 || last === id.length - 1) return null;
  const text = lower(id);
  if (text.split('/').some((part) => part === '' || part === '.' || part === '..')) return null;
  return {
    id: text as RepositoryId,
    host: text.slice(0, first),
    owner: text.slice(first + 1, last),
    name: text.slice(last + 1),
  };
}

/** Whether repositories of the host are always `owner/name`, so that what follows is a path inside one. */
export function hasTwoLevels(host: string): boolean {
  return host === 'bitbucket.org' || host.endsWith('.ghe.com') || host.split('.').includes('github');
}

/** ASCII letters to lower case; other letters stay, so that none of them (K, the Kelvin sign) turns into an ASCII one. */
export function lower(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

interface Address {
  host: string;
  path: string;
  web: boolean;
}

function split(text: string): Address | null {
  const scheme = SCHEME.exec(text);
  if (scheme) return splitUrl(text.slice(scheme[0].length), /http/i.test(scheme[1]!));
  if (ANY_SCHEME.test(text)) return null;
  return splitScp(text);
}

function splitUrl(rest: string, web: boolean): Address | null {
  const end = rest.search(/[/?#]/);
  const authority = end < 0 ? rest : rest.slice(0, end);
  const hostAndPort = authority.slice(authority.lastIndexOf('@') + 1);
  const colon = hostAndPort.indexOf(':');
  const host = colon < 0 ? hostAndPort : hostAndPort.slice(0, colon);
  if (host === '' || (colon >= 0 && !PORT.test(hostAndPort.slice(colon + 1)))) return null;
  const tail = end < 0 ? '' : rest.slice(end);
  const stop = tail.search(/[?#]/);
  return { host, path: stop < 0 ? tail : tail.slice(0, stop), web };
}

/** git takes `host:path` for a remote only where no slash stands before the first colon; `[user@host:port]:path` names a port. */
function splitScp(text: string): Address | null {
  const bracketed = /^\[(?:[^\]@/]*@)?([^\]:@/]+)(?::(\d{1,5}))?\]:(.*)$/.exec(text);
  if (bracketed) return { host: bracketed[1]!, path: withoutQuery(bracketed[3]!), web: false };
  const colon = text.indexOf(':');
  const slash = text.indexOf('/');
  if (colon <= 0 || (slash >= 0 && slash < colon)) return null;
  const host = text.slice(text.lastIndexOf('@', colon) + 1, colon);
  // `user:secret@host:path` is no form that git knows; a name that is half a credential never reaches the host check.
  if (host === '' || text.slice(colon + 1).includes('@')) return null;
  return { host, path: withoutQuery(text.slice(colon + 1)), web: false };
}

function withoutQuery(path: string): string {
  const stop = path.search(/[?#]/);
  return stop < 0 ? path : path.slice(0, stop);
}

/** Control characters, white space and backslashes make clients disagree about where the host ends. */
function hasForbidden(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code <= 0x20 || code === 0x5c || code === 0x7f) return true;
  }
  return false;
}

/** Lower case; letters beyond ASCII become their IDNA form. Null where IDNA would turn a look-alike into plain ASCII. */
function toAsciiHost(host: string): string | null {
  if (/^[\x21-\x7e]*$/.test(host)) return host.toLowerCase();
  try {
    const ascii = new URL(`https://${host}`).hostname;
    return host.normalize('NFC').split('.').length === ascii.split('.').length && ascii.includes('xn--') ? ascii : null;
  } catch {
    return null;
  }
}

const compiled = new WeakMap<HostPolicy, (host: string) => string | null>();

function compileHosts(policy: HostPolicy): (host: string) => string | null {
  const found = compiled.get(policy);
  if (found) return found;
  const clean = (host: string): string => toAsciiHost(host.trim().replace(/:\d+$/, '')) ?? '';
  const names = new Set(policy.hosts.map(clean).filter((host) => host !== ''));
  const aliases = new Map(Object.entries(policy.hostAliases).map(([from, to]) => [clean(from), clean(to)]));
  const exact = (host: string): string | null => {
    const target = aliases.get(host) ?? host;
    if (names.has(target)) return target.endsWith(OLD_AZURE) ? AZURE : target;
    return null;
  };
  const lookUp = (host: string): string | null => {
    const direct = exact(host);
    if (direct !== null) return direct;
    if (host.startsWith('www.') || host.startsWith('ssh.')) return exact(host.slice(4));
    const old = host.endsWith(OLD_AZURE) && host.indexOf('.') === host.length - OLD_AZURE.length;
    return old && names.has(AZURE) ? AZURE : null;
  };
  compiled.set(policy, lookUp);
  return lookUp;
}

/** Path segments decoded and in lower case; null where one cannot be part of a repository's name. */
function segmentsOf(path: string): string[] | null {
  const segments: string[] = [];
  for (const part of path.split('/')) {
    if (part === '') continue;
    const segment = part.includes('%') ? decode(part) : part;
    if (segment === null || segment === '.' || segment === '..') return null;
    segments.push(lower(segment));
  }
  return segments;
}

function decode(part: string): string | null {
  try {
    const text = decodeURIComponent(part);
    return /[%/]/.test(text) || hasForbidden(text.replaceAll(' ', '')) ? null : text;
  } catch {
    return null;
  }
}

function remote(host: string, owner: string, last: string): Remote {
  const name = last.endsWith('.git') ? last.slice(0, -4) : last;
  if (owner === '' || name === '') return NO_REPOSITORY;
  return { ok: true, id: `${host}/${owner}/${name}` as RepositoryId, host, owner, name };
}

function layOut(host: string, segments: string[], web: boolean): Remote {
  if (hasTwoLevels(host)) {
    // Only web addresses go on behind the name; in `git@host:443/acme/app` the first part is no owner.
    if (segments.length < 2 || (segments.length > 2 && !web)) return NO_REPOSITORY;
    const [owner, name] = segments as [string, string];
    return GITHUB_NAME.test(owner) && GITHUB_NAME.test(name) ? remote(host, owner, name) : NO_REPOSITORY;
  }
  const inside = segments.indexOf('-');
  const named = inside < 0 ? segments : segments.slice(0, inside);
  const git = named.findIndex((segment) => segment.endsWith('.git'));
  const path = git < 0 ? named : named.slice(0, git + 1);
  return path.length < 2 ? NO_REPOSITORY : remote(host, path.slice(0, -1).join('/'), path[path.length - 1]!);
}

function isBitbucketServer(host: string): boolean {
  return host !== 'bitbucket.org' && host.split('.').some((label) => label === 'bitbucket' || label === 'stash');
}

/**
 * Azure DevOps: `org/project/_git/name`, `org/_git/name` (the project bears the repository's name), `v3/org/project/name` over ssh;
 * the old host carries the organisation (`org.visualstudio.com/[DefaultCollection/]project/_git/name`).
 */
function azure(written: string, segments: string[]): Remote {
  let rest = segments.filter((segment) => segment !== '_optimized' && segment !== '_full');
  if (rest[0] === 'v3') rest = rest.slice(1);
  else if (written.endsWith(OLD_AZURE) && !written.startsWith('vs-ssh.')) {
    rest = [written.slice(0, -OLD_AZURE.length), ...(rest[0] === 'defaultcollection' ? rest.slice(1) : rest)];
  }
  const git = rest.indexOf('_git');
  if (git >= 0) {
    const name = rest[git + 1];
    const before = rest.slice(0, git);
    if (name === undefined || before.length < 1 || before.length > 2) return NO_REPOSITORY;
    return remote(AZURE, `${before[0]!}/${before[1] ?? name}`, name);
  }
  return rest.length === 3 ? remote(AZURE, `${rest[0]!}/${rest[1]!}`, rest[2]!) : NO_REPOSITORY;
}
