"""A network card that appears, as on any machine: udev names it, DHCP configures it."""

DHCP = """[Match]
Driver=virtio_net
[Network]
DHCP=ipv4
IPv6AcceptRA=no
LinkLocalAddressing=no
"""


def test_a_card_is_renamed_by_udev_and_gets_its_address(sandbox, make_daemon, recorder):
    sandbox.write_networks({"10-card.network": DHCP})
    recorder.add("routable")
    daemon = make_daemon(f"[Plugin scripts]\nScriptDirectory={recorder.dir}\n", plugins=["scripts"])
    events = sandbox.follow(daemon)

    sandbox.load("virtio_net")

    index = events.wait("link.added")["interface_index"]
    renamed = events.wait("link.renamed", interface_index=index)
    name = renamed["interface_name"]
    assert renamed["old_name"] == "eth0"
    udev = sandbox.udev_says(name)
    assert name in (udev["ID_NET_NAME_SLOT"], udev["ID_NET_NAME_PATH"])
    link = events.wait("link.state", interface_name=name, operational_state="routable",
                       administrative_state="configured", timeout=20)
    assert link["driver"] == udev["ID_NET_DRIVER"] == "virtio_net"
    assert link["address"] == [f"{address['local']}/{address['prefixlen']}"
                               for address in sandbox.kernel_addresses(name)]
    assert link["link_file"] == udev["ID_NET_LINK_FILE"]
    recorder.wait(IFACE=name, STATE="routable", timeout=10)

    sandbox.unload("virtio_net")
    assert events.wait("link.removed", interface_index=index)["interface_name"] == name
