/**
 * Which files a window is made of. A suggestion belongs to the window of its first event, so its later events may lie in the folder of the next
 * day, or, where folders are of the day on which events arrive, days later; and a file of the day before may tell that a suggestion is not of
 * this window. When the events of a file happened is known once its own day was read.
 */
import { createHash } from 'node:crypto';
import type { WindowedSchedule } from '../../config/schedules.ts';
import { dayPlus, touches, windowOfDay } from '../../curation/events/window.ts';
import { listSources, NoSources, type SourceObject } from '../plan/sources.ts';
import type { Books, Watermarks, WindowRecord } from './books.ts';

export interface WindowFiles {
  /** In the folders of the window's days. */
  own: SourceObject[];
  /** In folders of other days, with events of the window or so near to it that their suggestion may be of it. */
  borrowed: SourceObject[];
  /** In the folders beside the window, of which nobody has told yet when their events happened. */
  unread: SourceObject[];
}

/** Lists windows; each folder is listed once. */
export class WindowLister {
  readonly #schedule: WindowedSchedule;
  readonly #books: Books;
  readonly #listed = new Map<string, Promise<SourceObject[]>>();

  constructor(schedule: WindowedSchedule, books: Books) {
    this.#schedule = schedule;
    this.#books = books;
  }

  /** The files of the window that ends with a day. @throws NoSources where a folder of the window is not there or empty */
  async of(last: string): Promise<WindowFiles> {
    const schedule = this.#schedule;
    const window = windowOf(schedule, last);
    const days = daysOf(schedule, last);
    const files: WindowFiles = { own: [], borrowed: [], unread: [] };
    for (const folder of inputsOf(schedule, last)) files.own.push(...(await this.#list(folder)));
    const before = dayPlus(days[0]!, -1);
    const after = Array.from({ length: reachOf(schedule) }, (_, index) => dayPlus(last, index + 1));
    for (const day of [before, ...after]) {
      const isBeside = day === before || day === after[0];
      const known = await this.#books.read(day);
      for (const file of await this.#beside(day)) {
        const quarters = known?.watermarks[idOf(file)] === tagOf(file) ? known.quarters[idOf(file)] : undefined;
        if (quarters === undefined ? isBeside : touches(quarters, window, schedule.closes))
          files[quarters ? 'borrowed' : 'unread'].push(file);
      }
    }
    return files;
  }

  /** Whether a window would be made of other files than it was; not where those of its own are gone, since their age has passed. */
  async isLate(known: WindowRecord): Promise<boolean> {
    let files: WindowFiles;
    try {
      files = await this.of(known.day);
    } catch (error) {
      if (error instanceof NoSources) return false;
      throw error;
    }
    const { own, borrowed } = files;
    if (Object.keys(known.watermarks).length !== own.length) return true;
    const changed = (file: SourceObject, marks: Watermarks) => marks[idOf(file)] !== tagOf(file);
    return (
      own.some((file) => changed(file, known.watermarks)) || borrowed.some((file) => changed(file, known.borrowed))
    );
  }

  #list(folder: string): Promise<SourceObject[]> {
    let listed = this.#listed.get(folder);
    if (!listed) this.#listed.set(folder, (listed = listSources([folder])));
    return listed;
  }

  /** What there is of another day: it may have no folder yet, or no more. */
  async #beside(day: string): Promise<SourceObject[]> {
    const files: SourceObject[] = [];
    for (const folder of foldersOf(this.#schedule, day)) {
      try {
        files.push(...(await this.#list(folder)));
      } catch (error) {
        if (!(error instanceof NoSources)) throw error;
      }
    }
    return files;
  }
}

/** Tags of files, as the books keep them. */
export function watermarksOf(files: SourceObject[]): Watermarks {
  return Object.fromEntries(files.map((file) => [idOf(file), tagOf(file)]));
}

/** Names hold paths: the books know a file by a digest of its name. */
export function idOf({ name }: SourceObject): string {
  return createHash('sha256').update(name).digest('hex').slice(0, 32);
}

function tagOf({ tag, size }: SourceObject): string {
  return tag ?? String(size);
}

/** Folders of all days of the window that ends with a day. */
export function inputsOf(schedule: WindowedSchedule, last: string): string[] {
  return daysOf(schedule, last).flatMap((day) => foldersOf(schedule, day));
}

export function windowOf(schedule: WindowedSchedule, last: string): { from: number; to: number } {
  const [first = last] = daysOf(schedule, last);
  return { from: windowOfDay(first, schedule.timeZone).from, to: windowOfDay(last, schedule.timeZone).to };
}

function daysOf({ days }: WindowedSchedule, last: string): string[] {
  return Array.from({ length: days }, (_, index) => dayPlus(last, index - days + 1));
}

function foldersOf({ inputs }: WindowedSchedule, day: string): string[] {
  const [year = '', month = '', date = ''] = day.split('-');
  const parts: Record<string, string> = { day, year, month, date };
  const folders = inputs.map((input) => input.replace(/\{(day|year|month|date)\}/g, (_, name: string) => parts[name]!));
  return [...new Set(folders)];
}

/** Days after a window in whose folders its events are looked for. */
function reachOf({ kind, lookBack }: WindowedSchedule): number {
  return kind === 'curate' ? lookBack : 1;
}
