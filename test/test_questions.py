"""STATE beside the stream of events: nothing is lost, doubled or overtaken; and what it costs."""

import json
import random
from collections import deque

import pytest

from vscpws.access.rights import ADMIN
from vscpws.access.selection import Selection
from vscpws.access.users import User
from vscpws.codec.request import Command
from vscpws.codec.ws1 import Ws1Codec
from vscpws.codec.ws2 import Ws2Codec
from vscpws.codec.wsframe import FrameReader, Role, text_frame
from vscpws.hub.batch import Batch
from vscpws.memory.store import StateStore
from vscpws.model.errors import BadSyntax, TransmitBufferFull
from vscpws.model.event import Event
from vscpws.model.memory import Answer, Points
from vscpws.questions import Questions
from vscpws.web.outbox import Outbox

CODEC = Ws1Codec()
USER = User(0, "admin", "", rights=ADMIN)
ALL = Selection.of(USER)
STATE = Command("STATE", "STATE", [])
SENSORS = 5


def encode(event):
    return text_frame(CODEC.event(event).encode("utf-8"))


def frames(wire):
    return FrameReader(1 << 20, 1, Role.CLIENT).feed(wire)


def sample(number):
    """The event of this number; it is the state of one of the sensors until its next."""
    return Event(96, 10, 6, 1, 0, number, bytes(15) + bytes((number % SENSORS,)),
                 b"\x68" + number.to_bytes(2, "big"))


class Memory:
    def __init__(self, store):
        self.states = store.capture


class House:
    """A store and a client's outbox at a hub, with a socket that takes what it likes."""

    def __init__(self, chance, piece=1):
        self.chance = chance
        self.now = 0.0
        self.number = 0             # of the last event that the hub has passed on
        self.wire = b""
        self.room = 1 << 30
        self.stuck = False
        self.is_open = False
        self.told = []              # of each STATE: the last event then, and whether it was open
        self.store = StateStore(100, 100, clock=lambda: self.now)
        self.outbox = Outbox("client", encode, 7, 10 ** 6, 10 ** 9, self.take, self.is_stuck, None)
        self.outbox.select(ALL)
        self.questions = Questions(CODEC, self, Memory(self.store), None, lambda: 0,
                                   lambda: self.now)

    # the socket

    def take(self, data):
        taken = min(self.room, len(data))
        self.room -= taken
        self.wire += bytes(data[:taken])
        return taken

    def is_stuck(self):
        self.stuck = True

    def writes(self):
        self.room = self.chance.choice((0, 1, 40, 1000, 1 << 30))
        if self.stuck:
            self.stuck = not self.outbox.flush_stuck()

    # the hub

    def passes_on(self):
        events = [sample(self.number + 1 + place) for place in range(self.chance.randint(1, 4))]
        self.number += len(events)
        receivers = [self.store, self.outbox]
        self.chance.shuffle(receivers)
        batch = Batch(events)
        for receiver in receivers:
            receiver.take(batch)

    # the session's port, and its commands

    def send(self, text):
        self.outbox.put(text_frame(text.encode("utf-8")))

    def block(self):
        return self.outbox.block()

    def rest(self):
        self.outbox.flush()
        for _ in range(self.chance.randint(0, 3)):
            self.chance.choice((self.passes_on, self.writes))()

    def asks(self):
        self.now += 1
        self.told.append((self.number, self.is_open))
        self.questions.answer(STATE, USER, ALL)

    def opens(self):
        self.send("+;OPEN")
        self.is_open = True
        self.outbox.open()
        self.outbox.flush()

    def closes(self):
        self.is_open = False
        self.outbox.close()
        self.send("+;CLOSE")
        self.outbox.flush()

    # the client

    def ends(self):
        self.opens()
        self.room = 1 << 30
        if self.stuck:
            self.outbox.flush_stuck()
        return list(frames(self.wire))


def number_of(text):
    return int(text.split(",")[5])


