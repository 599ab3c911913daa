/** Laws under mutation testing: always the same samples, and no search for the smallest one that fails. */
import fc from 'fast-check';

fc.configureGlobal({ seed: 1, endOnFailure: true });
