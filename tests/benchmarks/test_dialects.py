"""That the generator speaks each system's protocol and sees in its frames what was delivered."""

import pytest

from benchmarks.dialects import DIALECTS, Answered, Delivered
from benchmarks.dialects.base import by_sender, text_of

MESSAGE = (17, 3)


@pytest.mark.parametrize("name", DIALECTS)
def test_a_frame_that_is_no_message_delivers_nothing(name: str) -> None:
    other = {
        "stomp": b"RECEIPT\nreceipt-id:in\n\n\0",
        "mosquitto": b"\xd0\x00",
        "socketio": b'42["joined"]',
        "rualone": b'{"type":"ack"}',
    }
    if name in other:
        assert DIALECTS[name].read(other[name]) is None


def test_mqtt_connects_subscribes_and_is_in() -> None:
    mqtt = DIALECTS["mosquitto"]
    assert mqtt.on_open("r") == b"\x10\x0c\x00\x04MQTT\x04\x02\x00\x00\x00\x00"
    assert mqtt.entered("r", b"\x20\x02\x00\x00") == b"\x82\x06\x00\x01\x00\x01r\x00"
    assert mqtt.entered("r", b"\x90\x03\x00\x01\x00") == 0


def test_mqtt_reads_what_it_publishes() -> None:
    mqtt = DIALECTS["mosquitto"]
    short, long = mqtt.message("r", MESSAGE), mqtt.message("r" * 20, MESSAGE)
    assert short[:2] == bytes([0x30, len(short) - 2])
    assert long[:3] == bytes([0x30, 0x80 | len(long) - 3 & 127, 1])
    assert mqtt.read(short) == mqtt.read(long) == by_sender(MESSAGE)


def test_mqtt_refuses_a_frame_with_two_packets() -> None:
    mqtt = DIALECTS["mosquitto"]
    with pytest.raises(ValueError, match="packet"):
        mqtt.read(mqtt.message("r", MESSAGE) * 2)


@pytest.mark.parametrize("answer", [b"\x20\x02\x00\x05", b"\x90\x03\x00\x01\x80"])
def test_mqtt_hears_a_refusal(answer: bytes) -> None:
    with pytest.raises(ValueError, match="code"):
        DIALECTS["mosquitto"].entered("r", answer)


def test_socket_io_waits_for_the_server_connects_and_joins() -> None:
    dialect = DIALECTS["socketio"]
    assert dialect.on_open("r") == b""
    assert dialect.entered("r", b'0{"sid":"x"}') == b"40"
    assert dialect.entered("r", b'40{"sid":"y"}') == b'42["join", "r"]'
    assert dialect.entered("r", b'42["joined"]') == 0
    with pytest.raises(ValueError, match="44"):
        dialect.entered("r", b'44{"message":"no"}')


def test_socket_io_reads_what_was_sent_to_the_room() -> None:
    dialect = DIALECTS["socketio"]
    assert dialect.read(dialect.message("r", MESSAGE).replace(b'", "', b'","')) == by_sender(MESSAGE)


def test_one_message_is_one_number_in_its_senders_stream() -> None:
    assert text_of(MESSAGE).startswith("17:3:")
    assert by_sender(MESSAGE) == Delivered(17, 3, 3, True, [MESSAGE])


def test_stomp_connects_subscribes_and_is_in() -> None:
    stomp = DIALECTS["stomp"]
    assert (stomp.on_open("r") or b"").startswith(b"CONNECT\naccept-version:1.2\nhost:/\n")
    subscribe = b"SUBSCRIBE\nid:0\ndestination:/topic/r\nreceipt:in\n\n\0"
    assert stomp.entered("r", b"CONNECTED\nversion:1.2\n\n\0") == subscribe
    assert stomp.entered("r", b"RECEIPT\nreceipt-id:in\n\n\0") == 0


def test_stomp_reads_a_message_whoever_it_is_addressed_to() -> None:
    stomp = DIALECTS["stomp"]
    head = b"MESSAGE\nsubscription:0\ndestination:/topic/r\nmessage-id:T_0@@session-x@@1\n\n"
    assert stomp.read(head + text_of(MESSAGE).encode() + b"\0") == by_sender(MESSAGE)
    with pytest.raises(ValueError, match="no"):
        stomp.read(b"ERROR\nmessage:no\n\n\0")


def test_xmpp_signs_in_binds_enters_the_room_and_is_in() -> None:
    xmpp = DIALECTS["xmpp"]
    opened = xmpp.on_open("R") or b""
    mechanisms = (
        b"<stream:features><mechanisms><mechanism>ANONYMOUS</mechanism></mechanisms></stream:features>"
    )
    bind = b"<stream:features><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></stream:features>"
    assert b'mechanism="ANONYMOUS"' in (xmpp.entered("R", mechanisms) or b"")
    assert xmpp.entered("R", b"<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>") == opened
    assert b"<bind" in (xmpp.entered("R", bind) or b"")
    enter = xmpp.entered("R", b"<iq type='result' id='b'><bind><jid>1@localhost/2</jid></bind></iq>")
    assert b'to="r@conference.localhost/n1"' in (enter or b"")
    assert xmpp.entered("R", b"<presence><x><item/><status code='110'/></x></presence>") == 0
    with pytest.raises(ValueError, match="failure"):
        xmpp.entered("R", b"<failure/>")


def test_xmpp_reads_the_body_and_nothing_else() -> None:
    xmpp = DIALECTS["xmpp"]
    assert xmpp.read(xmpp.message("R", MESSAGE)) == by_sender(MESSAGE)
    assert xmpp.read(b"<message type='groupchat'><subject/></message>") is None


def test_ours_over_stomp_is_in_at_the_room_s_head_and_reads_what_it_sent() -> None:
    ours = DIALECTS["rualone-stomp"]
    subscribe = ours.entered("R", b"CONNECTED\nversion:1.2\n\n\0")
    assert subscribe == b"SUBSCRIBE\nid:0\ndestination:/sub/chat/room/R\nreceipt:in\n\n\0"
    assert ours.entered("R", b"RECEIPT\nreceipt-id:in\nseq:41\n\n\0") == 41
    sent = ours.message("R", MESSAGE)
    key = sent.split(b"receipt:")[1].split(b"\n")[0]
    assert ours.read(b"RECEIPT\nreceipt-id:" + key + b"\nseq:42\n\n\0") == Answered(MESSAGE, 42)
    assert ours.read(b"RECEIPT\nreceipt-id:else-17-3\nseq:42\n\n\0") is None
    body = sent.partition(b"\n\n")[2]
    head = b"MESSAGE\nsubscription:0\ndestination:/sub/chat/room/R\nmessage-id:R/42\nseq:42\n\n"
    assert ours.read(head + body) == Delivered("R", 42, 42, True, [MESSAGE])
    for read in (ours.read, lambda payload: ours.entered("R", payload)):
        with pytest.raises(ValueError, match="no"):
            read(b"ERROR\nmessage:no\n\n\0")
