"""A service on the system bus that tests call: org.example.Lamp, with values of every kind."""

import asyncio
import os

from dbus_next import Variant
from dbus_next.aio import MessageBus
from dbus_next.constants import BusType, NameFlag
from dbus_next.errors import DBusError
from dbus_next.service import PropertyAccess, ServiceInterface, dbus_property, method, signal


class Lamp(ServiceInterface):
    def __init__(self):
        super().__init__("org.example.Lamp1")
        self.level = 1
        self.calls = 0

    @dbus_property()
    def Level(self) -> "u":
        return self.level

    @Level.setter
    def Level(self, value: "u"):
        self.level = value

    @dbus_property(access=PropertyAccess.READ)
    def Serial(self) -> "t":
        return 2**64 - 1

    @dbus_property(access=PropertyAccess.READ)
    def Bytes(self) -> "ay":
        return b"\x00\xff"

    @dbus_property(access=PropertyAccess.READ)
    def Parts(self) -> "a{sv}":
        return {"path": Variant("o", "/a"), "colour": Variant("(iias)", [1, -2, ["x"]])}

    @dbus_property(access=PropertyAccess.READ)
    def Name(self) -> "s":
        return "lamp"

    @dbus_property(access=PropertyAccess.READ)
    def Calls(self) -> "u":
        return self.calls

    @method()
    def Add(self, left: "i", right: "i") -> "i":
        self.calls += 1
        return left + right

    @method()
    def Split(self, text: "s") -> "ss":
        return [text[:1], text[1:]]

    @method()
    def Type(self, value: "v") -> "s":
        return value.signature

    @method()
    def Long(self, length: "u") -> "s":
        return "x" * length

    @method()
    async def Never(self):
        await asyncio.Event().wait()

    @method()
    def Fail(self):
        raise DBusError("org.example.Error.Broken", "the bulb\nis broken")

    @method()
    def Blink(self, count: "u"):
        for number in range(count):
            self.Blinked(number)

    @signal()
    def Blinked(self, number) -> "u":
        return number


class Other(ServiceInterface):
    def __init__(self):
        super().__init__("org.example.Other1")

    @dbus_property(access=PropertyAccess.READ)
    def Name(self) -> "s":
        return "other"


async def main():
    bus = await MessageBus(bus_type=BusType.SYSTEM).connect()
    bus.export("/org/example/Lamp", Lamp())
    bus.export("/org/example/Lamp", Other())
    bus.export("/", Other())
    await bus.request_name("org.example.Lamp", NameFlag.DO_NOT_QUEUE)
    print(os.getpid(), "serves", flush=True)
    await bus.wait_for_disconnect()


asyncio.run(main())
