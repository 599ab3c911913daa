/** Who owns a lock, a temporary file or a scratch folder, and whether that process still lives. */
import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** Identifies one process: a digest of host and pid namespace, the pid, the kernel's start time of the process (0 where unknown). */
export interface Owner {
  readonly place: string;
  readonly pid: number;
  readonly started: string;
}

const FORM = /^([0-9a-f]{8})\.([1-9][0-9]{0,9})\.([0-9]{1,20})$/;

let self: Owner | undefined;

/** The process that asks. */
export function thisProcess(): Owner {
  self ??= processOf(process.pid);
  return self;
}

/** A process of this host by its pid, as long as it lives. */
export function processOf(pid: number): Owner {
  return { place: placeOfThisHost(), pid, started: statOf(pid)?.started ?? '0' };
}

/** `place.pid.started`: safe as a part of a file name. */
export function ownerText(owner: Owner): string {
  return `${owner.place}.${owner.pid}.${owner.started}`;
}

/** Reads what `ownerText` wrote; null for anything else. */
export function parseOwner(text: string): Owner | null {
  const found = FORM.exec(text);
  return found === null ? null : { place: found[1]!, pid: Number(found[2]), started: found[3]! };
}

/**
 * Whether the owner still runs: `elsewhere` when it lives on another host or in another pid namespace, where its pid says nothing.
 * A pid that was given to a later process counts as dead, by its start time.
 */
export function stateOf(owner: Owner): 'alive' | 'dead' | 'elsewhere' {
  if (owner.place !== thisProcess().place) return 'elsewhere';
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return 'dead';
  }
  const stat = statOf(owner.pid);
  if (stat === null) return 'alive';
  // A zombie has ended; only its parent has not asked yet.
  return stat.state === 'Z' || (owner.started !== '0' && stat.started !== owner.started) ? 'dead' : 'alive';
}

function placeOfThisHost(): string {
  let namespace = '';
  try {
    namespace = readlinkSync('/proc/self/ns/pid');
  } catch {
    // Only Linux has pid namespaces.
  }
  return createHash('sha256').update(`${hostname()}\0${namespace}`).digest('hex').slice(0, 8);
}

/** Fields 3 and 22 of /proc/PID/stat (proc_pid_stat(5)): state, and start in clock ticks since boot; null where there is none. */
function statOf(pid: number): { state: string; started: string } | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The command name, field 2, may hold spaces and parentheses: fields are counted after its last one.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { state: fields[0] ?? '', started: fields[19] ?? '' };
  } catch {
    return null;
  }
}
