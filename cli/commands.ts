/** The commands and the modules that hold them: what is not asked for is not loaded. */
import type { Command } from 'commander';

interface Module {
  /** As `garner --help` lists them. */
  names: readonly string[];
  load(): Promise<(program: Command) => void>;
}

export const MODULES: readonly Module[] = [
  { names: ['run'], load: async () => (await import('./runs/run.ts')).runCommand },
  { names: ['worker'], load: async () => (await import('./servers/worker.ts')).workerCommand },
  {
    names: ['list', 'status', 'retry', 'pause', 'resume', 'approve', 'reject', 'cancel'],
    load: async () => (await import('./runs/runs.ts')).runsCommands,
  },
  { names: ['ledger'], load: async () => (await import('./records/ledger.ts')).ledgerCommand },
  { names: ['explain'], load: async () => (await import('./records/explain.ts')).explainCommand },
  { names: ['policy'], load: async () => (await import('./policy.ts')).policyCommand },
  { names: ['verify'], load: async () => (await import('./datasets/verify.ts')).verifyCommand },
  { names: ['open'], load: async () => (await import('./datasets/open.ts')).openCommand },
  { names: ['schedule', 'nightly'], load: async () => (await import('./runs/schedule.ts')).scheduleCommands },
  { names: ['codec-server'], load: async () => (await import('./servers/codec-server.ts')).codecServerCommand },
  { names: ['access'], load: async () => (await import('./datasets/access.ts')).accessCommand },
  { names: ['audit'], load: async () => (await import('./datasets/audit.ts')).auditCommand },
  { names: ['erase'], load: async () => (await import('./upkeep/erase.ts')).eraseCommand },
  { names: ['keys'], load: async () => (await import('./keys.ts')).keysCommand },
  { names: ['decontaminate'], load: async () => (await import('./guard/decontaminate.ts')).decontaminateCommand },
  { names: ['recheck'], load: async () => (await import('./upkeep/recheck.ts')).recheckCommand },
  { names: ['retention'], load: async () => (await import('./upkeep/retention.ts')).retentionCommand },
  { names: ['select'], load: async () => (await import('./records/select.ts')).selectCommand },
  { names: ['fingerprint'], load: async () => (await import('./guard/fingerprint.ts')).fingerprintCommand },
  { names: ['audit-overlap'], load: async () => (await import('./guard/audit-overlap.ts')).auditOverlapCommand },
  { names: ['evaluate'], load: async () => (await import('./measure/evaluate.ts')).evaluateCommand },
  { names: ['assess'], load: async () => (await import('./measure/assess.ts')).assessCommand },
  { names: ['abuse'], load: async () => (await import('./measure/abuse.ts')).abuseCommand },
  { names: ['aggregate'], load: async () => (await import('./measure/aggregate.ts')).aggregateCommand },
  { names: ['redact'], load: async () => (await import('./records/redact.ts')).redactCommand },
  { names: ['generate'], load: async () => (await import('./sample/generate.ts')).generateCommand },
  { names: ['ui'], load: async () => (await import('./servers/ui.ts')).uiCommand },
];

/** Adds the command that is asked for, or all of them where it is none: for the help, and for what is said of a wrong name. */
export async function addCommands(program: Command, asked: string | undefined): Promise<void> {
  const holding = MODULES.filter(({ names }) => asked !== undefined && names.includes(asked));
  const adds = await Promise.all((holding.length > 0 ? holding : MODULES).map(({ load }) => load()));
  for (const add of adds) add(program);
}
