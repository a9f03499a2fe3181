"""Finding the Debian archive in whatever sources a machine has."""

from dev.debian import choose_mirror, guess_mirror, is_kept


def target(address, origin="Debian", label="Debian", codename="trixie", kind="Packages"):
    return "|".join((kind, address, origin, label, codename))


def test_the_main_archive_is_chosen_among_its_neighbors():
    lines = [
        target("http://mirror/debian-security/", label="Debian-Security", codename="trixie-security"),
        target("http://other/apt/", origin="Other", label="Other"),
        target("http://mirror/debian/", codename="trixie-backports"),
        target("http://mirror/debian/"),
    ]
    assert choose_mirror(lines) == ("http://mirror/debian/", "trixie")


def test_updates_share_the_codename_of_their_suite_and_will_do():
    assert choose_mirror([target("http://mirror/debian/")]) == ("http://mirror/debian/", "trixie")


def test_a_machine_without_debian_has_none():
    assert (
        choose_mirror([target("http://mirror/ubuntu/", origin="Ubuntu", label="Ubuntu"), "", "nonsense"])
        is None
    )


def test_a_new_machine_without_package_lists_still_names_its_mirror():
    lines = [
        "'http://mirror/debian-security/dists/bookworm-security/InRelease' mirror_InRelease 0 ",
        "'http://mirror/debian/dists/bookworm-updates/InRelease' mirror_InRelease 0 ",
        "'http://mirror/debian/dists/bookworm/InRelease' mirror_InRelease 0 ",
    ]
    assert guess_mirror(lines) == ("http://mirror/debian/", "bookworm")


def test_our_apt_keeps_the_proxy_but_not_the_hooks():
    assert is_kept('Acquire::http::Proxy "http://proxy:3128";')
    assert not is_kept('APT::Update::Post-Invoke:: "rm -f /var/cache/apt/archives/*.deb";')
    assert not is_kept('DPkg::Pre-Install-Pkgs:: "/usr/sbin/dpkg-preconfigure --apt";')
    assert not is_kept('Dir::State "var/lib/apt";')
