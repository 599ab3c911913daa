// Bundles dist/workflows for the workflow sandbox, so that a worker starts without webpack.
import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';

const root = process.argv[2];
const converter = join(root, 'dist', 'worker', 'failures.cjs');
copyFileSync(join(root, 'worker', 'failures.cjs'), converter);
const { code } = await bundleWorkflowCode({
  workflowsPath: join(root, 'dist', 'workflows', 'index.js'),
  failureConverterPath: converter,
  logger: new DefaultLogger('WARN'),
});
writeFileSync(join(root, 'dist', 'workflow-bundle.js'), code);
