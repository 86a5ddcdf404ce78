// node pack.mjs OUT_FOLDER OUT_CPP: builds the front end with Vite and writes it, plain and compressed,
// as the C++ source that src/console embeds.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, extname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { build } from 'vite';

const types = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};

const [folder, target] = process.argv.slice(2);
const root = dirname(fileURLToPath(import.meta.url));

await build({
  root,
  configFile: join(root, 'vite.config.ts'),
  logLevel: 'warn',
  build: { outDir: folder, emptyOutDir: true },
});

function array(name, bytes) {
  return `const unsigned char ${name}[] = {${bytes.join(',')}};\n`;
}

function view(name) {
  return `{reinterpret_cast<const char*>(${name}), sizeof ${name}}`;
}

let data = '';
let table = '';
let count = 0;
const files = readdirSync(folder, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name))
  .sort();
for (const file of files) {
  const name = relative(folder, file);
  const type = types[extname(name)];
  if (!type) throw new Error(`${name}: add its content type to pack.mjs`);
  const plain = readFileSync(file);
  const hash = createHash('sha256').update(plain).digest('hex').slice(0, 16);
  const forms = {
    plain,
    gzip: gzipSync(plain, { level: 9 }),
    brotli: brotliCompressSync(plain, {
      params: {
        [constants.BROTLI_PARAM_QUALITY]: 11,
        [constants.BROTLI_PARAM_SIZE_HINT]: plain.length,
      },
    }),
  };
  for (const [form, bytes] of Object.entries(forms)) data += array(`k${form}${count}`, bytes);
  const path = name === 'index.html' ? '/' : `/-/${name}`;
  table += `    {"${path}", "${type}", ${view(`kplain${count}`)},
     ${view(`kgzip${count}`)}, ${view(`kbrotli${count}`)}, "${hash}"},\n`;
  count += 1;
}

mkdirSync(dirname(target), { recursive: true });
writeFileSync(
  target,
  `// Made by web/pack.mjs from web/.
#include "console/assets.h"

namespace gyre::console {
namespace {

${data}
const Asset kAssets[] = {
${table}};

}  // namespace

std::span<const Asset> AllAssets() {
    return kAssets;
}

}  // namespace gyre::console
`,
);
