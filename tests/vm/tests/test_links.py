"""Kinds of links that no namespace has: what netvaned makes and shows is what ip and networkctl say."""

import pytest

KINDS = {  # what "link create" needs beyond name and kind
    "dummy": "", "bridge": "", "bond": "", "ifb": "", "vlan": "lower base0 id 7",
    "macvlan": "lower base0", "veth": "peer far-veth", "vcan": "", "vxcan": "peer far-vxcan",
}
ADMINISTRATIVE = ("initialized", "unmanaged")  # networkd has heard of it from udev


@pytest.fixture
def base(sandbox):
    """A dummy link for others to stand on."""
    sandbox.ip("link add base0 up type dummy")
    return "base0"


def shown(daemon, link):
    return daemon.netvane("show", "interfaces", link, json_output=True)


def refusal(daemon, *words):
    done = daemon.netvane("link", *words, check=False)
    assert done.returncode == 1, done
    return done.stderr


def test_a_created_link_is_what_the_kernel_and_networkd_say(base, daemon, events, sandbox):
    for kind, words in KINDS.items():
        daemon.netvane("link", "create", f"new-{kind}", "kind", kind, *words.split(), "up")
        events.wait("link.added", interface_name=f"new-{kind}")
    sandbox.settle()

    for kind, words in KINDS.items():
        name = f"new-{kind}"
        daemon.wait(lambda: shown(daemon, name).get("administrative_state") in ADMINISTRATIVE,
                    f"networkd's word on {name}", 10)
        link, kernel = shown(daemon, name), sandbox.kernel_says(name)
        networkd = sandbox.networkd_says(name)
        assert link["kind"] == kind == kernel["linkinfo"]["info_kind"]
        assert (link["interface_type"], link["driver"]) == (networkd["Type"], networkd["Driver"])
        assert link["interface_index"] == kernel["ifindex"]
        assert "up" in link["flags"] and "UP" in kernel["flags"]
        if "lower" in words:
            assert link["lower"] == base == kernel["link"]
        if "peer" in words:
            assert shown(daemon, f"far-{kind}")["kind"] == kind

        daemon.netvane("link", "delete", name)
        events.wait("link.removed", interface_name=name, interface_index=link["interface_index"])
        assert name not in sandbox.links()


def test_the_kernel_s_refusals_are_told_in_its_words(base, daemon, sandbox):
    assert "File exists" in refusal(daemon, "create", base, "kind", "dummy")
    assert "Unknown device type" in refusal(daemon, "create", "new0", "kind", "warp")
    assert "VRF table id is missing" in refusal(daemon, "create", "new0", "kind", "vrf")
    sandbox.ip("link add link base0 name base0.7 type vlan id 7")
    assert "VLAN device already exists" in refusal(daemon, "create", "new0", "kind", "vlan",
                                                   "lower", base, "id", "7")
    assert "new0" not in sandbox.links()


@pytest.mark.parametrize("kind,options", [("bridge", ""), ("bond", "mode active-backup"),
                                          ("vrf", "table 77")])
def test_a_member_of_a_master(base, daemon, events, sandbox, kind, options):
    sandbox.ip(f"link add master0 up type {kind} {options}")
    events.wait("link.added", interface_name="master0")
    if kind == "bond":  # it takes no link that is up
        sandbox.ip(f"link set {base} down")

    sandbox.ip(f"link set {base} master master0")

    joined = events.wait("link.master", interface_name=base, master="master0")
    assert joined["master_index"] == sandbox.ifindex("master0")
    assert "previous_master" not in joined
    sandbox.ip(f"link set {base} up")
    daemon.wait(lambda: shown(daemon, base).get("operational_state") ==
                sandbox.networkd_says(base)["OperationalState"] == "enslaved", "enslaved", 10)
    assert shown(daemon, base)["member_kind"] == kind
    assert shown(daemon, "master0")["kind"] == kind

    daemon.netvane("link", "delete", "master0")
    left = events.wait("link.master", interface_name=base, count=2)
    assert left.get("master") is None
    assert left["previous_master_index"] == joined["master_index"]
    events.wait("link.removed", interface_name="master0")
    assert "master" not in shown(daemon, base)


def test_a_bond_has_carrier_as_long_as_one_of_its_links(daemon, events, sandbox):
    sandbox.ip("link add bond0 type bond mode active-backup miimon 20")
    for slave in ("one0", "two0"):
        sandbox.ip(f"link add {slave} type dummy")
        sandbox.ip(f"link set {slave} master bond0")
    sandbox.ip("link set bond0 up")
    events.wait("link.carrier", interface_name="bond0", carrier=True)

    sandbox.ip("link set one0 down")
    events.wait("link.carrier", interface_name="one0", carrier=False)
    assert shown(daemon, "bond0")["carrier"] is True

    sandbox.ip("link set two0 down")
    events.wait("link.carrier", interface_name="bond0", carrier=False)
    assert sandbox.networkd_says("bond0")["CarrierState"] == "no-carrier"


def test_what_stands_on_a_link_goes_with_it(base, daemon, events, sandbox):
    for number in (7, 8):
        sandbox.ip(f"link add link {base} name {base}.{number} up type vlan id {number}")
    for number in (7, 8):
        events.wait("link.added", interface_name=f"{base}.{number}")

    sandbox.ip(f"link set {base} down")
    for number in (7, 8):
        events.wait("link.carrier", interface_name=f"{base}.{number}", carrier=False)

    daemon.netvane("link", "delete", base)
    for name in (base, f"{base}.7", f"{base}.8"):
        assert events.wait("link.removed", interface_name=name)["kind"] in ("dummy", "vlan")
        assert name not in sandbox.links()


def test_names_that_udev_keeps_and_names_that_it_replaces(daemon, events, sandbox):
    """A link is known by what it is called in the end."""
    renamed = 0
    for name in ("a23456789012345", "with-dash", 'q"\\$x', "ü-öß.7"):
        daemon.netvane("link", "create", name, "kind", "dummy")
        index = events.wait("link.added", interface_name=name)["interface_index"]
        sandbox.settle()
        (kept,) = (link["ifname"] for link in sandbox.kernel_links() if link["ifindex"] == index)
        if kept != name:
            events.wait("link.renamed", interface_index=index, interface_name=kept, old_name=name)
            renamed += 1
        assert shown(daemon, kept)["interface_index"] == index
    assert renamed
