/** The worker's log: one JSON line an event, with run, stage and unit, and never anything of a record. */
import { pino, type Logger } from 'pino';

export type WorkerLog = Pick<Logger, 'info' | 'warn' | 'error'>;

/** Lines on stdout. Messages are fixed texts; failures are told by type, since a message may name files. */
export function openLog(level: string): WorkerLog {
  return pino({ level, base: { pid: process.pid }, timestamp: pino.stdTimeFunctions.isoTime });
}

/** A log that says nothing: the worker of a single command. */
export const SILENT: WorkerLog = pino({ level: 'silent' });
