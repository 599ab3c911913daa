/** The submodule that a path of a repository lies in. */
import type { RepoPath } from '../path/path.ts';
import { foldPath } from '../path/path.ts';
import type { RepositoryState } from './state.ts';

export interface SubmoduleHit {
  /** Remote of the submodule's repository. */
  url: string;
  /** The path inside it; empty where the path is the submodule itself. */
  rest: string;
}

const folded = new WeakMap<Record<string, string>, [folder: string, remote: string][]>();

/** The innermost submodule around the path; folders match whatever the letter case. */
export function submoduleAt(state: RepositoryState, path: RepoPath): SubmoduleHit | null {
  if (state.submodules === undefined) return null;
  let folders = folded.get(state.submodules);
  if (!folders) {
    folders = Object.entries(state.submodules).map(([folder, remote]) => [foldFolder(folder), remote]);
    folders.sort((a, b) => b[0].length - a[0].length);
    folded.set(state.submodules, folders);
  }
  const parts = path.split('/');
  const foldedPath = parts.map(foldPath).join('/');
  for (const [folder, remote] of folders) {
    if (foldedPath !== folder && !foldedPath.startsWith(`${folder}/`)) continue;
    return { url: remoteOf(remote, state), rest: parts.slice(folder.split('/').length).join('/') };
  }
  return null;
}

function foldFolder(folder: string): string {
  const parts = folder.replaceAll('\\', '/').split('/');
  return parts
    .filter((part) => part !== '' && part !== '.')
    .map(foldPath)
    .join('/');
}

/** `host/owner/name` as facts write it, any remote, or git's relative form (`../sdk.git`), which starts from the repository's remote. */
function remoteOf(written: string, state: RepositoryState): string {
  if (!/^\.\.?(\/|$)/.test(written)) return written.includes(':') ? written : `https://${written}`;
  const parts = `${state.owner}/${state.name}`.split('/');
  for (const step of written.split('/')) {
    if (step === '..') parts.pop();
    else if (step !== '.' && step !== '') parts.push(step);
  }
  return `https://${state.host}/${parts.join('/')}`;
}
