// Bundles dist/workflows for the workflow sandbox, with and without traces, so that a worker starts without webpack.
import { copyFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';

const root = process.argv[2];
const converter = join(root, 'dist', 'worker', 'failures.cjs');
copyFileSync(join(root, 'worker', 'failures.cjs'), converter);
const traces = createRequire(import.meta.url).resolve(
  '@temporalio/interceptors-opentelemetry/lib/workflow-interceptors',
);
for (const [name, workflowInterceptorModules] of Object.entries({ bundle: [], traced: [traces] })) {
  const { code } = await bundleWorkflowCode({
    workflowsPath: join(root, 'dist', 'workflows', 'index.js'),
    failureConverterPath: converter,
    workflowInterceptorModules,
    logger: new DefaultLogger('WARN'),
  });
  writeFileSync(join(root, 'dist', `workflow-${name}.js`), code);
}
