// Finds or builds MinIO, the object store that the tests of S3 run against; the program itself does not need it.
import { findProgram, installByGo } from './program.mjs';

const VERSION = 'v0.0.0-20260212201848-7aac2a2c5b7c';

/** Where it cannot be had the tests of S3 are skipped, which is said. */
export function ensureMinio() {
  if (findProgram('minio')) return;
  const refused = installByGo('minio', `github.com/minio/minio@${VERSION}`);
  if (refused) console.error(`SKIPPED: no MinIO could be had (${refused}): nothing will be tested on S3.`);
}
