// The official JavaScript client, led by the tests: a command a line of JSON on standard input, what happens a line of
// JSON on standard output. Its own log goes to standard error.
//
//   node peer.js URL USER KEY
//
//   {"do": "subscribe", "subscription": "topic=t", "id": "js1", "reply": {...}}   reply is left out to give none
//   {"do": "unsubscribe", "id": "js1"}
//   {"do": "publish", "topic": "t", "data": {...}, "target": ""}
//   {"do": "ask", "topic": "t", "data": {...}, "seconds": 10}
//   {"do": "create_project", "name": "film"}
//
// Each is answered in its order by {"happened": "subscribed"}, "unsubscribed", "published", "reply", "created" or "failed";
// {"happened": "connected"} comes first, and {"happened": "event", "subscriber": "js1", "payload": {...}} at any time.

import readline from "node:readline";
import { Event, Session } from "@ftrack/api";

const [url, user, key] = process.argv.slice(2);
console.log = console.error;

function tell(happened, more = {}) {
  process.stdout.write(JSON.stringify({ happened, ...more }) + "\n");
}

const commands = {
  subscribe({ subscription, id, reply }) {
    const told = (payload) => {
      tell("event", { subscriber: id, payload });
      return reply;
    };
    session.eventHub.subscribe(subscription, told, { id });
    tell("subscribed", { id });
  },
  unsubscribe({ id }) {
    tell("unsubscribed", { id, found: session.eventHub.unsubscribe(id) });
  },
  async publish({ topic, data, target = "" }) {
    tell("published", { id: await session.eventHub.publish(new Event(topic, data, { target })) });
  },
  async ask({ topic, data, seconds }) {
    tell("reply", {
      payload: await session.eventHub.publishAndWaitForReply(new Event(topic, data), { timeout: seconds }),
    });
  },
  async create_project({ name }) {
    const { data: schemas } = await session.query("select id from ProjectSchema limit 1");
    const { data: entity } = await session.create("Project", {
      name,
      full_name: name,
      project_schema_id: schemas[0].id,
    });
    tell("created", { entity });
  },
};

async function obey(line) {
  const command = JSON.parse(line);
  try {
    await commands[command.do](command);
  } catch (error) {
    tell("failed", { why: String(error) });
  }
}

const session = new Session(url, user, key, { autoConnectEventHub: true });
await session.initializing;
// The hub has no promise for this; publishing waits until it is connected.
await session.eventHub.publish(new Event("ftrack-orm.peer.ready", {}));
tell("connected", { id: session.eventHub._id });
readline.createInterface({ input: process.stdin }).on("line", obey).on("close", () => process.exit(0));
