"""cmake --install: everything is in its place, and the texts say what the programs do."""

import os
import re
import subprocess

import pytest

from harness.daemon import built, build_dir

PAGES = ("netvaned.8", "netvane.conf.5", "netvane-scripts.8", "netvane-can.3")
OPTION = re.compile(r"^#(\w+)=(.*)$")


def cache(variable):
    """A variable of the build's CMake cache."""
    text = (build_dir() / "CMakeCache.txt").read_text()
    return re.search(rf"^{variable}:\w+=(.*)$", text, re.M).group(1)


def install(destination):
    subprocess.run(["cmake", "--install", build_dir()], check=True, capture_output=True,
                   env={**os.environ, "DESTDIR": str(destination)})
    return destination / cache("CMAKE_INSTALL_PREFIX").lstrip("/")


@pytest.fixture(scope="module")
def prefix(tmp_path_factory):
    return install(tmp_path_factory.mktemp("destination"))


def shipped_configuration():
    return (build_dir() / "packaging/netvane.conf").read_text()


def options_of(text):
    """{section: {option: default}} of a file of commented defaults."""
    sections, current = {}, None
    for line in text.splitlines():
        if line.startswith("["):
            current = sections.setdefault(line.strip("[]"), {})
        elif current is not None and (match := OPTION.match(line)):
            current[match.group(1)] = match.group(2)
    return sections


def options_of_page(prefix):
    """The terms of netvane.conf(5) that read Option=, by section, out of its roff source."""
    sections, current = {}, None
    for line in (prefix / "share/man/man5/netvane.conf.5").read_text().splitlines():
        heading = re.match(r'^\.S[HS] (?:"?)\[([^\]]+)\]', line.replace("\\&", ""))
        if heading:
            current = sections.setdefault(re.sub(r"\\f\w", "", heading.group(1)), set())
        elif line.startswith(".SH"):
            current = None
        elif current is not None and (term := re.match(r"^\\fB(\w+)=\\fR$", line)):
            current.add(term.group(1))
    return sections


@pytest.mark.parametrize("path", [
    "sbin/netvaned", "bin/netvane", "include/netvane/plugin.h", "lib/systemd/system/netvaned.service",
    "lib/systemd/system/hycan-daemon.service", "share/netvane/profiles/hycan_daemon.conf",
    "share/man/man8/netvane-vcan.8",
    "lib/sysusers.d/netvane.conf", "share/dbus-1/system.d/org.netvane1.conf",
    "share/netvane/profiles/networkd-dispatcher.conf", "share/man/man8/netvaned.8",
    "share/man/man5/netvane.conf.5", "share/man/man1/netvane.1", "share/man/man8/netvane-scripts.8",
    "share/bash-completion/completions/netvane", "share/doc/netvane/README.md",
    "include/netvane-can.h", "lib/libnetvane-can.so", "lib/libnetvane-can.so.0", "lib/libnetvane-can.a",
    "lib/pkgconfig/netvane-can.pc", "lib/cmake/NetvaneCan/NetvaneCanConfig.cmake",
    "share/man/man3/netvane-can.3", "share/doc/libnetvane-can-dev/examples/vcan-hello.c",
    "share/doc/netvane/examples/no-scripts.conf", "share/doc/netvane/examples/networkd-dispatcher.conf",
])
def test_what_users_look_for_is_installed(prefix, path):
    assert (prefix / path).is_file(), sorted(prefix.rglob("*"))


def test_configuration_lies_in_sysconfdir(prefix):
    assert list(prefix.rglob("etc/netvane/netvane.conf")) and \
        list(prefix.rglob("etc/netvane/netvane.conf.d")) and list(prefix.rglob("etc/netvane/scripts"))


def test_scripts_are_looked_for_where_their_directory_is_made(prefix):
    made, = prefix.rglob("etc/netvane/scripts")
    first = options_of(shipped_configuration())["Plugin scripts"]["ScriptDirectory"].split(":")[0]
    assert str(made).endswith(first) and first.endswith("/netvane/scripts")


def test_plugins_lie_below_the_library_directory(prefix):
    shipped = {path.name for path in (build_dir() / "plugins").glob("*.so")}
    assert shipped and shipped == {path.name for path in prefix.glob("lib/netvane/plugins/*.so")}


def test_programs_by_other_names_are_links_out_of_path(prefix):
    for name in ("networkd-dispatcher", "hycan_daemon"):
        link = prefix / "libexec/netvane" / name
        assert link.is_symlink() and link.resolve() == (prefix / "sbin/netvaned").resolve()
        assert not (prefix / "bin" / name).exists()


