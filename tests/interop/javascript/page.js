// Runs peer.js in a page. The tests call `start`, which reports the start with `write`, a function that they add to the
// page, and then `execute` for each command.

import { startPeer } from "./peer.js";

globalThis.start = async (url, user, key, options) => {
  const send = (message) => globalThis.write(JSON.stringify(message));
  globalThis.execute = await startPeer(url, user, key, send, options);
  send({ happened: "started" });
};
