// The peer: rooms of Socket.IO with the Redis adapter, as the adapter's manual sets it up. PORT and REDIS_URL in the environment.
import { createServer } from "node:http";
import { createAdapter } from "@socket.io/redis-adapter";
import { createClient } from "redis";
import { Server } from "socket.io";

const publisher = createClient({ url: process.env.REDIS_URL });
const subscriber = publisher.duplicate();
await Promise.all([publisher.connect(), subscriber.connect()]);

const http = createServer();
const io = new Server(http, { adapter: createAdapter(publisher, subscriber), transports: ["websocket"] });

io.on("connection", (socket) => {
  socket.on("join", async (room) => {
    await socket.join(room);
    socket.data.room = room;
    socket.emit("joined");
  });
  socket.on("message", (text) => io.to(socket.data.room).emit("message", text));
});

http.listen(Number(process.env.PORT), "127.0.0.1");
