/**
 * Filters of private code lie once in the memory of a process, however many threads ask them. The first thread that wants one reads it; the
 * others wait and are given the same memory. Threads and pool speak through the port of the stage that is at work.
 */
import type { MessagePort } from 'node:worker_threads';
import type { FilterPlace } from '../../activities/run/stage.ts';
import { FingerprintFilter, type FilterMemory } from '../../curation/overlap/filter.ts';

/** From a thread: what it wants, or what it has read; null where reading failed. */
type Told = { wants: string } | { has: string; memory: FilterMemory | null };
/** To a thread: the filter it wants, or null where it is the one to read it. */
interface Given {
  filter: string;
  memory: FilterMemory | null;
}

interface Entry {
  memory: FilterMemory | null;
  /** Who reads it. */
  reader: MessagePort | null;
  waiting: MessagePort[];
}

/** The pool's side: knows what is held, and whose turn it is to read what is not. */
export class HeldFilters {
  readonly #entries = new Map<string, Entry>();

  /** Answers what a stage tells through its port, if it is about filters. */
  heard(told: unknown, port: MessagePort): boolean {
    if (!isTold(told)) return false;
    if ('wants' in told) this.#want(told.wants, port);
    else this.#settle(told.has, told.memory);
    return true;
  }

  /** The stage of this port is over, or its thread is gone: nobody waits for it. */
  left(port: MessagePort): void {
    for (const [name, entry] of this.#entries) {
      entry.waiting = entry.waiting.filter((other) => other !== port);
      if (entry.reader === port) this.#settle(name, null);
    }
  }

  #want(name: string, port: MessagePort): void {
    const run = runOf(name);
    // The filters of one run are kept; those of another go when nobody asks them any more.
    for (const [other, { memory }] of this.#entries) if (memory && runOf(other) !== run) this.#entries.delete(other);
    const entry = this.#entries.get(name);
    if (!entry) {
      this.#entries.set(name, { memory: null, reader: port, waiting: [] });
      give(port, name, null);
    } else if (entry.memory) give(port, name, entry.memory);
    else entry.waiting.push(port);
  }

  #settle(name: string, memory: FilterMemory | null): void {
    const entry = this.#entries.get(name);
    if (!entry) return;
    if (memory) {
      Object.assign(entry, { memory, reader: null });
      for (const port of entry.waiting.splice(0)) give(port, name, memory);
      return;
    }
    const next = entry.waiting.shift();
    if (!next) this.#entries.delete(name);
    else {
      entry.reader = next;
      give(next, name, null);
    }
  }
}

/** A thread's side: reads a filter, or asks the memory into which another thread has read it. */
export function sharedFilters(port: MessagePort): FilterPlace {
  return {
    async hold(run, key, read) {
      const name = `${run}\0${key}`;
      const given = new Promise<FilterMemory | null>((resolve) => {
        const listen = (message: Given) => {
          if (message.filter !== name) return;
          port.off('message', listen);
          resolve(message.memory);
        };
        port.on('message', listen);
      });
      port.postMessage({ wants: name } satisfies Told);
      const memory = await given;
      if (memory) return FingerprintFilter.over(memory);
      try {
        const filter = await read();
        port.postMessage({ has: name, memory: filter.memory } satisfies Told);
        return filter;
      } catch (error) {
        port.postMessage({ has: name, memory: null } satisfies Told);
        throw error;
      }
    },
  };
}

function give(port: MessagePort, filter: string, memory: FilterMemory | null): void {
  port.postMessage({ filter, memory } satisfies Given);
}

function runOf(name: string): string {
  return name.slice(0, name.lastIndexOf('\0'));
}

function isTold(told: unknown): told is Told {
  return typeof told === 'object' && told !== null && ('wants' in told || 'has' in told);
}
