// Reads SOQL by soql-parser-js: its grammar decides what is a literal and what is not.
//
// Each line in is `{"target": ...}` as it would be sent; each line out has the literals, unescaped, and the shape: all
// the rest, which a key must not change. What cannot be read is an `error`.
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';

// The packages are in the folder that is the current one, not beside this file.
const { parseQuery } = createRequire(process.cwd() + '/')('@jetstreamapp/soql-parser-js');

// The vendor's list of escapes in quoted text.
const ESCAPES = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f', '"': '"', "'": "'", '\\': '\\' };

function unquoted(literal) {
  if (!/^'.*'$/su.test(literal)) throw new Error(`no text: ${literal}`);
  return literal.slice(1, -1).replace(/\\(.)/gsu, (escape, sign) => {
    if (!(sign in ESCAPES)) throw new Error(`no escape: ${escape}`);
    return ESCAPES[sign];
  });
}

function without(node, literals) {
  if (Array.isArray(node)) return node.map((item) => without(item, literals));
  if (node === null || typeof node !== 'object') return node;
  const copy = {};
  for (const [name, value] of Object.entries(node)) {
    const isText = name === 'value' && [node.literalType].flat().every((type) => type === 'STRING');
    if (!isText) {
      copy[name] = without(value, literals);
      continue;
    }
    literals.push(...[value].flat().map(unquoted));
    copy[name] = [value].flat().map(() => '?');
  }
  return copy;
}

function read({ target }) {
  const url = new URL(target, 'http://salesforce.test');
  const { q, ...others } = Object.fromEntries(url.searchParams);
  const literals = [];
  return { shape: [url.pathname, [...url.searchParams.keys()], others, without(parseQuery(q), literals)], literals };
}

for await (const line of createInterface({ input: process.stdin })) {
  let told;
  try {
    told = read(JSON.parse(line));
  } catch (error) {
    told = { error: `${error.name}: ${error.message}` };
  }
  console.log(JSON.stringify(told));
}
