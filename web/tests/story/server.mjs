/**
 * Serves the built client with invented answers: `node tests/story/server.mjs [port]` after `npm run build`.
 * For looking at pages only; the end-to-end story runs against the real server.
 */
import { createReadStream, existsSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import { extname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { execFileSync } from 'node:child_process'
import * as fx from './fixtures.mjs'

const ROOT = process.env.APP_ROOT ?? fileURLToPath(new URL('../../../src/yuanjian/platform/static/app', import.meta.url))
const COUNTIES = fileURLToPath(new URL('../../../src/yuanjian/platform/registry/data/counties.tsv.gz', import.meta.url))
const TYPES = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' }
const CSP = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; object-src 'none'"
let user = null

function geo(prefix) {
  const lines = execFileSync('zcat', [COUNTIES], { maxBuffer: 1e9 }).toString().split('\n')
  const features = lines.filter((l) => l.startsWith('line\t') || l.startsWith(prefix)).map((l) => l.slice(l.indexOf('\t') + 1))
  return `{"type":"FeatureCollection","features":[${features.join(',')}]}`
}
const session = () => ({ user, version: '0.1.0', demo: true, push_url: '/events', accounts: fx.accounts })
const ROUTES = [
  [/^\/session$/, session],
  [/^\/overview$/, () => fx.overview], [/^\/overview\/map$/, () => fx.overviewMap], [/^\/todo$/, () => fx.todo],
  [/^\/latest$/, () => fx.latest], [/^\/links$/, () => fx.links], [/^\/faults$/, () => fx.faults], [/^\/frames\//, () => fx.frame],
  [/^\/outlets\/\d+\/curve$/, (_m, q) => fx.curve(q)], [/^\/outlets\/\d+\/exemptions$/, (_m, q) => fx.exemptions(Number(q.get('year')))], [/^\/enterprises$/, (_m, q) => fx.enterpriseList(q)], [/^\/enterprises\/(\d+)$/, (m) => fx.enterprise(Number(m[1]))],
  [/^\/regions$/, () => fx.regionList], [/^\/models$/, () => fx.models], [/^\/models\/(\w+)$/, (m) => fx.model(m[1])], [/^\/marks$/, () => fx.marks],
]

function send(res, status, body, type = 'application/json') {
  res.writeHead(status, { 'content-type': type, 'content-security-policy': CSP })
  res.end(typeof body === 'string' ? body : JSON.stringify(body))
}
function signIn(req, res) {
  let text = ''
  req.on('data', (chunk) => { text += chunk })
  req.on('end', () => {
    user = fx.me(JSON.parse(text).username)
    send(res, 200, session())
  })
}
function api(req, res, url) {
  const path = url.pathname.slice(4)
  if (path === '/session' && req.method === 'POST') return signIn(req, res)
  if (path === '/session' && req.method === 'DELETE') user = null
  if (path.startsWith('/geo/')) return send(res, 200, geo(path.slice(5).replace(/(00)+$/, '')))
  for (const [pattern, answer] of ROUTES) {
    const match = pattern.exec(path)
    if (match) return send(res, 200, answer(match, url.searchParams))
  }
  return send(res, 404, { code: 'not_found', message: '没有找到', message_en: 'Not found', details: {} })
}
function events(req, res) {
  res.writeHead(200, { 'content-type': 'text/event-stream' })
  const timer = setInterval(() => res.write(`event: latest\ndata: ${JSON.stringify(fx.tick())}\n\n`), 2000)
  req.on('close', () => clearInterval(timer))
}
function asset(res, path) {
  const file = join(ROOT, normalize(path))
  const real = existsSync(file) && statSync(file).isFile() ? file : join(ROOT, 'index.html')
  res.writeHead(200, { 'content-type': TYPES[extname(real)] ?? 'application/octet-stream', 'content-security-policy': CSP })
  createReadStream(real).pipe(res)
}
createServer((req, res) => {
  const url = new URL(req.url, 'http://localhost')
  if (url.pathname === '/events') return events(req, res)
  return url.pathname.startsWith('/api/') ? api(req, res, url) : asset(res, url.pathname)
}).listen(Number(process.argv[2] ?? 4173), '127.0.0.1')
