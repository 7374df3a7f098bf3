"""Records D-Bus signals of a sandbox's system bus, in order, with the time of arrival."""

import asyncio
import dataclasses
import threading
import time

from dbus_next import Message, MessageType
from dbus_next.aio import MessageBus
from dbus_next.constants import BusType
from dbus_next.signature import Variant

from .waiting import wait_until


@dataclasses.dataclass
class Signal:
    time: float
    sender: str
    path: str
    interface: str
    member: str
    body: list


def plain(value):
    """dbus-next's variants as what they hold."""
    if isinstance(value, Variant):
        return plain(value.value)
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


class SignalRecorder:
    """Signals that match `rule`; connected and matching once the constructor returns."""

    def __init__(self, bus_path, rule="type='signal'"):
        self.signals = []
        self._address, self._rule = f"unix:path={bus_path}", rule
        self._loop, self._started = asyncio.new_event_loop(), threading.Event()
        self._bus = self._error = None
        self._thread = threading.Thread(target=self._main, daemon=True)
        self._thread.start()
        assert self._started.wait(5.0), "no answer from the bus"
        if self._error:
            raise self._error

    def _main(self):
        try:
            self._loop.run_until_complete(self._connect())
        except Exception as error:  # handed to the constructor
            self._error = error
            return
        finally:
            self._started.set()
        self._loop.run_forever()

    async def _connect(self):
        self._bus = await MessageBus(self._address, BusType.SYSTEM).connect()
        self._bus.add_message_handler(self._take)
        answer = await self._bus.call(Message(
            "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "AddMatch",
            signature="s", body=[self._rule]))
        assert answer.message_type is MessageType.METHOD_RETURN, answer.body

    def _take(self, message):
        if message.message_type is MessageType.SIGNAL:
            self.signals.append(Signal(time.time(), message.sender, message.path,
                                       message.interface, message.member, plain(message.body)))

    def changes(self, path=None):
        """The PropertiesChanged signals as (path, {property: value})."""
        return [(signal.path, signal.body[1]) for signal in list(self.signals)
                if signal.member == "PropertiesChanged" and path in (None, signal.path)]

    def wait_change(self, path, timeout=20.0, **properties):
        """Waits for one PropertiesChanged of the path that has all these values."""
        wanted = properties.items()
        return wait_until(
            lambda: [change for _, change in self.changes(path) if wanted <= change.items()],
            lambda: f"{properties} of {path}, got {self.changes(path)}", timeout)[0]

    def close(self):
        if self._thread.is_alive():
            if self._bus is not None:
                self._loop.call_soon_threadsafe(self._bus.disconnect)
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(5.0)


def link_path(ifindex):
    """networkd's object for a link: sd-bus escapes a leading digit."""
    digits = str(ifindex)
    return f"/org/freedesktop/network1/link/_{ord(digits[0]):x}{digits[1:]}"
