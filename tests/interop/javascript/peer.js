// The official JavaScript client, controlled by the tests: commands arrive as lines of JSON on standard input, responses
// and received events are written as lines of JSON to standard output. The client's log goes to standard error.
//
//   node peer.js URL USER KEY
//
//   {"do": "subscribe", "subscription": "topic=t", "id": "js1", "reply": {...}}   reply may be left out
//   {"do": "unsubscribe", "id": "js1"}
//   {"do": "publish", "topic": "t", "data": {...}, "target": ""}
//   {"do": "ask", "topic": "t", "data": {...}, "seconds": 10}
//   {"do": "create_project", "name": "film"}
//
// The responses, in the order of the commands, are {"happened": "subscribed"}, "unsubscribed", "published", "reply",
// "created" or "failed". {"happened": "connected"} is written first, and {"happened": "event", "subscriber": "js1",
// "payload": {...}} whenever an event is received.

import readline from "node:readline";
import { Event, Session } from "@ftrack/api";

const [url, user, key] = process.argv.slice(2);
console.log = console.error;

function write(happened, more = {}) {
  process.stdout.write(JSON.stringify({ happened, ...more }) + "\n");
}

const commands = {
  subscribe({ subscription, id, reply }) {
    const callback = (payload) => {
      write("event", { subscriber: id, payload });
      return reply;
    };
    session.eventHub.subscribe(subscription, callback, { id });
    write("subscribed", { id });
  },
  unsubscribe({ id }) {
    write("unsubscribed", { id, found: session.eventHub.unsubscribe(id) });
  },
  async publish({ topic, data, target = "" }) {
    write("published", { id: await session.eventHub.publish(new Event(topic, data, { target })) });
  },
  async ask({ topic, data, seconds }) {
    write("reply", {
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
    write("created", { entity });
  },
};

async function execute(line) {
  const command = JSON.parse(line);
  try {
    await commands[command.do](command);
  } catch (error) {
    write("failed", { why: String(error) });
  }
}

const session = new Session(url, user, key, { autoConnectEventHub: true });
await session.initializing;
// The hub has no promise for this; publishing waits until it is connected.
await session.eventHub.publish(new Event("ftrack-orm.peer.ready", {}));
write("connected", { id: session.eventHub._id });
readline.createInterface({ input: process.stdin }).on("line", execute).on("close", () => process.exit(0));
