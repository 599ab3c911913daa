import { spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { openKeystore } from '../../storage/keystore.ts';
import { findServer } from '../../worker/server/program.ts';
import { freePort } from '../../worker/server/server.ts';
import { PROJECT, workplace } from '../command.ts';

interface Service {
  image: string;
  command?: string[];
  volumes?: string[];
  ports?: string[];
  depends_on?: Record<string, object>;
}
interface Panel {
  targets?: { expr: string }[];
}

const text = (name: string) => readFileSync(join(PROJECT, 'ops', name), 'utf8');
const compose = parse(text('compose.yaml'), { merge: true }) as {
  services: Record<string, Service>;
  volumes: Record<string, object>;
};
const services = Object.entries(compose.services);
const place = workplace('ops');
afterAll(() => place.remove());

/** Options of a command line, without their values. */
const optionsOf = (command: string[]) =>
  command.filter((word) => word.startsWith('--')).map((word) => word.split('=')[0]!);

describe('the compose file', () => {
  it('names services, volumes and files that are there', () => {
    expect(services.map(([name]) => name)).toEqual(
      expect.arrayContaining(['server', 'store', 'worker-1', 'worker-2', 'codec-server', 'prometheus', 'grafana']),
    );
    for (const [name, { volumes = [], depends_on = {} }] of services) {
      for (const needed of Object.keys(depends_on)) expect(compose.services, name).toHaveProperty(needed);
      for (const [from] of volumes.map((volume) => volume.split(':'))) {
        if (from!.startsWith('./')) expect(existsSync(join(PROJECT, 'ops', from!)), `${name}: ${from}`).toBe(true);
        else if (!from!.startsWith('$')) expect(compose.volumes, name).toHaveProperty(from!);
      }
    }
  });

  it('gives the program commands and options that it has', () => {
    const garner = services.filter(([, { image }]) => image === 'garner');
    expect(garner.length).toBe(3);
    for (const [name, { command = [] }] of garner) {
      const words = command.filter((word) => /^[a-z-]+$/.test(word) && !word.startsWith('-'));
      const path = words[0] === 'codec-server' ? words.slice(0, 2) : words.slice(0, 1);
      const { stdout } = place.garner(...path, '--help');
      expect(optionsOf(command).length, name).toBeGreaterThan(3);
      for (const option of optionsOf(command)) expect(stdout, `${name} ${option}`).toContain(`${option} <`);
    }
  });

  it('gives the server options that its program has', () => {
    const program = findServer();
    if (!program) return console.warn('SKIPPED: no Temporal server program on this machine');
    const { stdout } = spawnSync(program, ['server', 'start-dev', '--help'], { encoding: 'utf8' });
    for (const option of optionsOf(compose.services['server']!.command!)) expect(stdout).toContain(option);
  });

  it('has Prometheus ask every worker where it answers, and the codec server let the web page ask', () => {
    const { scrape_configs } = parse(text('prometheus.yaml')) as {
      scrape_configs: { static_configs: { targets: string[] }[] }[];
    };
    const targets = scrape_configs.flatMap((config) => config.static_configs.flatMap((some) => some.targets));
    const wanted = services.flatMap(([name, { command = [] }]) =>
      command[0] === 'worker' ? [`${name}:${command[command.indexOf('--metrics') + 1]!.split(':')[1]!}`] : [],
    );
    expect(targets).toEqual(wanted);
    const { command: server, ports } = compose.services['server']!;
    const page = server!.find((word) => word.startsWith('--ui-port='))!.split('=')[1]!;
    expect(ports).toContain(`127.0.0.1:${page}:${page}`);
    expect(compose.services['codec-server']!.command).toContain(`--origin=http://127.0.0.1:${page}`);
  });
});

describe('dashboard and alerts', () => {
  it('ask for metrics that a worker exports under these names, with these labels', async () => {
    const alerts = parse(text('alerts.yaml')) as { groups: { rules: { expr: string }[] }[] };
    const dashboard = JSON.parse(text('dashboard.json')) as { panels: Panel[] };
    const asked = [
      ...alerts.groups.flatMap(({ rules }) => rules.map(({ expr }) => expr)),
      ...dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)),
    ];
    const exported = await metricsOfARun();
    expect(asked.length).toBeGreaterThan(10);
    for (const expr of asked)
      for (const [, name, labels = ''] of expr.matchAll(/\b((?:garner|temporal)_\w+)(?:\{([^}]*)\})?/g)) {
        const series = exported.filter((line) => line.startsWith(`${name!}{`) || line.startsWith(`${name!} `));
        expect(series, `${name} of ${expr}`).not.toEqual([]);
        for (const [, label] of labels.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g))
          expect(
            series.some((line) => line.includes(`${label}="`)),
            `${label} of ${expr}`,
          ).toBe(true);
      }
  });
});

/** What Prometheus reads from a worker that has done a run. */
async function metricsOfARun(): Promise<string[]> {
  const keystore = await openKeystore(place.path('keys'));
  const person = { name: 'ann', group: 'copilot-team', affiliation: 'employee', team: 't', from: '2026-01-01' };
  const people = [{ ...person, recipient: keystore.identity().recipient }];
  writeFileSync(place.path('access.yaml'), JSON.stringify({ version: 1, people }));
  expect(place.garner('generate', '--events', '300', '--seed', '5', '--out', 'sample').status).toBe(0);
  const at = `127.0.0.1:${await freePort()}`;
  const worker = place.start('worker', '--keys', 'keys', '--out', 'out', '--metrics', at);
  try {
    await ready(worker);
    const { address } = JSON.parse(readFileSync(place.path('out/.temporal/server.json'), 'utf8')) as {
      address: string;
    };
    const run = place.garner(
      ...[
        'run',
        '--input',
        'sample/events',
        '--facts',
        'sample/facts',
        '--now',
        '2026-05-10',
        '--out',
        'out',
        '--json',
      ],
      ...['--keys', 'keys', '--access', 'access.yaml', '--address', address],
    );
    expect([run.stderr, run.status]).toEqual(['', 0]);
    return (await (await fetch(`http://${at}/metrics`)).text()).split('\n').filter((line) => !line.startsWith('#'));
  } finally {
    const ended = once(worker, 'exit');
    worker.kill('SIGTERM');
    expect((await ended)[0]).toBe(0);
  }
}

async function ready(worker: ChildProcess): Promise<void> {
  let said = '';
  worker.stderr!.on('data', (data) => (said += String(data)));
  while (!said.includes('worker ready')) {
    if (worker.exitCode !== null) throw new Error(said);
    await sleep(100);
  }
}
