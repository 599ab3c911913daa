import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { BUILTIN_SCHEDULES, loadSchedules } from '../../config/schedules.ts';

const folder = mkdtempSync(join(tmpdir(), 'garner-schedules-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function load(entry: string) {
  const file = join(folder, 'schedules.yaml');
  writeFileSync(file, `version: 1\nschedules:\n  - ${entry}\n`);
  return loadSchedules(file);
}

describe('the list of schedules', () => {
  it('that comes with the program is empty', () => expect(loadSchedules(BUILTIN_SCHEDULES)).toEqual([]));

  it('fills what is not given, and takes paths from its own folder', () => {
    const [schedule] = load("{id: a, at: '02:30', inputs: ['in/{day}', 's3://b/{day}/'], out: out, catchUp: 2d}");
    expect(schedule).toMatchObject({
      ...{ id: 'a', at: 150, timeZone: 'UTC', inputs: [join(folder, 'in/{day}'), 's3://b/{day}/'] },
      ...{ out: join(folder, 'out'), jitter: 300_000, catchUp: 172_800_000, closes: 900_000, lookBack: 7, facts: null },
    });
  });

  it('reads each kind with the fields that it alone has', () => {
    const [curate] = load("{id: a, at: '02:30', inputs: ['{day}'], out: o, guard: [g, s3://b/g], guardKey: [k]}");
    expect(curate).toMatchObject({
      kind: 'curate',
      guard: [join(folder, 'g'), 's3://b/g'],
      guardKey: [join(folder, 'k')],
    });
    const [assess] = load(
      "{id: a, kind: assess, at: '02:30', inputs: ['{day}'], out: o, experiment: e.yaml, days: 14}",
    );
    expect(assess).toMatchObject({ kind: 'assess', experiment: join(folder, 'e.yaml'), days: 14, guard: [] });
  });

  it('reads sweeps, which have no window', () => {
    const [recheck] = load("{id: a, kind: recheck, at: '00:00', facts: f, out: o}");
    expect(recheck).toMatchObject({ kind: 'recheck', facts: join(folder, 'f'), inputs: [] });
    const [retention] = load("{id: a, kind: retention, at: '00:00', policy: p.yaml, out: o, inputs: ['in/{day}']}");
    expect(retention).toMatchObject({
      kind: 'retention',
      policy: join(folder, 'p.yaml'),
      inputs: [join(folder, 'in/{day}')],
    });
  });

  it.each([
    ["{id: a, kind: recheck, at: '02:30', out: o}", 'schedules[0].facts: must name the folder of facts'],
    ["{id: a, kind: retention, at: '02:30', out: o}", 'schedules[0].policy: must name the policy'],
    ["{id: a, kind: retention, at: '02:30', policy: p, out: o, facts: f}", 'schedules[0].facts: is no field'],
    [
      "{id: a, kind: train, at: '02:30', inputs: ['{day}'], out: o}",
      'schedules[0].kind: must be one of curate, evaluate',
    ],
    ["{id: a, kind: evaluate, at: '02:30', inputs: ['{day}'], out: o, guard: [g]}", 'schedules[0].guard: is no field'],
    ["{id: a, kind: abuse, at: '02:30', inputs: ['{day}'], out: o, lookBack: 2}", 'schedules[0].lookBack: is no field'],
    [
      "{id: a, at: '02:30', inputs: ['{day}'], out: o, days: 2}",
      'schedules[0].days: is no field of a schedule of kind curate',
    ],
    ["{id: a, kind: assess, at: '02:30', inputs: ['{day}'], out: o}", 'schedules[0].experiment: must name the file'],
    ["{id: 'a b', at: '02:30', inputs: ['{day}'], out: o}", 'schedules[0].id: must be of letters'],
    ["{id: a, at: '2:30', inputs: ['{day}'], out: o}", "schedules[0].at: must be a time such as '02:30'"],
    ["{id: a, at: '00:10', inputs: ['{day}'], out: o}", 'schedules[0].at: must lie after the day has closed'],
    ["{id: a, at: '02:30', inputs: ['all'], out: o}", 'schedules[0].inputs: all must hold {day}'],
    ["{id: a, at: '02:30', timeZone: Mars, inputs: ['{day}'], out: o}", 'Mars is no time zone'],
    ["{id: a, at: '02:30', inputs: ['{day}'], out: o, jitter: soon}", 'schedules[0].jitter: must be a time such as'],
    ["{id: a, at: '02:30', inputs: ['{day}'], out: o, ouput: x}", 'schedules[0].ouput: is no field'],
    [
      "{id: a, at: '02:30', inputs: ['{day}'], out: o}\n  - {id: a, at: '02:30', inputs: ['{day}'], out: o}",
      'stands twice',
    ],
  ])('refuses %s and names the field', (entry, message) => {
    expect(() => load(entry)).toThrow(message);
  });
});