@pytest.mark.sandbox(networkd=False, veths=0)
def test_a_name_without_a_profile_is_told(sandbox, make_daemon):
    link = sandbox.dir / "other-program"
    link.symlink_to(built("netvaned"))
    daemon = make_daemon(program=[link])
    daemon.wait_log(f"^config: there is no profile other-program.conf; "
                    f"the configuration is {daemon.config}$")


@pytest.mark.sandbox(networkd=False, veths=0)
def test_events_are_printed_when_the_command_line_says_so(sandbox, make_daemon):
    daemon = make_daemon(args=["--print-events"])
    sandbox.run("ip", "link", "add", "v0", "type", "veth", "peer", "name", "v1")
    daemon.wait_log("link.added +v0 +ether/veth")


def test_an_edited_configuration_is_kept(tmp_path):
    install(tmp_path)
    file, = tmp_path.rglob("netvane/netvane.conf")
    file.write_text("# edited\n")
    install(tmp_path)
    assert file.read_text() == "# edited\n"


def test_page_and_shipped_file_name_the_same_options(prefix):
    file, page = options_of(shipped_configuration()), options_of_page(prefix)
    common = page.pop("Plugin NAME")
    page = {name: options for name, options in page.items() if "NAME" not in name}  # no defaults there
    assert common == {"Enabled", "OnFailure"}
    page = {section: names for section, names in page.items()
            if not section.endswith("_NAME_")}  # repeatable ones: there is no instance to show
    assert set(file) == set(page) and "Plugin scripts" in file
    assert set(file["Engine"]) == page["Engine"]
    for section in set(file) - {"Engine"}:
        assert set(file[section]) == page[section] | common


@pytest.mark.sandbox(networkd=False, veths=0)
def test_every_commented_default_is_accepted(sandbox, make_daemon):
    text = "\n".join(f"{match.group(1)}={match.group(2)}" if (match := OPTION.match(line)) else line
                     for line in shipped_configuration().splitlines())
    text = re.sub(r"^(IdentityKeyFile|PluginDirectory|\w+Directory)=.*\n", "", text, flags=re.M)
    daemon = make_daemon(text, start=False, args=["--check"])
    daemon.start(ready=False)
    assert daemon.exit_status() == 0, daemon.text()
    assert "warning" not in daemon.text()


@pytest.mark.sandbox(networkd=False, veths=0)
def test_the_daemon_knows_exactly_the_options_of_the_shipped_file(sandbox, make_daemon):
    daemon = make_daemon()
    for section, options in options_of(shipped_configuration()).items():
        if section == "Engine":
            continue
        answer = daemon.netvane("plugin", "options", section.split()[1], json_output=True)
        known = {row["name"]: row.get("default", "") for row in answer
                 if row["section"] == section}
        assert known == options


@pytest.mark.parametrize("page", PAGES)
def test_manual_page_has_no_warnings(prefix, page):
    file = prefix / f"share/man/man{page[-1]}/{page}"
    done = subprocess.run(["man", "--warnings", "-l", file], capture_output=True, text=True,
                          env={**os.environ, "LC_ALL": "C.UTF-8", "MANWIDTH": "80"})
    assert done.returncode == 0 and done.stderr == "", done.stderr
    assert "SEE ALSO" in done.stdout and "@@" not in done.stdout


def test_page_of_scripts_has_the_options_of_its_table(prefix):
    text = (prefix / "share/man/man8/netvane-scripts.8").read_text()
    terms = re.findall(r"^\\fB(\w+)=\\fR$", text, re.M)
    assert terms == list(options_of(shipped_configuration())["Plugin scripts"])[2:]


def test_our_pages_refer_to_pages_that_exist(prefix):
    pages = list(prefix.glob("share/man/man?/*"))
    names = {page.name for page in pages}
    for page in pages:
        text = re.sub(r"\\f\w|\\&", "", page.read_text())
        for name, section in re.findall(r"\b(netvaned?(?:[.-]\w+)?)\((\d)\)", text):
            assert f"{name}.{section}" in names, f"{page.name} refers to {name}({section})"


def test_versions_agree():
    version = cache("CMAKE_PROJECT_VERSION")
    source = os.environ["NETVANE_SOURCE_DIR"]
    changelog = open(f"{source}/packaging/debian/changelog", encoding="utf-8").readline()
    assert f"({version})" in changelog
    assert f"## {version}\n" in open(f"{source}/CHANGELOG.md", encoding="utf-8").read()
    said = subprocess.run([built("netvaned"), "--version"], capture_output=True, text=True)
    assert version in said.stdout
