// HubSpot, by its own library.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';

// The packages are in the folder that is the current one, not beside this file.
const { Client } = createRequire(process.cwd() + '/')('@hubspot/api-client');

const { system, control } = JSON.parse(readFileSync(0, 'utf8'));
const options = { basePath: system.address, numberOfApiCallRetries: 0 };
const account = new Client({ ...options, accessToken: system.credentials.api_key });
// An app of several accounts has short tokens, for a long one.
const app = new Client(options);
const granted = await app.oauth.tokensApi.create(
  'refresh_token', undefined, undefined, system.credentials.client_id, system.credentials.client_secret,
  system.credentials.refresh_token,
);
app.setAccessToken(granted.accessToken);
const stranger = new Client({ ...options, accessToken: 'pat-of-nobody' });
const { companies, contacts, deals } = account.crm;
const OWN = 'erp_customer_number';

// How the library refuses: its class of error, and what it read out of the answer.
async function refused(call) {
  try {
    await call();
  } catch (error) {
    const { status, category, message, policyName } = error.body ?? {};
    return { raised: error.constructor.name, code: error.code, status, category, message, policyName };
  }
  return 'nothing was raised';
}

// The system has a fault for as long as this lasts.
async function fault(name, value, call) {
  const { tenant, role } = system;
  const body = JSON.stringify({ tenant, role, fault: name, value: value ?? null });
  await fetch(`${control}/_sandbox/faults`, { method: 'POST', body, headers: { 'content-type': 'application/json' } });
  try {
    return await call();
  } finally {
    await fetch(`${control}/_sandbox/faults`, { method: 'DELETE' });
  }
}

const read = (idProperty, ids) =>
  companies.batchApi.read({ idProperty, inputs: ids.map((id) => ({ id })), properties: ['name', OWN], propertiesWithHistory: [] });
const search = (filters, more = {}) =>
  companies.searchApi.doSearch({
    filterGroups: [{ filters }], properties: ['name', OWN, 'domain'], limit: 10, sorts: ['hs_object_id'], ...more,
  });
const number = (value) => ({ propertyName: OWN, operator: 'EQ', value });

const batch = await read(OWN, ['G-2001', 'G-2002']);
const partly = await read(OWN, ['G-2001', 'nobody']);
const good = batch.results.find((one) => one.properties[OWN] === 'G-2001');
const found = await search([number('G-2001')]);
// The vendor wants texts in lower case here, and finds nothing by others.
const both = await search([{ propertyName: OWN, operator: 'IN', values: ['g-2001', 'g-2003'] }]);
const hostile = await search([number(`G-2001" OR "1"="1`)]);
const byId = await companies.basicApi.getById(good.id, ['name', 'domain'], undefined, ['contacts']);
const byOwn = await companies.basicApi.getById('G-2001', ['name'], undefined, undefined, false, OWN);

// A page, and the one that its `after` leads to; then all of them.
const first = await companies.basicApi.getPage(100);
const second = await companies.basicApi.getPage(100, first.paging.next.after);
const all = await companies.getAll(100);
const searchedFirst = await search([{ propertyName: OWN, operator: 'HAS_PROPERTY' }], { limit: 100 });
const searchedNext = await search([{ propertyName: OWN, operator: 'HAS_PROPERTY' }], { limit: 100, after: searchedFirst.paging.next.after });

const linked = await account.crm.associations.v4.basicApi.getPage('companies', good.id, 'contacts', undefined, 100);
const ids = linked.results.map((one) => one.toObjectId);
const many = await account.crm.associations.v4.batchApi.getPage('companies', 'contacts', { inputs: [{ id: good.id }] });
const people = await contacts.batchApi.read({ inputs: ids.map((id) => ({ id })), properties: ['email', 'firstname'], propertiesWithHistory: [] });
const byEmail = await contacts.basicApi.getById(people.results[0].properties.email, ['email'], undefined, undefined, false, 'email');
const orders = await deals.searchApi.doSearch({
  filterGroups: [{ filters: [{ propertyName: 'erp_order_number', operator: 'EQ', value: 'SO-7042' }] }],
  properties: ['erp_order_number', 'amount'], limit: 1,
});
const latest = await deals.searchApi.doSearch({ filterGroups: [], sorts: ['-hs_object_id'], properties: [], limit: 3 });
const ofLatest = latest.results.map((one) => Number(one.id));
const owners = await account.crm.owners.ownersApi.getPage(undefined, undefined, 10);
const properties = await account.crm.properties.coreApi.getAll('companies');

const names = (page) => page.results.map((one) => one.properties[OWN]).sort();
console.log(JSON.stringify({
  granted: { tokenType: granted.tokenType, expiresIn: granted.expiresIn, long: granted.accessToken.length > 300 },
  batch: { status: batch.status, names: names(batch), when: batch.completedAt instanceof Date },
  partly: { names: names(partly), numErrors: partly.numErrors, errors: partly.errors?.map(({ category, status }) => ({ category, status })) },
  found: { total: found.total, name: found.results[0].properties.name, domain: found.results[0].properties.domain },
  both: names(both),
  hostileFindsNothing: hostile.total,
  byId: { name: byId.properties.name, contacts: byId.associations.contacts.results.length > 0, archived: byId.archived },
  byOwn: byOwn.id === good.id,
  pages: {
    first: first.results.length, second: second.results.length, apart: first.results.every((one) => one.id !== second.results[0].id),
    all: all.length, distinct: new Set(all.map((one) => one.id)).size === all.length,
  },
  searched: { total: searchedFirst.total === searchedNext.total, first: searchedFirst.results.length, apart: searchedFirst.results.every((one) => one.id !== searchedNext.results[0].id) },
  linked: ids.length > 0 && many.results[0].to.map((one) => one.toObjectId).sort().join() === ids.sort().join(),
  linkedFrom: many.results[0]._from.id === good.id,
  people: people.results.map((one) => one.properties.email).sort(),
  byEmail: byEmail.properties.email === people.results[0].properties.email,
  orders: orders.results.map((one) => one.properties.erp_order_number),
  latestFirst: ofLatest.length === 3 && ofLatest[0] > ofLatest[1] && ofLatest[1] > ofLatest[2],
  owners: owners.results.length > 0,
  properties: properties.results.some((one) => one.name === OWN),
  noSuchCompany: await refused(() => companies.basicApi.getById('999999999999')),
  noSuchProperty: await refused(() => search([{ propertyName: 'nope', operator: 'EQ', value: 'x' }])),
  tooMany: await refused(() => read(OWN, Array.from({ length: 101 }, (_, at) => `G-${at}`))),
  stranger: await refused(() => stranger.crm.companies.basicApi.getPage()),
  throttled: await fault('throttled', 7, () => refused(() => companies.basicApi.getPage())),
  expired: await fault('expired_token', null, () => refused(() => app.crm.companies.basicApi.getPage())),
}));
