// Derives tests/github/openapi.json, the part of GitHub's own OpenAPI description that portcullis uses, from the npm
// package @octokit/openapi:
//
//     npm pack @octokit/openapi@23.0.2 && tar xzf octokit-openapi-23.0.2.tgz
//     node tests/github/derive.mjs package INTEGRITY > tests/github/openapi.json
//
// INTEGRITY is what `npm view @octokit/openapi@23.0.2 dist.integrity` prints. Descriptions are left out. What GitHub takes
// is described more strictly than it is there: no unknown properties in requests, sides and commit ids that are some.

import { readFileSync } from "node:fs";
import { join } from "node:path";

const OPERATIONS = {
  "/app/installations/{installation_id}/access_tokens": ["post"],
  "/orgs/{org}/teams/{team_slug}/memberships/{username}": ["get"],
  "/repos/{owner}/{repo}/activity": ["get"],
  "/repos/{owner}/{repo}/check-runs": ["post"],
  "/repos/{owner}/{repo}/check-runs/{check_run_id}": ["patch"],
  "/repos/{owner}/{repo}/commits/{ref}/check-runs": ["get"],
  "/repos/{owner}/{repo}/installation": ["get"],
  "/repos/{owner}/{repo}/issues/comments/{comment_id}": ["patch"],
  "/repos/{owner}/{repo}/issues/{issue_number}/comments": ["get", "post"],
  "/repos/{owner}/{repo}/issues/{issue_number}/events": ["get"],
  "/repos/{owner}/{repo}/pulls/comments/{comment_id}": ["patch"],
  "/repos/{owner}/{repo}/pulls/{pull_number}": ["get"],
  "/repos/{owner}/{repo}/pulls/{pull_number}/comments": ["get", "post"],
  "/repos/{owner}/{repo}/pulls/{pull_number}/files": ["get"],
  "/repos/{owner}/{repo}/pulls/{pull_number}/reviews": ["get", "post"],
  "/repos/{owner}/{repo}/pulls/{pull_number}/reviews/{review_id}/dismissals": ["put"],
  "/repos/{owner}/{repo}/statuses/{sha}": ["post"],
};

const [folder, integrity] = process.argv.slice(2);
const { version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
const whole = JSON.parse(readFileSync(join(folder, "generated/api.github.com.json"), "utf8"));

const TEXTS = ["description", "summary", "externalDocs", "operationId", "tags", "deprecated"];
// A property may be called `description`, so what lies right below `properties` is kept.
function bare(node, names) {
  if (Array.isArray(node)) return node.map((item) => bare(item, false));
  if (node === null || typeof node !== "object") return node;
  const kept = Object.entries(node).filter(([key]) => names || !(TEXTS.includes(key) || key.startsWith("x-")));
  return Object.fromEntries(kept.map(([key, value]) => [key, bare(value, key === "properties" && !names)]));
}

const components = {};
function collect(node) {
  if (Array.isArray(node)) return node.forEach(collect);
  if (node === null || typeof node !== "object") return;
  const found = typeof node.$ref === "string" && node.$ref.match(/^#\/components\/([^/]+)\/([^/]+)$/);
  if (found) {
    const [, kind, name] = found;
    components[kind] ??= {};
    if (!(name in components[kind])) {
      components[kind][name] = kind === "examples" ? whole.components[kind][name] : bare(whole.components[kind][name]);
      collect(components[kind][name]);
    }
  }
  Object.values(node).forEach(collect);
}

// A request with a property that GitHub does not know is a mistake of ours.
function closed(schema) {
  if (schema.type === "object" && schema.properties && schema.additionalProperties === undefined) {
    schema.additionalProperties = false;
  }
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    if (name === "side" || name === "start_side") property.enum ??= ["LEFT", "RIGHT"];
    if (name === "head_sha" || name === "commit_id") property.pattern = "^[0-9a-f]{40}$";
    closed(property);
  }
  if (schema.items) closed(schema.items);
}

const paths = {};
for (const [path, methods] of Object.entries(OPERATIONS)) {
  const all = whole.paths[path];
  paths[path] = all.parameters ? { parameters: all.parameters } : {};
  for (const method of methods) {
    const operation = bare(all[method]);
    operation.responses = Object.fromEntries(Object.entries(operation.responses).filter(([code]) => code < "300"));
    const body = operation.requestBody?.content["application/json"]?.schema;
    if (body) closed(body);
    for (const response of Object.values(operation.responses)) response.description = "";
    paths[path][method] = operation;
  }
}
collect(paths);

const subset = {
  openapi: whole.openapi,
  info: { title: whole.info.title, version: whole.info.version, license: whole.info.license },
  "x-source": { package: "@octokit/openapi", version, integrity, license },
  paths,
  components,
};
process.stdout.write(JSON.stringify(subset, null, 1) + "\n");
