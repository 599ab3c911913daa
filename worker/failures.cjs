// The failure converter of clients, workers and workflows: messages and stacks go into attributes that the codec seals.
// CommonJS, since the SDK loads it by require() and bundles it for the workflow sandbox.
const { DefaultFailureConverter } = require('@temporalio/common');

exports.failureConverter = new DefaultFailureConverter({ encodeCommonAttributes: true });
