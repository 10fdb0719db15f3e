// Runs the real program against prism, which serves openapi.json and refuses every request that GitHub's description does
// not allow: node tests/github/prism.mjs PORTCULLIS PRISM
//
// prism knows no GraphQL, so a few lines here answer who posts. Its answers are GitHub's examples: the pull request and its
// head are theirs, and the report is one about a file that they have.

import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const [portcullis, prism] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), "prism-"));
const fail = (words) => {
  console.error(words);
  process.exitCode = 1;
};

// prism answers 406 unless the media type that we ask for is one of the description's.
const description = JSON.parse(readFileSync(join(dirname(fileURLToPath(import.meta.url)), "openapi.json"), "utf8"));
for (const item of Object.values(description.paths)) {
  for (const operation of Object.values(item)) {
    for (const response of Object.values(operation.responses ?? {})) {
      const content = response.content?.["application/json"];
      if (content) response.content["application/vnd.github+json"] = content;
    }
  }
}
delete description.components.headers.link.example; // Every page of every list would have a next one.
description.components.headers.link.schema.enum = ['<https://api.github.example/?page=1>; rel="prev"'];
const pull = description.components.examples["pull-request"].value;
pull.requested_teams = []; // The example's team lacks what a team must have.
const [file] = description.components.examples["diff-entry-items"].value;
writeFileSync(join(folder, "openapi.json"), JSON.stringify(description));

// A report as the program itself writes it, about the file of the example.
writeFileSync(join(folder, "a.yaml"), "\n".repeat(132) + "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndatas: {}\n");
const checked = spawnSync(portcullis, ["check", "a.yaml", "-o", "json=report.json"], { cwd: folder });
if (checked.status !== 1) throw new Error(`check: ${checked.stdout}${checked.stderr}`);
const report = readFileSync(join(folder, "report.json"), "utf8").replaceAll("a.yaml", file.filename);
writeFileSync(join(folder, "report.json"), report);

const graphql = createServer((request, response) => {
  request.resume().on("end", () => {
    response.setHeader("content-type", "application/json");
    const viewer = { login: "github-actions[bot]", databaseId: 41898282 };
    response.end(JSON.stringify({ data: { viewer, repository: { pullRequest: { headRefOid: pull.head.sha } } } }));
  });
}).listen(0, "127.0.0.1");

const port = await new Promise((resolve) => {
  const probe = createServer().listen(0, "127.0.0.1", () => {
    const { port } = probe.address();
    probe.close(() => resolve(port));
  });
});
const server = spawn(prism, ["mock", "--errors", "--host", "127.0.0.1", "--port", String(port), join(folder, "openapi.json")]);
let log = "";
server.stdout.on("data", (text) => (log += text));
server.stderr.on("data", (text) => (log += text));
try {
  for (let tries = 0; !log.includes("Prism is listening"); tries++) {
    if (tries > 300 || server.exitCode !== null) throw new Error(`prism does not start:\n${log}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  const env = {
    PATH: process.env.PATH,
    GITHUB_API_URL: `http://127.0.0.1:${port}`,
    GITHUB_GRAPHQL_URL: `http://127.0.0.1:${graphql.address().port}/graphql`,
    GITHUB_REPOSITORY: "octocat/Hello-World",
    GITHUB_TOKEN: "ghs_x",
  };
  const args = ["post", "report.json", "--pull-request", String(pull.number), "--head", pull.head.sha];
  const child = spawn(portcullis, args, { cwd: folder, env });
  let said = "";
  child.stdout.on("data", (text) => (said += text));
  child.stderr.on("data", (text) => (said += text));
  const code = await new Promise((resolve) => child.on("exit", resolve));
  const requests = [...log.matchAll(/Request received/g)].length;
  const writes = ["post", "patch", "put"].flatMap((method) => [...log.matchAll(new RegExp(`${method} /repos`, "gi"))]).length;
  console.log(`prism: exit code ${code}, ${requests} requests, ${writes} of them writes`);
  if (code !== 0 || said.includes("not posted") || log.includes("Violation") || writes < 3) {
    fail(`the program and GitHub's description disagree\n${said}\n${log}`);
  }
} finally {
  server.kill();
  graphql.close();
}
