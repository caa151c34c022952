/** The API reference: one page without any outside host. It reads /openapi.json and needs nothing else. */
export function docsPage(nonce: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Millrace API</title>
<style nonce="${nonce}">${STYLE}</style>
</head>
<body>
<header><h1>Millrace API</h1><input id="filter" type="search" placeholder="Filter routes" aria-label="Filter routes"></header>
<main id="routes"><p>Loading /openapi.json …</p></main>
<script nonce="${nonce}">${SCRIPT}</script>
</body>
</html>
`;
}

const STYLE = `
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; --line: color-mix(in srgb, currentColor 18%, transparent); }
body { margin: 0 auto; max-width: 64rem; padding: 1rem; }
header { display: flex; gap: 1rem; align-items: baseline; flex-wrap: wrap; }
input { flex: 1; padding: .4rem .6rem; font: inherit; }
h2 { margin: 2rem 0 .5rem; text-transform: capitalize; }
details { border: 1px solid var(--line); border-radius: 6px; margin: .4rem 0; }
summary { cursor: pointer; padding: .5rem .75rem; display: flex; gap: .75rem; flex-wrap: wrap; }
details > div { padding: 0 .75rem .75rem; }
code, pre { font: 13px/1.45 ui-monospace, monospace; }
pre { overflow: auto; border: 1px solid var(--line); border-radius: 6px; padding: .5rem; }
.method { font-weight: 700; min-width: 4rem; }
`;

/** Builds nodes and sets text, never HTML, so nothing in a description can become markup. */
const SCRIPT = `
const node = (tag, text, ...children) => { const n = document.createElement(tag); if (text) n.textContent = text; n.append(...children); return n; };
const block = (title, value) => node('section', '', node('h4', title), node('pre', typeof value === 'string' ? value : JSON.stringify(value, null, 2)));
const expand = (doc, schema, seen) => {
  if (!schema || typeof schema !== 'object') return schema;
  if (Array.isArray(schema)) return schema.map((s) => expand(doc, s, seen));
  const ref = schema.$ref && schema.$ref.split('/').pop();
  if (ref) return seen.includes(ref) ? ref : expand(doc, doc.components.schemas[ref], [...seen, ref]);
  return Object.fromEntries(Object.entries(schema).map(([k, v]) => [k, expand(doc, v, seen)]));
};
const body = (doc, part) => Object.values((part && part.content) || {}).map((c) => expand(doc, c.schema, []))[0];
const route = (doc, path, method, op) => {
  const summary = node('summary', '', node('code', method.toUpperCase()), node('code', path), node('span', op.summary || ''));
  summary.firstChild.className = 'method';
  const inside = node('div');
  if (op.description) inside.append(node('p', op.description));
  for (const p of op.parameters || []) inside.append(node('p', p.in + ' ' + p.name + (p.required ? ' (required)' : '') + ': ' + (p.description || '')));
  if (op.requestBody) inside.append(block('Body', body(doc, op.requestBody)));
  for (const [status, answer] of Object.entries(op.responses)) { const b = status === 'default' ? null : body(doc, answer); if (b) inside.append(block(status, b)); }
  const all = node('details', '', summary, inside);
  all.dataset.text = (method + ' ' + path + ' ' + (op.summary || '')).toLowerCase();
  return all;
};
const show = (doc) => {
  const groups = {};
  for (const [path, methods] of Object.entries(doc.paths)) for (const [method, op] of Object.entries(methods))
    (groups[(op.tags || ['other'])[0]] ||= []).push(route(doc, path, method, op));
  const problem = node('section', '', node('h2', 'errors'), block('Every error has this shape', expand(doc, doc.components.schemas.Problem, [])));
  document.getElementById('routes').replaceChildren(...Object.entries(groups).map(([tag, list]) => node('section', '', node('h2', tag), ...list)), problem);
};
document.getElementById('filter').addEventListener('input', (event) => {
  for (const d of document.querySelectorAll('details')) d.hidden = !d.dataset.text.includes(event.target.value.toLowerCase());
});
fetch('/openapi.json').then((r) => r.json()).then(show).catch((e) => { document.getElementById('routes').textContent = String(e); });
`;
