"""Kinds of links that no namespace has: what netvaned makes and shows is what ip and networkctl say."""

import pytest

KINDS = {  # what "link create" needs beyond name and kind
    "dummy": "", "bridge": "", "bond": "", "ifb": "", "vlan": "lower base0 id 7",
    "macvlan": "lower base0", "veth": "peer far0", "vcan": "", "vxcan": "peer far0",
}


@pytest.fixture
def base(sandbox):
    """A dummy link for others to stand on."""
    sandbox.ip("link add base0 up type dummy")
    return "base0"


def shown(daemon, link):
    return daemon.netvane("show", "interfaces", link, json_output=True)


@pytest.mark.parametrize("kind", KINDS)
def test_a_created_link_is_what_the_kernel_and_networkd_say(base, daemon, events, sandbox, kind):
    daemon.netvane("link", "create", "new0", "kind", kind, *KINDS[kind].split(), "up")

    events.wait("link.added", interface_name="new0")
    link = shown(daemon, "new0")
    kernel = sandbox.kernel_says("new0")
    assert link["kind"] == kind == kernel["linkinfo"]["info_kind"]
    assert "UP" in kernel["flags"]
