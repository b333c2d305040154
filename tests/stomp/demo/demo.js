/* The flow of the usual Spring demonstrations, as small as it gets: list the rooms, make one, enter, talk. */
const $ = (id) => document.getElementById(id);
const csrf = () => document.cookie.match(/csrftoken=([^;]+)/)?.[1] ?? "";
let room, client, seq, epoch;

async function showRooms() {
  const rooms = await (await fetch("/chat/rooms")).json();
  $("rooms").replaceChildren(...rooms.map(({ roomId, name }) => {
    const button = Object.assign(document.createElement("button"), { textContent: name, onclick: () => enter(roomId) });
    const row = document.createElement("li");
    row.append(button);
    return row;
  }));
}

$("make").onsubmit = async (event) => {
  event.preventDefault();
  await fetch("/chat/room", {
    method: "POST",
    headers: { "X-CSRFToken": csrf() },
    body: new URLSearchParams(new FormData(event.target)),
  });
  event.target.reset();
  await showRooms();
};

async function enter(roomId) {
  room = await (await fetch(`/chat/room/${roomId}`)).json();
  $("title").textContent = room.name;
  $("list").hidden = true;
  $("room").hidden = false;
  connect();
}

function connect() {
  client = Stomp.over(new SockJS("/ws-stomp", null, { transports: ["websocket"] }));
  client.debug = () => {};
  client.connect({}, (frame) => {
    $("line").textContent = "연결됨";
    epoch ??= frame.headers.epoch;
    const resume = seq ? { since: seq, epoch } : {};
    client.subscribe(`/sub/chat/room/${room.roomId}`, receive, resume);
    if (!seq) tell("ENTER", "");
  }, () => {
    $("line").textContent = "끊김";
    setTimeout(connect, 300 + Math.random() * 700);
  });
}

function receive(frame) {
  seq = frame.headers.seq;
  if (!frame.body) return; // `resync`: too far behind; a page would load its history here
  const { type, sender, message } = JSON.parse(frame.body);
  const row = document.createElement("li");
  row.textContent = type === "TALK" ? `${sender}: ${message}` : message;
  $("talk").append(row);
}

const tell = (type, message) =>
  client.send("/pub/chat/message", {}, JSON.stringify({ type, roomId: room.roomId, sender: "나", message }));

$("say").onsubmit = (event) => {
  event.preventDefault();
  tell("TALK", event.target.text.value);
  event.target.reset();
};

$("reload").onclick = showRooms;
showRooms();