@pytest.mark.parametrize("seed", range(1000))
def test_whatever_comes_between_nothing_is_lost_or_doubled(seed):
    chance = random.Random(seed)
    house = House(chance)
    for _ in range(40):
        chance.choices((house.passes_on, house.asks, house.opens, house.closes, house.writes),
                       (6, 3, 2, 2, 3))[0]()
    texts = house.ends()

    events = [number_of(text) for text in texts if text.startswith("E;")]
    assert events == list(range(1, house.number + 1))
    told = deque(house.told)
    seen = 0
    waiting = iter(texts)
    for text in waiting:
        if text.startswith("E;"):
            seen = number_of(text)
        elif text.startswith("+;STATE;"):
            last, was_open = told.popleft()
            block = [next(waiting) for _ in range(int(text.split(";")[2]))]
            assert all(line.startswith("S;") for line in block)
            assert sorted(map(number_of, block)) == list(range(max(1, last - 4), last + 1))
            if was_open:            # so the next event is exactly the one that follows
                assert seen == last
        else:
            assert text in ("+;OPEN", "+;CLOSE")
    assert not told


def test_a_block_is_made_in_pieces_between_which_others_have_their_turns():
    house = House(random.Random(1))
    house.store = StateStore(4096, 4096, clock=lambda: 0.0)
    house.store.hear([sample(number)._replace(guid=number.to_bytes(16, "big"))
                      for number in range(1, 1001)])
    rests = []
    house.rest = lambda: rests.append(len(house.wire))
    questions = Questions(CODEC, house, Memory(house.store), None, lambda: 0)
    questions.answer(STATE, USER, ALL)
    assert len(rests) > 1000 // 50
    assert len(list(frames(house.wire))) == 1001


def test_two_sessions_have_each_their_own_block():
    first, second = House(random.Random(1)), House(random.Random(2))
    second.store = first.store
    other = Questions(CODEC, second, Memory(first.store), None, lambda: 0, lambda: 0.0)
    first.passes_on()
    first.rest = lambda: None
    second.rest = lambda: None

    class Port:
        """While one is told, the other asks."""
        send, block = first.send, first.block

        @staticmethod
        def rest():
            if not second.wire:
                other.answer(STATE, USER, ALL)

    Questions(CODEC, Port, Memory(first.store), None, lambda: 0).answer(STATE, USER, ALL)
    assert list(frames(first.wire)) == list(frames(second.wire)) != []


def test_one_question_a_second_of_a_hundred():
    house = House(random.Random(1))
    refused = 0
    for _ in range(100):
        house.now += 0.125
        try:
            house.questions.answer(STATE, USER, ALL)
        except TransmitBufferFull:
            refused += 1
    assert refused == 87


def test_a_wrong_question_doesn_t_count():
    house = House(random.Random(1))
    for _ in range(3):
        with pytest.raises(BadSyntax):
            house.questions.answer(STATE._replace(args=["x"]), USER, ALL)
    house.questions.answer(STATE, USER, ALL)


class Past:
    def past(self, query, passes):
        return lambda: Answer(60, 60, "%", Points([1.0, None], [1.5, None], [2.0, None]))


def test_an_answer_of_the_history_is_made_aside():
    house = House(random.Random(1))
    aside = []
    house.aside = lambda function: aside.append(function) or function()
    questions = Questions(Ws2Codec(), house, Past(), None, lambda: 0)
    questions.answer(Command("HISTORY", "HISTORY", {"guid": "-", "class": 10, "type": 35}),
                     USER, ALL)
    assert len(aside) == 1
    assert list(frames(house.ends() and house.wire))[0] == (
        '{"type":"+","command":"HISTORY","args":{"from":"1970-01-01T00:01:00Z","step":60,'
        '"unit":"%","min":[1.0,null],"mean":[1.5,null],"max":[2.0,null]}}')


def test_the_histories_of_several_sensors_are_one_answer_and_one_question():
    house = House(random.Random(1))
    house.aside = lambda function: function()
    questions = Questions(Ws2Codec(), house, Past(), None, lambda: 0, lambda: 0.0)
    sensor = {"guid": "-", "class": 10, "type": 35}
    questions.answer(Command("HISTORY", "HISTORY", {"sensors": [sensor, sensor]}), USER, ALL)
    told = json.loads(list(frames(house.ends() and house.wire))[0])["args"]["sensors"]
    assert [each["mean"] for each in told] == [[1.5, None], [1.5, None]]
    with pytest.raises(TransmitBufferFull):
        questions.answer(Command("HISTORY", "HISTORY", sensor), USER, ALL)
