// Writes labs/static/labs/vendor: the bundle, the licences of what is in it, and their sums. Run by `make editor`.
import { build } from "esbuild";
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";

const VENDOR = new URL("../../labs/static/labs/vendor/", import.meta.url).pathname;

const { metafile } = await build({
  entryPoints: ["entry.js"],
  outfile: `${VENDOR}codemirror.js`,
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  charset: "utf8",
  legalComments: "none",
  metafile: true,
});

const bundled = Object.values(metafile.outputs)[0].inputs;
const folders = Object.entries(bundled)
  .filter(([, part]) => part.bytesInOutput > 0)
  .map(([path]) => path.match(/^node_modules\/(?:@[^/]+\/)?[^/]+/)?.[0])
  .filter(Boolean);
const texts = [...new Set(folders)].sort().map((folder) => {
  const { name, version, license } = JSON.parse(readFileSync(`${folder}/package.json`, "utf8"));
  return `${name} ${version} (${license})\n\n${readFileSync(`${folder}/LICENSE`, "utf8").trim()}\n`;
});
writeFileSync(`${VENDOR}LICENSES.txt`, texts.join(`\n${"-".repeat(80)}\n\n`));

const sums = ["LICENSES.txt", "codemirror.js"].map((file) => {
  const sum = createHash("sha256").update(readFileSync(VENDOR + file)).digest("hex");
  return `${sum}  ${file}\n`;
});
writeFileSync(`${VENDOR}SHA256SUMS`, sums.join(""));
