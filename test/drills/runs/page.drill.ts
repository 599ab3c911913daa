/** What Temporal's web page shows of a run, in a real browser: ciphertext, until its reader has logged in at the codec server. */
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunSummary } from '../../../activities/types.ts';
import { openAudit } from '../../../storage/audit.ts';
import { openKeystore } from '../../../storage/keystore.ts';
import { freePort, startServer } from '../../../worker/server/server.ts';
import { Site, type Running } from '../site/site.ts';

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
if (!CHROMIUM) console.warn('SKIPPED: no Chromium on this machine, so nobody looks at the web page');
/** Where pictures of the page are left to be looked at; nowhere where it is not set. */
const PICTURES = process.env['DRILL_PICTURES'];

const site = new Site();
let browser: Browser;
let codec: Running;
let codecAddress: string;
let run: string;

beforeAll(async () => {
  if (!CHROMIUM) return;
  await site.open(120, 5, false);
  codecAddress = `http://127.0.0.1:${await freePort()}`;
  site.server = await startServer({ folder: site.path('history'), ui: true, codecEndpoint: codecAddress });
  codec = site.start([
    ...['codec-server', '--keys', site.keys, '--access', 'access.yaml', '--audience', 'copilot-team'],
    ...['--origin', site.server.ui!, '--listen', new URL(codecAddress).host],
  ]);
  const worker = await site.worker();
  const { stdout } = await site.run('out', '--by', 'drill').ended;
  run = (JSON.parse(stdout) as RunSummary).runId;
  worker.child.kill('SIGTERM');
  expect((await worker.ended).status).toBe(0);
  browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-gpu'] });
});
afterAll(async () => {
  await browser?.close();
  await site.close();
});

/** The run's page as a reader sees it, when the payloads have come and show a field. */
async function lookAt(page: Page, name: string, field: string): Promise<string> {
  await page.goto(`${site.server.ui!}/namespaces/default/workflows/${run}`);
  await page.getByText(`"${field}"`).first().waitFor();
  await page.waitForLoadState('networkidle');
  if (PICTURES) {
    mkdirSync(PICTURES, { recursive: true });
    await page.screenshot({ path: join(PICTURES, `${name}.png`) });
  }
  return page.locator('body').innerText();
}

/** What docs/operations.md tells a reader to do. */
async function logIn(page: Page, token: string): Promise<void> {
  await page.goto(`${codecAddress}/login`);
  await page.getByLabel('Token').fill(token);
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByText(/may read histories|no valid token/).waitFor();
  await lookAt(page, 'before', 'garner-key');
  await page.locator('[data-testid^=data-encoder-status]').click();
  await page.getByRole('button', { name: 'Use Cluster-level setting' }).click();
  await page.locator('#use-local-endpoint-radio').dispatchEvent('click');
  await page.getByPlaceholder('Paste your endpoint here').fill(codecAddress);
  await page.locator('#pass-access-credentials').dispatchEvent('click');
  await page.getByRole('button', { name: 'Apply' }).dispatchEvent('click');
}

async function readings(): Promise<{ actor: string; subject: string }[]> {
  const keystore = await openKeystore(site.keys);
  const log = await openAudit(join(site.keys, 'audit'), keystore.signing());
  const found: { actor: string; subject: string }[] = [];
  for await (const { actor, subject } of log.show({ action: 'codec.decode' })) found.push({ actor, subject });
  return found;
}

describe.skipIf(!CHROMIUM)('the web page of a run', () => {
  it('shows ciphertext to whoever has no token, or one that is forged, and nothing was read', async () => {
    const page = await browser.newPage();
    for (const token of [null, 'bm9ib2R5.bm9ib2R5']) {
      if (token !== null) await logIn(page, token);
      const text = await lookAt(page, token === null ? 'without-token' : 'forged-token', 'garner-key');
      expect(text).toContain('garner-key');
      expect(text).not.toMatch(/runId|sample\/events|model-improvement"/);
    }
    expect(await readings()).toEqual([]);
    await page.close();
  });

  it('shows input, result and what each event is about to a person of the audience, and each reading is in the audit log', async () => {
    const asked = ['codec-server', 'token', 'drill', '--keys', site.keys, '--access', 'access.yaml'];
    const { stdout } = await site.start([...asked, '--audience', 'copilot-team']).ended;
    const page = await browser.newPage();
    await logIn(page, stdout.trim());
    const text = await lookAt(page, 'with-token', 'runId');
    expect(text).toContain(`"runId": "${run}"`);
    expect(text).toContain('"actor": "drill"');
    expect(text).not.toContain('garner-key');
    await page.getByText('assemble 0 to').first().waitFor();
    const found = await readings();
    expect(found.length).toBeGreaterThan(0);
    expect(new Set(found.map(({ actor }) => actor))).toEqual(new Set(['drill']));
    console.log(`page: ${found.length} readings of one page view are in the audit log`);
    await page.close();
    codec.child.kill('SIGTERM');
    expect((await codec.ended).status).toBe(0);
  });
});
