// Audits the server at URL as the caller with the bearer TOKEN; prints one line of JSON for each check.
import { createRequire } from 'node:module';

// The packages are in the folder that is the current one, not beside this file.
const { auditServer } = createRequire(process.cwd() + '/')('graphql-http');

const authorized = (url, init = {}) =>
  fetch(url, { ...init, headers: { ...init.headers, authorization: `Bearer ${process.env.TOKEN}` } });

for (const { id, name, status, reason } of await auditServer({ url: process.env.URL, fetchFn: authorized })) {
  console.log(JSON.stringify({ id, name, status, reason }));
}
