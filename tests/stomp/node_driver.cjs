/* A client in node: commands as JSON lines on stdin, events as JSON lines on stdout; ends with stdin. */
const readline = require("node:readline");
const WebSocket = require("ws");

globalThis.WebSocket = WebSocket; // @stomp/stompjs takes its constants from there
const StompJs = require("@stomp/stompjs");
const Stomp = require("stompjs");
const SockJS = require("sockjs-client");
require("./driver.js");

const report = (event) => process.stdout.write(`${JSON.stringify(event)}\n`);
const open = (url, protocols, headers) => {
  const socket = new WebSocket(url, protocols, { headers });
  socket.on("error", (error) => report({ event: "trouble", text: String(error) }));
  return socket;
};
const driver = globalThis.makeDriver({ StompJs, Stomp, SockJS, open }, report);

const lines = readline.createInterface({ input: process.stdin });
lines.on("line", (line) => {
  const [name, given] = JSON.parse(line);
  try {
    driver[name](given);
  } catch (error) {
    report({ event: "failed", text: `${name}: ${error.stack}` });
  }
});
lines.on("close", () => process.exit(0));
