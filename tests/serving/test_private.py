"""What we use of Daphne and autobahn without their promise: an upgrade that changes it fails here, by name."""

import inspect

from autobahn.websocket.protocol import WebSocketProtocol as Autobahn
from daphne.server import Server
from daphne.ws_protocol import WebSocketProtocol


def parameters(function: object) -> list[str]:
    return list(inspect.signature(function).parameters)


def test_every_frame_of_autobahn_passes_send_data() -> None:
    assert parameters(Autobahn.sendData) == ["self", "data", "sync", "chopsize"]
    for method in (Autobahn.sendFrame, Autobahn.sendPreparedMessage):
        assert "self.sendData(" in inspect.getsource(method)
    assert "self.transport.write" not in inspect.getsource(Autobahn.sendFrame)


def test_autobahn_keeps_its_place_in_the_stream_where_we_look() -> None:
    receiving = inspect.getsource(Autobahn.processData)
    assert "if self.current_frame is None:" in receiving
    assert "self.data = self.data[" in receiving
    assert "self.inside_message" in receiving
    assert "self.data += data" in inspect.getsource(Autobahn._dataReceived)
    assert "self.inside_message = True" in inspect.getsource(Autobahn.onFrameBegin)


def test_a_frame_answers_for_the_pong_as_in_autobahn() -> None:
    assert parameters(Autobahn._cancelAutoPingTimeoutCall) == ["self"]
    assert "self.autoPingTimeoutCall = self.factory" in inspect.getsource(Autobahn._sendAutoPing)


def test_a_close_frame_of_any_code_can_be_sent() -> None:
    assert parameters(Autobahn.sendCloseFrame) == ["self", "code", "reasonUtf8", "isReply"]


def test_daphne_makes_applications_and_ends_as_we_override_it() -> None:
    making = inspect.getsource(Server.create_application)
    for line in (
        "receive=input_queue.get",
        "partial(self.handle_reply, protocol)",
        '["application_instance"]',
    ):
        assert line in making
    gone = inspect.getsource(Server.protocol_disconnected)
    assert 'self.connections[protocol]["disconnected"] = time.time()' in gone
    running = inspect.getsource(Server.run)
    assert 'addSystemEventTrigger("before", "shutdown", self.kill_all_applications)' in running
    assert running.index("self.ws_factory =") < running.index("self.ready_callable()")


def test_daphne_feeds_the_queue_that_we_fill_too() -> None:
    assert (
        'self.application_queue.put_nowait(\n                {"type": "websocket.receive", "text":'
        in inspect.getsource(WebSocketProtocol.onMessage)
    )
    assert "self.last_ping = time.time()" in inspect.getsource(WebSocketProtocol.onMessage)


def test_a_connection_s_options_are_copied_from_the_factory_unless_the_class_has_none() -> None:
    copying = inspect.getsource(Autobahn._connectionMade)
    assert "for configAttr in self.CONFIG_ATTRS:" in copying
    assert "setattr(self, configAttr, getattr(self.factory, configAttr))" in copying
    assert WebSocketProtocol.CONFIG_ATTRS
