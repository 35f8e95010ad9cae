// Runs peer.js in Node: commands are lines of JSON on standard input, answers and events lines of JSON on standard output.
// The client's log goes to standard error.
//
//   node node.js URL USER KEY [SESSION OPTIONS AS JSON]

import { webcrypto } from "node:crypto";
import readline from "node:readline";
import { JSDOM } from "jsdom";
import { startPeer } from "./peer.js";

const [url, user, key, options = "{}"] = process.argv.slice(2);
for (const level of ["log", "info", "debug", "warn"]) console[level] = console.error;

// The client uploads with the XMLHttpRequest of a page; its own tests also take it from jsdom, which reports the progress
// of requests to the page's own origin only.
const { window } = new JSDOM("", { url });
Object.assign(globalThis, { window, XMLHttpRequest: window.XMLHttpRequest, File: window.File });
globalThis.crypto ??= webcrypto; // a global of Node since version 20

function write(message) {
  process.stdout.write(JSON.stringify(message) + "\n");
}

const execute = await startPeer(url, user, key, write, JSON.parse(options));
write({ happened: "started" });
readline
  .createInterface({ input: process.stdin })
  .on("line", (line) => execute(JSON.parse(line)))
  .on("close", () => process.exit(0));
