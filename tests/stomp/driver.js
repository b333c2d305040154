/* One set of commands over three ways to speak STOMP, in node and in a browser; what happens is reported as plain objects.
 * `libraries`: {StompJs, Stomp, SockJS, open(url, protocols, headers)}; `report` gets each event. */
globalThis.makeDriver = (libraries, report) => {
  let client, socket, old;

  const text = (data) => (typeof data === "string" ? data : new TextDecoder().decode(data));
  const base64 = (bytes) => btoa(String.fromCharCode(...bytes));
  const bytes = (encoded) => Uint8Array.from(atob(encoded), (c) => c.charCodeAt(0));

  /** Log what passes; `mute` makes a client silent that has not closed its socket. */
  function watch(opened) {
    socket = opened;
    const send = opened.send.bind(opened);
    opened.muted = false;
    opened.send = (data) => {
      if (opened.muted) return undefined;
      report({ event: "wire", way: "C", data: text(data) });
      return send(data);
    };
    opened.addEventListener("message", (e) => report({ event: "wire", way: "S", data: text(e.data) }));
    opened.addEventListener("close", (e) => report({ event: "closed", code: e.code }));
    return opened;
  }

  const message = (m) =>
    report({ event: "message", headers: { ...m.headers }, body: m.body, bytes: m.binaryBody ? base64(m.binaryBody) : null });
  const receipt = (f) => report({ event: "receipt", id: f.headers["receipt-id"], headers: { ...f.headers } });
  const refused = (f) => {
    if (f?.command === "ERROR") report({ event: "error", headers: { ...f.headers }, body: f.body });
  };
  const connected = (f) => report({ event: "connected", headers: { ...f.headers } });

  const dialects = {
    stompjs7({ url, headers, handshake, beats }) {
      const protocols = ["v12.stomp", "v11.stomp", "v10.stomp"];
      client = new libraries.StompJs.Client({
        webSocketFactory: () => watch(libraries.open(url, protocols, handshake)),
        connectHeaders: headers,
        reconnectDelay: 0,
        heartbeatIncoming: beats[1],
        heartbeatOutgoing: beats[0],
        onConnect: connected,
        onStompError: refused,
        onUnhandledReceipt: receipt,
        onUnhandledMessage: message,
      });
      client.activate();
    },
    stompjs2({ url, headers, handshake, beats }) {
      over(libraries.open(url, undefined, handshake), headers, beats);
    },
    sockjs({ url, headers, beats }) {
      over(new libraries.SockJS(url, null, { transports: ["websocket"] }), headers, beats);
    },
  };

  function over(opened, headers, [outgoing, incoming]) {
    client = libraries.Stomp.over(watch(opened));
    client.debug = () => {};
    client.heartbeat = { outgoing, incoming };
    client.onreceipt = receipt;
    client.connect(headers, connected, refused);
  }

  return {
    connect(how) {
      old = how.kind !== "stompjs7";
      dialects[how.kind](how);
    },
    subscribe({ destination, headers }) {
      client.subscribe(destination, message, headers);
    },
    unsubscribe({ id }) {
      client.unsubscribe(id);
    },
    send({ destination, headers, body, binary }) {
      if (old) client.send(destination, headers, body);
      else if (binary) client.publish({ destination, headers, binaryBody: bytes(binary) });
      else client.publish({ destination, headers, body });
    },
    begin: ({ transaction }) => client.begin(transaction),
    commit: ({ transaction }) => client.commit(transaction),
    abort: ({ transaction }) => client.abort(transaction),
    ack: ({ id, subscription }) => client.ack(id, subscription),
    disconnect() {
      if (old) client.disconnect(() => {}, { receipt: "bye" });
      else client.deactivate();
    },
    mute() {
      socket.muted = true;
    },
    drop() {
      if (old) client.ws.onclose = () => {};
      (socket.terminate ?? socket.close).call(socket);
    },
  };
};
