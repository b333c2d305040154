/* The driver in a page; `report` is the test's. */
globalThis.driver = makeDriver(
  { StompJs, Stomp, SockJS, open: (url, protocols) => new WebSocket(url, protocols ?? []) },
  (event) => report(event),
);
