/** What an error of the file system means to whoever stores objects. */
import { StorageFault, type FaultKind } from './object.ts';

const KINDS: Record<string, FaultKind> = {
  ENOENT: 'not_found',
  ENOTDIR: 'not_found',
  EEXIST: 'exists',
  ENOSPC: 'full',
  EDQUOT: 'full',
  EFBIG: 'full',
  EROFS: 'not_writable',
  EXDEV: 'not_writable',
  EISDIR: 'not_writable',
  ENAMETOOLONG: 'not_writable',
};

/** The fault of an error met at a path; `denied` says what was tried when permission was refused. Faults pass as they are. */
export function faultOf(error: unknown, path: string, denied: 'not_writable' | 'not_readable'): StorageFault {
  if (error instanceof StorageFault) return error;
  const code = codeOf(error);
  if (code === 'EACCES' || code === 'EPERM') return new StorageFault(denied, path);
  if (code === 'ELOOP') return escape(path);
  if (code === 'EXDEV') return new StorageFault('not_writable', path, 'lies on another file system than its root');
  const kind = KINDS[code] ?? 'unavailable';
  if (kind === 'not_found' && denied === 'not_writable') {
    return new StorageFault(
      'not_writable',
      path,
      `has no folder to stand in, or a file stands where a folder should (${code})`,
    );
  }
  return kind === 'unavailable'
    ? new StorageFault(kind, path, `could not be used (${code === '' ? 'no error code' : code}): try again`)
    : new StorageFault(kind, path);
}

/** The system's name of an error (`ENOENT`), empty where it has none. */
export function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException | null)?.code ?? '';
}

/** For `.catch`: what is gone is undefined, other errors stay errors. */
export function ignoreMissing(error: unknown): undefined {
  if (isMissing(error)) return undefined;
  throw error;
}

export function isMissing(error: unknown): boolean {
  return codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR';
}

export function escape(path: string): StorageFault {
  return new StorageFault('not_writable', path, 'leads out of its folder by a symbolic link: name its target instead');
}
